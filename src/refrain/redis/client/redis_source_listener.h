#pragma once

/// @file
/// Who wants to know from which servers a client's answers come.

#include "refrain/redis/client/redis_source.h"

#include <vector>

namespace refrain {

/// Told whenever a client will use the answers of other servers than before.
///
/// Thread safety: called from any of the client's loops, one call at a time. It must not call the
/// client, and other loops wait for it to return.
class RedisSourceListener {
public:
  RedisSourceListener() = default;
  RedisSourceListener(const RedisSourceListener&) = delete;
  RedisSourceListener& operator=(const RedisSourceListener&) = delete;
  virtual ~RedisSourceListener() = default;

  /// There will be other servers, or fewer. No command has been sent to a new one yet, and none is
  /// before this returns; what was sent to one that is left out may still be answered.
  virtual void on_sources_changing() = 0;

  /// These they are, from now on: nothing is sent to any other. Also called when only what is known
  /// of a server has changed.
  virtual void on_sources(const std::vector<RedisSource>& sources) = 0;
};

}  // namespace refrain
