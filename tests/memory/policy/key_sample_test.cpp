#include "refrain/memory/policy/key_sample.h"

#include "memory/policy/workloads.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace refrain {
namespace {

using testing::hash_of;

constexpr std::uint64_t kKeys = 100'000;

std::uint64_t size_of(const KeySample& sample) {
  std::uint64_t size = 0;
  for (std::uint64_t key = 0; key < kKeys; ++key)
    if (sample.has(hash_of(key))) ++size;
  return size;
}

TEST(KeySample, IsEveryKeyAtFirst) {
  const KeySample sample;

  EXPECT_EQ(size_of(sample), kKeys);
  EXPECT_EQ(sample.rate(), 1);
}

TEST(KeySample, HasItsRateOfTheKeys) {
  KeySample sample;
  for (double rate = 0.5; rate > 0.005; rate /= 2) {
    sample.halve();

    EXPECT_EQ(sample.rate(), rate);
    const double expected = static_cast<double>(kKeys) * rate;
    EXPECT_NEAR(static_cast<double>(size_of(sample)), expected, expected / 8);
  }
}

TEST(KeySample, ASmallerOneIsAPartOfTheLarger) {
  KeySample larger;
  larger.halve();
  KeySample smaller;
  smaller.halve();
  smaller.halve();

  for (std::uint64_t key = 0; key < kKeys; ++key)
    if (smaller.has(hash_of(key))) EXPECT_TRUE(larger.has(hash_of(key)));
}

TEST(KeySample, HasItsRateOfAShardsKeysToo) {
  KeySample sample;
  for (int i = 0; i < 4; ++i)
    sample.halve();
  for (const unsigned shift : {0U, 8U, 32U, 56U, 58U}) {
    double size = 0;
    for (std::uint64_t key = 0; key < kKeys; ++key)
      if (sample.has(hash_of(key) & ~(std::uint64_t{63} << shift))) ++size;

    EXPECT_NEAR(size, kKeys / 16.0, kKeys / 160.0) << "bits from " << shift;
  }
}

TEST(KeySample, ARestartedOneIsEveryKey) {
  KeySample sample;
  sample.halve();

  sample.restart();

  EXPECT_EQ(size_of(sample), kKeys);
  EXPECT_EQ(sample.rate(), 1);
}

}  // namespace
}  // namespace refrain
