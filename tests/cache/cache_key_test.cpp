#include "refrain/cache/cache_key.h"

#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <set>
#include <string>

namespace refrain {
namespace {

TEST(CacheKey, ReadsBackTheHexItPrinted) {
  for (int i = 0; i < 100; ++i) {
    const CacheKey key = testing::sample_key(std::to_string(i));

    const std::optional<CacheKey> read = CacheKey::from_hex(key.to_hex());

    ASSERT_EQ(read, key);
  }
}

TEST(CacheKey, PrintsItsBytesInOrder) {
  std::array<std::uint8_t, CacheKey::kSize> digest{};
  digest[0] = 0xab;
  digest[31] = 0x01;

  EXPECT_EQ(CacheKey(digest).to_hex(),
            "ab00000000000000000000000000000000000000000000000000000000000001");
}

TEST(CacheKey, ReadsUpperCaseDigits) {
  const CacheKey key = testing::sample_key("upper");
  std::string text = key.to_hex();
  for (char& digit : text)
    digit = static_cast<char>(std::toupper(static_cast<unsigned char>(digit)));

  EXPECT_EQ(CacheKey::from_hex(text), key);
}

TEST(CacheKey, IsNotReadFromAnythingElse) {
  const std::string good = testing::sample_key("good").to_hex();

  EXPECT_FALSE(CacheKey::from_hex("").has_value());
  EXPECT_FALSE(CacheKey::from_hex(good.substr(1)).has_value());
  EXPECT_FALSE(CacheKey::from_hex(good + "0").has_value());
  EXPECT_FALSE(CacheKey::from_hex(good.substr(0, 63) + "g").has_value());
  EXPECT_FALSE(CacheKey::from_hex(good.substr(0, 63) + " ").has_value());
  EXPECT_FALSE(CacheKey::from_hex("0x" + good.substr(2)).has_value());
}

TEST(CacheKey, HashesToItsFirstBytesSoThatShardsSpread) {
  std::set<std::uint64_t> hashes;
  for (int i = 0; i < 1000; ++i)
    hashes.insert(testing::sample_key(std::to_string(i)).hash());

  EXPECT_EQ(hashes.size(), 1000U);
  EXPECT_EQ(CacheKeyHash()(testing::sample_key("a")), testing::sample_key("a").hash());
}

TEST(CacheKey, DiffersWhereverOneByteDiffers) {
  for (std::size_t i = 0; i < CacheKey::kSize; ++i) {
    std::array<std::uint8_t, CacheKey::kSize> digest{};
    digest[i] = 1;
    ASSERT_NE(CacheKey(digest), CacheKey()) << "byte " << i;
  }
}

}  // namespace
}  // namespace refrain
