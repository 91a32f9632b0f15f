#pragma once

/// @file
/// What a client has said of the servers whose answers it uses.

#include "refrain/redis/client/redis_source.h"
#include "refrain/redis/client/redis_source_listener.h"

#include <vector>

namespace refrain {

/// Tells a listener of a change in two steps, between which the owner lets it take effect: so
/// nobody is asked of whom the listener does not know, and what is done about the later step is
/// done after the change.
///
/// Thread safety: none; its owner's mutex is held for both steps. Ownership: the listener outlives
/// its watch.
class AnnouncedSources {
public:
  /// In place of the one before; null for nobody. It hears at once of what there is.
  void watch(RedisSourceListener* listener);

  /// These are to be the sources. Says so if any is new or left out.
  void prepare(std::vector<RedisSource> next);
  /// They are. Says so if anything has changed.
  void finish();

  [[nodiscard]] const std::vector<RedisSource>& current() const { return current_; }

private:
  RedisSourceListener* listener_ = nullptr;
  std::vector<RedisSource> current_;
  std::vector<RedisSource> next_;
};

}  // namespace refrain
