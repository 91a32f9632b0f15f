#include "refrain/services/status/memory_limits_query.h"

#include <gtest/gtest.h>

namespace refrain {
namespace {

TEST(MemoryLimitsQuery, ReadsWhatIsNamed) {
  const Result<MemoryLimitsQuery> both =
      MemoryLimitsQuery::read(R"({"max_items": 7, "max_size_bytes": 2000000})", 1);
  const Result<MemoryLimitsQuery> one =
      MemoryLimitsQuery::read(R"({"max_size_bytes": 1048576})", 1);

  ASSERT_TRUE(both.has_value());
  EXPECT_EQ(both->max_items, 7U);
  EXPECT_EQ(both->max_size_bytes, 2'000'000U);
  ASSERT_TRUE(one.has_value());
  EXPECT_FALSE(one->max_items.has_value());
  EXPECT_EQ(one->max_size_bytes, 1048576U);
}

TEST(MemoryLimitsQuery, SaysWhatCannotBeSet) {
  const Result<MemoryLimitsQuery> unknown =
      MemoryLimitsQuery::read(R"({"max_items": 7, "ttl": 5})", 1);
  const Result<MemoryLimitsQuery> nothing = MemoryLimitsQuery::read("{}", 1);

  ASSERT_FALSE(unknown.has_value());
  EXPECT_NE(unknown.error().message().find("ttl"), std::string::npos);
  ASSERT_FALSE(nothing.has_value());
  EXPECT_NE(nothing.error().message().find("max_items"), std::string::npos);
}

TEST(MemoryLimitsQuery, RefusesLessThanTheCacheCanHold) {
  EXPECT_FALSE(MemoryLimitsQuery::read(R"({"max_items": 15})", 16).has_value());
  EXPECT_TRUE(MemoryLimitsQuery::read(R"({"max_items": 16})", 16).has_value());
  EXPECT_FALSE(MemoryLimitsQuery::read(R"({"max_size_bytes": 1048575})", 16).has_value());
}

}  // namespace
}  // namespace refrain
