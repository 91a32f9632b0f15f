#include "refrain/redis/client/resp_value.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace refrain {
namespace {

TEST(RespValue, IsNullUntilItIsSomething) {
  const RespValue value;

  EXPECT_TRUE(value.is_null());
  EXPECT_FALSE(value.is_error());
  EXPECT_EQ(value.text(), "");
  EXPECT_EQ(value.integer(), 0);
  EXPECT_EQ(value.number(), 0);
  EXPECT_TRUE(value.elements().empty());
}

TEST(RespValue, ADoubleIsNoIntegerAndAnIntegerNoDouble) {
  EXPECT_EQ(RespValue::double_of(2.5).number(), 2.5);
  EXPECT_EQ(RespValue::double_of(2.5).integer(), 0);
  EXPECT_EQ(RespValue::integer_of(-7).integer(), -7);
  EXPECT_EQ(RespValue::integer_of(-7).number(), 0);
}

TEST(RespValue, ATruthCountsAsOneOrNone) {
  EXPECT_EQ(RespValue::boolean_of(true).integer(), 1);
  EXPECT_EQ(RespValue::boolean_of(false).integer(), 0);
  EXPECT_EQ(RespValue::boolean_of(true).type(), RespType::kBoolean);
}

TEST(RespValue, EqualsWhatHasTheSameTypeAndParts) {
  const RespValue one = RespValue::integer_of(1);

  EXPECT_EQ(RespValue::array_of({one}), RespValue::array_of({one}));
  EXPECT_NE(RespValue::array_of({one}), RespValue::aggregate_of(RespType::kSet, {one}));
  EXPECT_NE(one, RespValue::boolean_of(true));
  EXPECT_NE(RespValue::text_of(RespType::kError, "a"),
            RespValue::text_of(RespType::kBulkString, "a"));
}

TEST(RespValue, ANumberThatIsNoneEqualsItself) {
  const double nan = std::numeric_limits<double>::quiet_NaN();

  EXPECT_TRUE(std::isnan(RespValue::double_of(nan).number()));
  EXPECT_EQ(RespValue::double_of(nan), RespValue::double_of(nan));
}

TEST(RespValue, GivesItsTextAwayOnce) {
  RespValue value = RespValue::text_of(RespType::kBulkString, std::string(100, 'x'));

  EXPECT_EQ(value.take_text().size(), 100U);
  EXPECT_EQ(value.text(), "");
}

}  // namespace
}  // namespace refrain
