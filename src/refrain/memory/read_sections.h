#pragma once

/// @file
/// Who is reading a memory cache, how often it was read, and what came first.

#include "refrain/core/thread_number.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace refrain {

/// Lets readers into a structure without a lock, and lets a writer know when all have left who may
/// still see what it took out. A reader adds to counters on a line that its thread shares with few
/// others, and the same counters are the cache's statistics and its logical clock.
///
/// The scheme is that of sleepable RCU (McKenney, "Sleepable read-copy update", 2006): counters of
/// those who entered and of those who left, by the parity of an era. Loads and stores of what
/// readers follow must be sequentially consistent: then a reader that a writer did not count cannot
/// see what the writer took out before.
///
/// Thread safety: any member from any thread, but for `begin_era`: one thread at a time.
class ReadSections {
  struct Stripe;

public:
  /// One look-up. Until it ends, nothing is freed that it may see. Counts as a miss, unless `hit`
  /// was called.
  class Section {
  public:
    explicit Section(ReadSections& sections)
        : sections_(sections),
          stripe_(sections.stripes_[stripe_number()]),
          parity_(sections.era_.load(std::memory_order_seq_cst) & 1U),
          entered_(stripe_.entered[parity_].fetch_add(1, std::memory_order_seq_cst)) {}
    Section(const Section&) = delete;
    Section& operator=(const Section&) = delete;
    ~Section() {
      if (!is_over_) end();
    }

    void hit() { is_hit_ = true; }

    /// Leaves before the scope ends: whoever may wait for the readers must not be one of them.
    void end() {
      is_over_ = true;
      std::atomic<std::uint64_t>& left = is_hit_ ? stripe_.hits[parity_] : stripe_.misses[parity_];
      left.fetch_add(1, std::memory_order_release);
    }

    /// When it began, on the logical clock.
    [[nodiscard]] std::uint64_t time() const {
      const std::uint64_t others = stripe_.entered[parity_ ^ 1U].load(std::memory_order_relaxed) +
                                   stripe_.insertions.load(std::memory_order_relaxed);
      const std::uint64_t lead = stripe_.lead.load(std::memory_order_relaxed);
      const std::uint64_t time = lead + entered_ + others + 1;
      return sections_.synchronised(stripe_, time);
    }

  private:
    ReadSections& sections_;
    Stripe& stripe_;
    const unsigned parity_;
    const std::uint64_t entered_;
    bool is_hit_ = false;
    bool is_over_ = false;
  };

  /// Counts an insertion, and returns when it is on the logical clock: later than anything that the
  /// same thread did before, not before another's insertion, and about `kTicksApart` at most behind
  /// another's look-up.
  std::uint64_t insertion();

  /// Look-ups that have ended as a hit; as a miss; and insertions.
  [[nodiscard]] std::uint64_t hits() const;
  [[nodiscard]] std::uint64_t misses() const;
  [[nodiscard]] std::uint64_t insertions() const;

  /// Whether all readers have left who entered before the present era began. What was taken out
  /// before then is seen by nobody any more.
  [[nodiscard]] bool is_past_left() const;

  /// Begins an era.
  /// @pre `is_past_left()` since the last.
  void begin_era() { era_.fetch_add(1, std::memory_order_seq_cst); }

private:
  static constexpr std::size_t kStripes = 64;  // more threads than that share
  static constexpr std::uint64_t kTicksApart = 1024;

  struct alignas(64) Stripe {
    std::array<std::atomic<std::uint64_t>, 2> entered{};
    std::array<std::atomic<std::uint64_t>, 2> hits{};
    std::array<std::atomic<std::uint64_t>, 2> misses{};
    std::atomic<std::uint64_t> insertions{0};
    std::atomic<std::uint64_t> lead{0};  // of the logical clock, over this stripe's own counts
  };

  [[nodiscard]] static std::size_t stripe_number() { return thread_number() % kStripes; }
  /// `time`, or a later one if another thread is ahead.
  std::uint64_t synchronised(Stripe& stripe, std::uint64_t time) {
    // Less than zero is a large number too.
    const std::uint64_t ahead = time - latest_.load(std::memory_order_relaxed);
    return ahead < kTicksApart ? time : follow(latest_, stripe, time);
  }
  /// `time` or `latest`, whichever is later: then that is the latest, and where the stripe goes on.
  static std::uint64_t follow(std::atomic<std::uint64_t>& latest,
                              Stripe& stripe,
                              std::uint64_t time);

  std::array<Stripe, kStripes> stripes_;
  // One line that every reader looks at. It rarely changes: an era ends after a batch of removals,
  // and `latest_` is a time that some stripe has passed, told again every `kTicksApart`.
  alignas(64) std::atomic<std::uint64_t> era_{0};
  std::atomic<std::uint64_t> latest_{0};
  alignas(64) std::atomic<std::uint64_t> latest_insertion_{0};
};

}  // namespace refrain
