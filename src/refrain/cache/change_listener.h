#pragma once

/// @file
/// Who wants to hear of what others change in a shared tier.

#include "refrain/cache/cache_key.h"

namespace refrain {

/// Told of changes in a shared tier, whoever makes them, by a feed that may come and go.
///
/// Thread safety: the feed calls it from one thread, one call at a time; only `on_feed_down` may come
/// from any, though never during an `on_feed_up`.
class ChangeListener {
public:
  ChangeListener() = default;
  ChangeListener(const ChangeListener&) = delete;
  ChangeListener& operator=(const ChangeListener&) = delete;
  virtual ~ChangeListener() = default;

  /// From before this call on every change is told. What was changed before is not known.
  virtual void on_feed_up() = 0;
  /// Changes are no longer told, or not all of them. Not called before the first `on_feed_up`.
  virtual void on_feed_down() = 0;

  /// What was under `key` was replaced or erased, or has expired.
  virtual void on_changed(CacheKey key) = 0;
  /// Everything was erased.
  virtual void on_all_changed() = 0;
  /// The epoch was raised, and has been adopted.
  virtual void on_epoch_raised() = 0;
};

}  // namespace refrain
