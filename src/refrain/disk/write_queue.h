#pragma once

/// @file
/// Entries that wait to be written to disk.

#include "refrain/cache/cache_key.h"
#include "refrain/cache/entry.h"
#include "refrain/core/mutex.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace refrain {

/// A bounded queue in which entries can be found while they wait. One entry a key: a newer one
/// takes the older one's place and goes to the end.
///
/// Thread safety: any; waits for nothing but its own lock.
class WriteQueue {
public:
  enum class Pushed : std::uint8_t {
    kQueued,
    kNeedsWriter,  ///< Queued, and nobody is at work: the caller sees to it that `next` is called.
    kFull,         ///< Not queued; neither is an older entry of the key any more.
  };

  /// @param max_bytes Of the waiting entries' `Entry::charge`.
  explicit WriteQueue(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  Pushed push(const Entry& entry);

  [[nodiscard]] std::optional<Entry> find(const CacheKey& key) const;

  /// The entry that waits longest, which goes on waiting until `pop`. Nothing: the queue is empty,
  /// and whoever asked is no longer at work.
  [[nodiscard]] std::optional<Entry> next();

  /// The entry has been written, or given up. It stays if a newer one has taken its place. False if
  /// it was erased meanwhile, and no newer one waits.
  bool pop(const Entry& entry);

  /// Returns whether there was one.
  bool erase(const CacheKey& key);
  void clear();

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t size_bytes() const;

private:
  struct Waiting {
    Entry entry;
    std::uint64_t ticket = 0;
  };

  const std::size_t max_bytes_;
  mutable Mutex mutex_;
  boost::unordered_flat_map<CacheKey, Waiting, CacheKeyHash> waiting_ REFRAIN_GUARDED_BY(mutex_);
  // Tickets in order; those that are not in `waiting_` any more are passed over.
  std::deque<std::pair<std::uint64_t, CacheKey>> order_ REFRAIN_GUARDED_BY(mutex_);
  std::uint64_t next_ticket_ REFRAIN_GUARDED_BY(mutex_) = 0;
  std::size_t bytes_ REFRAIN_GUARDED_BY(mutex_) = 0;
  bool has_writer_ REFRAIN_GUARDED_BY(mutex_) = false;
};

}  // namespace refrain
