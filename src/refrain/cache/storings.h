#pragma once

/// @file
/// Whether a flight began to store while something else was being stored.

#include "refrain/cache/cache_key.h"
#include "refrain/core/mutex.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace refrain {

/// Counts, for the keys that somebody watches, how often a flight has begun to store its outcome:
/// who puts something older into a tier can tell whether it may have replaced that outcome.
///
/// Thread safety: any.
class Storings {
private:
  static constexpr std::size_t kStripes = 16;

  struct Watched {
    std::size_t watchers = 0;
    std::uint64_t begun = 0;
  };
  struct alignas(64) Stripe {
    Mutex mutex;
    boost::unordered_flat_map<CacheKey, Watched, CacheKeyHash> watched REFRAIN_GUARDED_BY(mutex);
  };
  using Stripes = std::array<Stripe, kStripes>;

  static Stripe& stripe_of(Stripes& stripes, CacheKey key) {
    return stripes[(key.hash() >> 32U) % kStripes];
  }

public:
  /// From its construction on, of one key.
  class Watch {
  public:
    Watch(Storings& storings, CacheKey key) : stripes_(storings.stripes_), key_(key) {
      Stripe& stripe = stripe_of(*stripes_, key_);
      const MutexLock lock(stripe.mutex);
      Watched& watched = stripe.watched[key_];
      ++watched.watchers;
      begun_ = watched.begun;
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch() {
      Stripe& stripe = stripe_of(*stripes_, key_);
      const MutexLock lock(stripe.mutex);
      const auto watched = stripe.watched.find(key_);
      if (--watched->second.watchers == 0) stripe.watched.erase(watched);
    }

    /// Whether a flight for the key has begun to store since.
    [[nodiscard]] bool has_seen_any() const {
      Stripe& stripe = stripe_of(*stripes_, key_);
      const MutexLock lock(stripe.mutex);
      return stripe.watched.find(key_)->second.begun != begun_;
    }

  private:
    const std::shared_ptr<Stripes> stripes_;
    const CacheKey key_;
    std::uint64_t begun_ = 0;
  };

  /// A flight for `key` begins to store.
  void begin(CacheKey key) {
    Stripe& stripe = stripe_of(*stripes_, key);
    const MutexLock lock(stripe.mutex);
    const auto watched = stripe.watched.find(key);
    if (watched != stripe.watched.end()) ++watched->second.begun;
  }

private:
  // Shared with the watches: at a hard stop the frames that hold them go after the cache.
  const std::shared_ptr<Stripes> stripes_ = std::make_shared<Stripes>();
};

}  // namespace refrain
