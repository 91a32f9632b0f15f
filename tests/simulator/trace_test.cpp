#include "refrain/simulator/trace.h"

#include <gtest/gtest.h>

#include <set>

namespace refrain {
namespace {

TEST(Trace, CountsKeysOnceAndWithTheirLargestSize) {
  const Trace trace("t", {{1, 10, 1}, {2, 20, 1}, {1, 15, 1}, {2, 5, 1}}, {true, false});

  EXPECT_EQ(trace.unique_keys(), 2U);
  EXPECT_EQ(trace.footprint_bytes(), 35U);
  EXPECT_TRUE(trace.has_sizes());
  EXPECT_FALSE(trace.has_seconds());
}

TEST(Trace, MayBeEmpty) {
  const Trace trace("t", {}, {});

  EXPECT_EQ(trace.unique_keys(), 0U);
  EXPECT_EQ(trace.footprint_bytes(), 0U);
}

TEST(Trace, HashesNumbersThatFollowEachOtherFarApart) {
  std::set<std::uint64_t> low_bytes;
  std::set<std::uint64_t> high_bytes;
  for (std::uint64_t key = 0; key < 4096; ++key) {
    low_bytes.insert(hash_of_key(key) & 0xFFU);
    high_bytes.insert(hash_of_key(key) >> 56U);
  }

  EXPECT_EQ(low_bytes.size(), 256U);
  EXPECT_EQ(high_bytes.size(), 256U);
}

}  // namespace
}  // namespace refrain
