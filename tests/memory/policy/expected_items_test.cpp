#include "refrain/memory/policy/expected_items.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <limits>

namespace refrain {
namespace {

TEST(ExpectedItems, AreAsManyAsTheItemsAllowAndAsEntriesOfHalfAKilobyteFit) {
  EXPECT_EQ(expected_items({1000, 1 << 30}), 1000);
  EXPECT_EQ(expected_items({std::numeric_limits<std::size_t>::max(), 1 << 20}), 2048);
  EXPECT_EQ(expected_items({10, 511}), 0);
}

}  // namespace
}  // namespace refrain
