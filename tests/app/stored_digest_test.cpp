#include "refrain/app/stored_digest.h"

#include "app/stored_entries.h"
#include "support/manual_clock.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace refrain::app {
namespace {

using testing::key_beginning_with;

class StoredDigest : public ::testing::Test {
protected:
  StoredDigest() {
    for (const CacheKey& key : {alone_, twin_, other_twin_})
      static_cast<void>(store_->insert(testing::sample_entry(key, clock_.now())));
  }

  /// The digest that was found, or why there is none.
  std::string found(const std::string& digits) {
    const Result<CacheKey> key = find_digest(*store_, digits);
    return key ? key->to_hex() : key.error().message();
  }

  const CacheKey alone_ = key_beginning_with({0xAB, 0xCD, 0xEF, 0x01, 0x23});
  const CacheKey twin_ = key_beginning_with({0x11, 0x22, 0x33, 0x44, 0x55});
  const CacheKey other_twin_ = key_beginning_with({0x11, 0x22, 0x33, 0x44, 0x66});
  testing::TempDir dir_;
  testing::ManualClock clock_;
  std::unique_ptr<SegmentStore> store_ = testing::open_store(dir_.path(), clock_);
};

TEST_F(StoredDigest, IsFoundByItsFirstDigits) {
  EXPECT_EQ(found("abcdef01"), alone_.to_hex());
  EXPECT_EQ(found("ABCDEF0123"), alone_.to_hex());
  EXPECT_EQ(found("1122334455"), twin_.to_hex());
}

TEST_F(StoredDigest, IsTakenAsItIsIfItIsWhole) {
  const CacheKey absent = key_beginning_with({0x99});

  EXPECT_EQ(found(absent.to_hex()), absent.to_hex());
}

TEST_F(StoredDigest, IsRefusedIfItStandsForTwo) {
  EXPECT_EQ(found("11223344"),
            "more than one digest begins with 11223344; give more digits, as refrain cache list "
            "prints them");
}

TEST_F(StoredDigest, IsOneHoweverOftenItWasWritten) {
  static_cast<void>(store_->insert(testing::sample_entry(alone_, clock_.now(), "again")));

  EXPECT_EQ(found("abcdef01"), alone_.to_hex());
}

TEST_F(StoredDigest, IsRefusedIfNothingBeginsLikeIt) {
  EXPECT_EQ(found("abcdef02"),
            "no digest begins with abcdef02; refrain cache list --limit 0 shows all");
}

TEST_F(StoredDigest, IsRefusedIfItIsNone) {
  for (const std::string& digits :
       {std::string(), std::string("abcdef0"), std::string("abcdefgh"), std::string(65, 'a')}) {
    const Result<CacheKey> key = find_digest(*store_, digits);
    ASSERT_FALSE(key) << digits;
    EXPECT_EQ(key.error().code(), ErrorCode::kInvalidArgument) << digits;
  }
}

}  // namespace
}  // namespace refrain::app
