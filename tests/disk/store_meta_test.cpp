#include "refrain/disk/store_meta.h"

#include <gtest/gtest.h>

#include <string>

namespace refrain {
namespace {

StoreMeta sample_meta() {
  StoreMeta meta;
  meta.epoch = 12;
  meta.generation = 4;
  meta.erasures = 99;
  return meta;
}

TEST(StoreMeta, DecodesWhatItEncoded) {
  const Result<StoreMeta> decoded = decode_store_meta(encode(sample_meta()));

  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->epoch, 12U);
  EXPECT_EQ(decoded->generation, 4U);
  EXPECT_EQ(decoded->erasures, 99U);
}

TEST(StoreMeta, TellsEveryFlippedBit) {
  const auto bytes = encode(sample_meta());

  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_FALSE(decode_store_meta(flipped).has_value()) << bit;
  }
}

TEST(StoreMeta, TellsAnotherLength) {
  const auto bytes = encode(sample_meta());
  std::string longer(bytes.begin(), bytes.end());
  longer.push_back('\0');

  EXPECT_FALSE(decode_store_meta(longer).has_value());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_store_meta(std::span<const char>(bytes).first(size)).has_value());
  }
}

}  // namespace
}  // namespace refrain
