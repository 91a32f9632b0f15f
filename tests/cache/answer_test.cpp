#include "refrain/cache/answer.h"

#include "support/manual_clock.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <utility>

namespace refrain {
namespace {

using testing::ManualClock;
using testing::sample_entry;
using testing::sample_key;

TEST(Answer, IsNeitherCoalescedNorStoredUnlessItSays) {
  const Answer answer(sample_entry(sample_key("a"), ManualClock().now()), Disposition::kMiss);

  EXPECT_FALSE(answer.is_coalesced());
  EXPECT_FALSE(answer.is_stored());
  EXPECT_TRUE(answer.tier().empty());
}

TEST(Answer, CarriesItsStory) {
  Answer answer(sample_entry(sample_key("a"), ManualClock().now()), Disposition::kMiss, "disk");

  answer = std::move(answer).stored();
  answer = std::move(answer).coalesced();

  EXPECT_TRUE(answer.is_stored());
  EXPECT_TRUE(answer.is_coalesced());
  EXPECT_EQ(answer.tier(), "disk");
  EXPECT_EQ(answer.disposition(), Disposition::kMiss);
  EXPECT_EQ(answer.entry().key(), sample_key("a"));
}

}  // namespace
}  // namespace refrain
