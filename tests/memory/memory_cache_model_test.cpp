#include "memory/memory_cache_model.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

namespace refrain::testing {
namespace {

TEST(MemoryCacheModel, TheCacheDoesWhatTheModelDoesOnRandomScripts) {
  std::mt19937 random(1);
  for (int script_number = 0; script_number < 1000; ++script_number) {
    std::vector<std::uint8_t> script(600);
    for (std::uint8_t& byte : script)
      byte = static_cast<std::uint8_t>(random());

    EXPECT_NO_THROW(LruModelRun(script).run()) << "script " << script_number;
  }
}

TEST(MemoryCacheModel, TheCacheDoesWhatTheModelDoesWhenNothingExpiresAndAllFits) {
  std::mt19937 random(2);
  for (int script_number = 0; script_number < 200; ++script_number) {
    std::vector<std::uint8_t> script = {11, 255, 63};
    while (script.size() < 1000)
      script.push_back(static_cast<std::uint8_t>(random() % 96));

    EXPECT_NO_THROW(LruModelRun(script).run()) << "script " << script_number;
  }
}

}  // namespace
}  // namespace refrain::testing
