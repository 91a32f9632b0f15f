#pragma once

/// @file
/// Whether something was being erased while a look-up was under way.

#include "refrain/cache/cache_key.h"
#include "refrain/core/mutex.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace refrain {

/// Counts erasures as they begin and as they end, so that a look-up which copies what it found from
/// one place to another can tell whether an erasure may have missed the copy. Keys share a few
/// counts: a copy that was not made, or was taken back, without need is only found again.
///
/// A copy that takes no waiting is made by `copy_unless_overlapped`, and then nobody ever sees one
/// that an erasure has missed: either the erasure begins after it, and finds the copy, or it is not
/// made.
///
/// Thread safety: any.
class Erasures {
  static constexpr std::size_t kStripes = 64;

  struct alignas(64) Stripe {
    Mutex mutex;  // held while a count of begun ones rises, and while a copy is made
    std::atomic<std::uint64_t> begun{0};
    std::atomic<std::uint64_t> ended{0};
  };
  using Stripes = std::array<Stripe, kStripes>;

  static std::size_t stripe_of(CacheKey key) { return key.hash() % kStripes; }

  static void begin(Stripe& stripe) {
    const MutexLock lock(stripe.mutex);
    ++stripe.begun;
  }

public:
  /// An erasure, from before its first effect until after its last.
  class Scope {
  public:
    /// Of everything.
    explicit Scope(Erasures& erasures) : Scope(erasures, 0, kStripes) {}
    /// Of one key.
    Scope(Erasures& erasures, CacheKey key) : Scope(erasures, stripe_of(key), stripe_of(key) + 1) {}
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope() {
      for (std::size_t i = first_; i < last_; ++i)
        ++(*stripes_)[i].ended;
    }

  private:
    Scope(Erasures& erasures, std::size_t first, std::size_t last)
        : stripes_(erasures.stripes_),
          first_(first),
          last_(last) {
      for (std::size_t i = first_; i < last_; ++i)
        begin((*stripes_)[i]);
    }

    std::shared_ptr<Stripes> stripes_;
    std::size_t first_;
    std::size_t last_;
  };

  /// The moment at which a look-up of a key began.
  class Mark {
  public:
    Mark(const Erasures& erasures, CacheKey key)
        : stripe_(stripe_of(key)),
          ended_((*erasures.stripes_)[stripe_].ended),
          begun_((*erasures.stripes_)[stripe_].begun) {}

  private:
    friend class Erasures;
    std::size_t stripe_;
    std::uint64_t ended_;  // read first: if it equals begun_, none was under way
    std::uint64_t begun_;
  };

  /// Whether an erasure was under way at `mark` or has begun since.
  [[nodiscard]] bool overlap(Mark mark) const {
    return mark.begun_ != mark.ended_ || (*stripes_)[mark.stripe_].begun != mark.begun_;
  }

  /// Calls `copy` unless `overlap(mark)`; no erasure begins meanwhile. Returns whether it did.
  /// @pre `copy` waits for nothing and erases nothing.
  template <class Copy>
  bool copy_unless_overlapped(Mark mark, Copy copy) {
    const MutexLock lock((*stripes_)[mark.stripe_].mutex);
    if (overlap(mark)) return false;
    std::move(copy)();
    return true;
  }

private:
  // Shared with the scopes: at a hard stop the frames that hold them go after the cache.
  const std::shared_ptr<Stripes> stripes_ = std::make_shared<Stripes>();
};

}  // namespace refrain
