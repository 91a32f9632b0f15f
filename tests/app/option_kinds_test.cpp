#include "refrain/app/option_kinds.h"

#include <gtest/gtest.h>

namespace refrain::app {
namespace {

constexpr Names kNames = {"flag", "VARIABLE", "group.key", "unit", "What it is for."};

TEST(OptionKinds, AreCalledAsTheyAreNamed) {
  const Option option = number(kNames, REFRAIN_MEMBER(redis_port), {1, 10});

  EXPECT_EQ(option.flag, "flag");
  EXPECT_EQ(option.environment, "VARIABLE");
  EXPECT_EQ(option.toml, "group.key");
  EXPECT_EQ(option.unit, "unit");
  EXPECT_EQ(option.help, "What it is for.");
  EXPECT_FALSE(option.is_switch);
}

TEST(OptionKinds, ANumberLiesWithinItsRange) {
  const Option option = number(kNames, REFRAIN_MEMBER(redis_port), {1, 10});
  Settings settings;

  EXPECT_TRUE(option.read(settings, "10"));
  EXPECT_FALSE(option.read(settings, "11"));

  EXPECT_EQ(settings.redis_port, 10);
  EXPECT_EQ(option.show(settings), "10");
}

TEST(OptionKinds, ADurationIsANumberOfItsUnit) {
  const Option option = number(kNames, REFRAIN_MEMBER(redis_ttl), {1, 10});
  Settings settings;

  EXPECT_TRUE(option.read(settings, "7"));

  EXPECT_EQ(settings.redis_ttl, std::chrono::seconds(7));
  EXPECT_EQ(option.show(settings), "7");
}

TEST(OptionKinds, BytesMayBeNoneOrNotTooFew) {
  const Option option = bytes_or_none(kNames, REFRAIN_MEMBER(disk_bytes), 1000);
  Settings settings;

  EXPECT_TRUE(option.read(settings, "1000"));
  EXPECT_FALSE(option.read(settings, "999"));

  EXPECT_EQ(settings.disk_bytes, 1000) << "what is refused changes nothing";
  EXPECT_TRUE(option.read(settings, "0"));
}

TEST(OptionKinds, ASwitchIsOnOrOff) {
  const Option option = on_off(kNames, REFRAIN_MEMBER(has_redis));
  Settings settings;

  EXPECT_TRUE(option.read(settings, "off"));
  EXPECT_FALSE(option.read(settings, "perhaps"));

  EXPECT_TRUE(option.is_switch);
  EXPECT_FALSE(settings.has_redis);
  EXPECT_EQ(option.show(settings), "off");
}

TEST(OptionKinds, ATextIsOneOfThoseThatAreAllowed) {
  const Option option = text(kNames, REFRAIN_MEMBER(redis_mode), {"standalone", "cluster"});
  Settings settings;

  EXPECT_TRUE(option.read(settings, "cluster"));
  EXPECT_EQ(option.read(settings, "ring").error().message(), "must be one of standalone, cluster");

  EXPECT_EQ(option.show(settings), "cluster");
}

}  // namespace
}  // namespace refrain::app
