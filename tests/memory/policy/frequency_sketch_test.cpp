#include "refrain/memory/policy/frequency_sketch.h"

#include "memory/policy/workloads.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>

namespace refrain {
namespace {

using testing::hash_of;

/// One request more for this key, as far as the sketch can tell.
void count_one(FrequencySketch& sketch, std::uint64_t hash) {
  sketch.raise(hash, static_cast<std::uint8_t>(std::min(sketch.estimate(hash) + 1, 15)));
}

TEST(FrequencySketch, NeverSaysLessThanWasCountedUpToFifteen) {
  std::mt19937 random(1);
  FrequencySketch sketch(64);
  std::map<std::uint64_t, int> counts;
  for (int i = 0; i < 5000; ++i) {
    const std::uint64_t hash = hash_of(random() % 500);
    count_one(sketch, hash);
    ++counts[hash];
    if (i % 1000 == 999) {
      sketch.halve();
      for (auto& [counted, count] : counts)
        count = std::min(count, 15) / 2;
    }
    ASSERT_GE(sketch.estimate(hash), std::min(counts[hash], 15));
  }

  for (const auto& [hash, count] : counts)
    EXPECT_GE(sketch.estimate(hash), std::min(count, 15));
}

TEST(FrequencySketch, IsRightAboutMostKeysWhenThereAreAsManyAsItHasRoomFor) {
  constexpr std::uint64_t kKeys = 10'000;
  FrequencySketch sketch(kKeys);
  for (std::uint64_t key = 0; key < kKeys; ++key)
    for (std::uint64_t times = 0; times <= key % 4; ++times)
      count_one(sketch, hash_of(key));

  int wrong = 0;
  int strangers_known = 0;
  for (std::uint64_t key = 0; key < kKeys; ++key) {
    if (sketch.estimate(hash_of(key)) != key % 4 + 1) ++wrong;
    if (sketch.estimate(hash_of(kKeys + key)) != 0) ++strangers_known;
  }

  EXPECT_LT(wrong, kKeys / 20);
  EXPECT_LT(strangers_known, kKeys / 10);
}

TEST(FrequencySketch, IsNoWorseForTheKeysOfOneShard) {
  // Keys whose hashes have some bits in common, as all those of a shard or of a sample have.
  for (const unsigned shift : {0U, 8U, 32U, 40U, 56U}) {
    constexpr std::uint64_t kKeys = 4000;
    const auto in_shard = [shift](std::uint64_t key) {
      return hash_of(key) & ~(std::uint64_t{63} << shift);
    };
    FrequencySketch sketch(kKeys);
    for (std::uint64_t key = 0; key < kKeys; ++key)
      count_one(sketch, in_shard(key));

    int strangers_known = 0;
    for (std::uint64_t key = kKeys; key < 2 * kKeys; ++key)
      if (sketch.estimate(in_shard(key)) != 0) ++strangers_known;

    EXPECT_LT(strangers_known, kKeys / 10) << "bits from " << shift;
  }
}

TEST(FrequencySketch, HalvingRoundsEveryCountDown) {
  FrequencySketch sketch(0);
  const std::uint64_t hash = hash_of(1);

  for (const int expected : {7, 3, 1, 0}) {
    sketch.raise(hash, static_cast<std::uint8_t>(2 * expected + 1));
    sketch.halve();
    EXPECT_EQ(sketch.estimate(hash), expected);
  }
}

TEST(FrequencySketch, RaisingNeverLowersAndFifteenIsTheMost) {
  FrequencySketch sketch(0);
  const std::uint64_t hash = hash_of(1);

  sketch.raise(hash, 9);
  sketch.raise(hash, 4);
  EXPECT_EQ(sketch.estimate(hash), 9);

  for (int i = 0; i < 100; ++i)
    count_one(sketch, hash);
  EXPECT_EQ(sketch.estimate(hash), 15);
}

TEST(FrequencySketch, TakesEightBytesAKeyWhateverTheNumber) {
  for (const std::size_t capacity : {1000U, 1025U, 70'000U, 131'073U})
    EXPECT_LE(FrequencySketch(capacity).bytes(), capacity * 8) << capacity;
  EXPECT_LE(FrequencySketch(0).bytes(), 256);
}

TEST(FrequencySketch, AResizedOneHasForgottenEverything) {
  FrequencySketch sketch(100);
  count_one(sketch, hash_of(1));

  sketch.resize(1000);

  EXPECT_EQ(sketch.estimate(hash_of(1)), 0);
}

}  // namespace
}  // namespace refrain
