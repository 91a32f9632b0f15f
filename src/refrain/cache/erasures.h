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
/// A change of the original by somebody else makes copies as wrong as an erasure does. Only the
/// original itself is right after a change, and wrong after an erasure that it has missed: see
/// `overlap_erasure`.
///
/// A copy that takes no waiting is made by `copy_unless_overlapped`, and then nobody ever sees one
/// that an erasure has missed: either the erasure begins after it, and finds the copy, or it is not
/// made.
///
/// Thread safety: any.
class Erasures {
public:
  enum class Kind : std::uint8_t { kErasure, kChange };

private:
  static constexpr std::size_t kStripes = 64;
  static constexpr std::size_t kKinds = 2;

  struct Count {
    std::atomic<std::uint64_t> begun{0};
    std::atomic<std::uint64_t> ended{0};
  };
  struct alignas(64) Stripe {
    Mutex mutex;  // held while a count of begun ones rises, and while a copy is made
    std::array<Count, kKinds> counts;

    [[nodiscard]] const Count& of(Kind kind) const {
      return counts[static_cast<std::size_t>(kind)];
    }
    [[nodiscard]] Count& of(Kind kind) { return counts[static_cast<std::size_t>(kind)]; }
  };
  using Stripes = std::array<Stripe, kStripes>;

  static std::size_t stripe_of(CacheKey key) { return key.hash() % kStripes; }

  static void begin(Stripe& stripe, Kind kind) {
    const MutexLock lock(stripe.mutex);
    ++stripe.of(kind).begun;
  }

public:
  /// An erasure, or what follows upon a change, from before its first effect until after its last.
  class Scope {
  public:
    /// Of everything.
    explicit Scope(Erasures& erasures, Kind kind = Kind::kErasure)
        : Scope(erasures, kind, 0, kStripes) {}
    /// Of one key.
    Scope(Erasures& erasures, CacheKey key, Kind kind = Kind::kErasure)
        : Scope(erasures, kind, stripe_of(key), stripe_of(key) + 1) {}
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope() {
      for (std::size_t i = first_; i < last_; ++i)
        ++(*stripes_)[i].of(kind_).ended;
    }

  private:
    Scope(Erasures& erasures, Kind kind, std::size_t first, std::size_t last)
        : stripes_(erasures.stripes_),
          kind_(kind),
          first_(first),
          last_(last) {
      for (std::size_t i = first_; i < last_; ++i)
        begin((*stripes_)[i], kind_);
    }

    std::shared_ptr<Stripes> stripes_;
    Kind kind_;
    std::size_t first_;
    std::size_t last_;
  };

  /// The moment at which a look-up of a key began.
  class Mark {
  public:
    Mark(const Erasures& erasures, CacheKey key)
        : stripe_(stripe_of(key)),
          erasures_((*erasures.stripes_)[stripe_].of(Kind::kErasure)),
          changes_((*erasures.stripes_)[stripe_].of(Kind::kChange)) {}

  private:
    friend class Erasures;

    struct Counted {
      explicit Counted(const Count& count) : ended(count.ended), begun(count.begun) {}
      [[nodiscard]] bool overlaps(const Count& count) const {
        return begun != ended || count.begun != begun;
      }
      std::uint64_t ended;  // read first: if it equals begun, none was under way
      std::uint64_t begun;
    };

    std::size_t stripe_;
    Counted erasures_;
    Counted changes_;
  };

  /// Whether an erasure was under way at `mark` or has begun since. Not so for changes.
  [[nodiscard]] bool overlap_erasure(Mark mark) const {
    return mark.erasures_.overlaps((*stripes_)[mark.stripe_].of(Kind::kErasure));
  }

  /// Whether an erasure or a change was under way at `mark` or has begun since.
  [[nodiscard]] bool overlap(Mark mark) const {
    return overlap_erasure(mark) ||
           mark.changes_.overlaps((*stripes_)[mark.stripe_].of(Kind::kChange));
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
