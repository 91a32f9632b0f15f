#include "refrain/app/option_values.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

namespace refrain::app {
namespace {

using std::chrono::milliseconds;

TEST(ReadInteger, TakesWholeNumbersOfItsRange) {
  EXPECT_EQ(*read_integer("0", 0, 10), 0);
  EXPECT_EQ(*read_integer("10", 0, 10), 10);
  EXPECT_EQ(*read_integer("-3", -3, 10), -3);
}

TEST(ReadInteger, RefusesEverythingElseAndSaysWhatIsAllowed) {
  for (const char* text : {"",
                           "-1",
                           "11",
                           "1.0",
                           "1e0",
                           " 1",
                           "1 ",
                           "+1",
                           "0x1",
                           "one",
                           "1k",
                           "99999999999999999999"}) {
    const auto number = read_integer(text, 0, 10);
    ASSERT_FALSE(number) << text;
    EXPECT_EQ(number.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_EQ(number.error().message(), "must be a whole number from 0 to 10");
  }
}

TEST(ReadSwitch, TakesTheUsualWords) {
  for (const char* text : {"on", "true", "yes", "1"})
    EXPECT_TRUE(*read_switch(text)) << text;
  for (const char* text : {"off", "false", "no", "0"})
    EXPECT_FALSE(*read_switch(text)) << text;
}

TEST(ReadSwitch, RefusesOthers) {
  for (const char* text : {"", "On", "TRUE", "2", "enabled"}) {
    const auto value = read_switch(text);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().message(), "must be on or off");
  }
}

TEST(ReadBytes, KnowsUnits) {
  EXPECT_EQ(*read_bytes("0"), 0);
  EXPECT_EQ(*read_bytes("500000"), 500'000);
  EXPECT_EQ(*read_bytes("3KB"), 3'000);
  EXPECT_EQ(*read_bytes("100MB"), 100'000'000);
  EXPECT_EQ(*read_bytes("1GB"), 1'000'000'000);
  EXPECT_EQ(*read_bytes("2KiB"), 2'048);
  EXPECT_EQ(*read_bytes("2 MiB"), 2'097'152);
  EXPECT_EQ(*read_bytes("1GiB"), 1'073'741'824);
}

TEST(ReadBytes, RefusesWhatIsNoNumberOfBytes) {
  for (const char* text : {"",
                           "MB",
                           "-1",
                           "-1MB",
                           "1.5MB",
                           "1TB",
                           "1mb",
                           "MB1",
                           "1 M B",
                           "9223372036854775808",
                           "9223372036854775807KB"}) {
    const auto value = read_bytes(text);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().message(), "must be a number of bytes such as 500000, 100MB or 1GiB");
  }
  EXPECT_EQ(*read_bytes("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
}

TEST(ReadDelay, TakesOneOrARange) {
  EXPECT_EQ(read_delay("0")->longest, milliseconds(0));
  EXPECT_EQ(read_delay("0.8")->shortest, milliseconds(800));
  EXPECT_EQ(read_delay("0.8")->longest, milliseconds(800));
  EXPECT_EQ(read_delay("1-3")->shortest, milliseconds(1000));
  EXPECT_EQ(read_delay("1-3")->longest, milliseconds(3000));
  EXPECT_EQ(read_delay("0.7-0.95")->longest, milliseconds(950));
}

TEST(ReadDelay, RefusesWhatIsNone) {
  for (const char* text :
       {"", "-", "1-", "-3", "3-1", "a", "1s", "1-2-3", "nan", "inf", "-inf", "3601", "1e9"})
    EXPECT_FALSE(read_delay(text)) << text;
}

TEST(ShowDelay, WritesWhatReadDelayReads) {
  for (const char* text : {"0", "0.8", "1-3", "0.7-0.95", "0.005", "3600", "0-0.050"}) {
    const auto range = read_delay(text);
    ASSERT_TRUE(range) << text;
    const auto again = read_delay(show_delay(*range));
    ASSERT_TRUE(again) << show_delay(*range);
    EXPECT_EQ(again->shortest, range->shortest) << text;
    EXPECT_EQ(again->longest, range->longest) << text;
  }
  EXPECT_EQ(show_delay({milliseconds(1000), milliseconds(3000)}), "1-3");
}

}  // namespace
}  // namespace refrain::app
