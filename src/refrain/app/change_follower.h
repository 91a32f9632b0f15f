#pragma once

/// @file
/// Keeps one instance's cache in step with what the others do.

#include "refrain/cache/change_listener.h"
#include "refrain/cache/tiered_cache.h"
#include "refrain/core/task.h"
#include "refrain/memory/near_tier.h"

namespace refrain::app {

/// Makes a cache forget what a feed says was changed, and opens and closes its near tier with the
/// feed.
///
/// Thread safety: as `ChangeListener`; forgetting an epoch is done on the executor's loop.
/// Ownership: the cache and the tier outlive it.
class ChangeFollower final : public ChangeListener {
public:
  /// @param near Null if there is none: then only the epoch is followed.
  ChangeFollower(TieredCache& cache, NearTier* near, Executor executor)
      : cache_(cache),
        near_(near),
        executor_(executor) {}

  void on_feed_up() override;
  void on_feed_down() override;
  void on_changed(CacheKey key) override;
  void on_all_changed() override;
  void on_epoch_raised() override;

private:
  TieredCache& cache_;
  NearTier* const near_;
  Executor executor_;
};

}  // namespace refrain::app
