#include "refrain/cache/storings.h"

#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

namespace refrain {
namespace {

class StoringsTest : public ::testing::Test {
protected:
  Storings storings_;
  const CacheKey key_ = testing::sample_key("the key");
};

TEST_F(StoringsTest, SeeWhatBeginsAfterTheWatch) {
  const Storings::Watch watch(storings_, key_);
  EXPECT_FALSE(watch.has_seen_any());

  storings_.begin(key_);

  EXPECT_TRUE(watch.has_seen_any());
}

TEST_F(StoringsTest, DoNotSeeWhatBeganBeforeTheWatch) {
  const Storings::Watch earlier(storings_, key_);
  storings_.begin(key_);

  const Storings::Watch watch(storings_, key_);

  EXPECT_FALSE(watch.has_seen_any());
  EXPECT_TRUE(earlier.has_seen_any());
}

TEST_F(StoringsTest, DoNotSeeOtherKeys) {
  const Storings::Watch watch(storings_, key_);

  for (int i = 0; i < 1000; ++i)
    storings_.begin(testing::sample_key(std::to_string(i)));

  EXPECT_FALSE(watch.has_seen_any());
}

TEST_F(StoringsTest, AreForgottenWithTheLastWatch) {
  std::optional<Storings::Watch> first;
  first.emplace(storings_, key_);
  storings_.begin(key_);
  first.reset();
  storings_.begin(key_);

  const Storings::Watch watch(storings_, key_);

  EXPECT_FALSE(watch.has_seen_any());
}

TEST_F(StoringsTest, MayEndBeforeTheirWatches) {
  auto storings = std::make_unique<Storings>();
  const Storings::Watch watch(*storings, key_);
  storings->begin(key_);

  storings.reset();

  EXPECT_TRUE(watch.has_seen_any());
}

}  // namespace
}  // namespace refrain
