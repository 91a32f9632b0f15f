/// @file
/// Searches for a sequence of operations on which the memory cache and its model differ.

#include "memory/memory_cache_model.h"

#include <cstddef>
#include <cstdint>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // What it throws nobody catches: that is a finding.
  refrain::testing::LruModelRun(std::span(data, size)).run();
  return 0;
}
