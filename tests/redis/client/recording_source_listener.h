#pragma once

/// @file
/// What a client says of the servers whose answers it uses.

#include "refrain/redis/client/redis_source_listener.h"

#include <vector>

namespace refrain::testing {

/// Writes down what it is told.
class RecordingSourceListener final : public RedisSourceListener {
public:
  void on_sources_changing() override { ++changes; }
  void on_sources(const std::vector<RedisSource>& told_of) override {
    sources = told_of;
    ++told;
  }

  int changes = 0;
  int told = 0;
  std::vector<RedisSource> sources;
};

}  // namespace refrain::testing
