#include "refrain/app/option.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

namespace refrain::app {
namespace {

const Option& option(std::string_view environment) {
  for (const Option& one : all_options()) {
    if (one.environment == environment) return one;
  }
  throw std::out_of_range("no option " + std::string(environment));
}

TEST(Options, HaveThreeSpellingsEachAndShareNone) {
  std::set<std::string> flags;
  std::set<std::string> environments;
  std::set<std::string> keys;
  for (const Option& one : all_options()) {
    EXPECT_TRUE(flags.insert(one.flag).second) << one.flag;
    EXPECT_TRUE(environments.insert(one.environment).second) << one.environment;
    EXPECT_TRUE(keys.insert(one.toml).second) << one.toml;
    EXPECT_FALSE(one.flag.empty() || one.environment.empty() || one.help.empty()) << one.flag;
    EXPECT_NE(one.toml.find('.'), std::string::npos) << one.toml;
    EXPECT_FALSE(one.flag.starts_with("no-")) << one.flag;
  }
  EXPECT_FALSE(flags.contains("config"));
}

TEST(Options, ReadBackTheDefaultThatTheyShow) {
  const Settings defaults;
  for (const Option& one : all_options()) {
    const std::string shown = one.show(defaults);
    Settings settings;

    const Result<void> read = one.read(settings, shown);

    ASSERT_TRUE(read) << one.flag << " " << shown << " " << read.error().message();
    EXPECT_EQ(one.show(settings), shown) << one.flag;
  }
}

TEST(Options, ChangeWhatTheyShowAndNothingElse) {
  const std::map<std::string, std::string> values = {{"host", "0.0.0.0"},
                                                     {"redis-mode", "cluster"},
                                                     {"redis-protocol", "2"},
                                                     {"log-level", "debug"},
                                                     {"log-format", "json"},
                                                     {"text-order", "near"},
                                                     {"text-memory-policy", "adaptive"},
                                                     {"sticker-memory-policy", "cost"},
                                                     {"text-order", "near"},
                                                     {"disk-bytes", "123456"},
                                                     {"disk-durability", "always"},
                                                     {"disk-transfer", "copy"},
                                                     {"disk-queue-bytes", "123456"},
                                                     {"mock-delay", "0.500-0.750"}};
  const Settings defaults;
  for (const Option& one : all_options()) {
    const auto given = values.find(one.flag);
    std::string value = given == values.end() ? "1234" : given->second;
    if (one.is_switch) value = one.show(defaults) == "on" ? "off" : "on";
    if (one.flag == "threads" || one.flag == "generator-threads" || one.flag == "disk-threads") {
      value = "7";
    }
    Settings settings;

    const Result<void> read = one.read(settings, value);

    ASSERT_TRUE(read) << one.flag << " " << read.error().message();
    for (const Option& other : all_options())
      EXPECT_EQ(other.show(settings), &other == &one ? value : other.show(defaults)) << one.flag;
  }
}

TEST(Options, HaveTheEnvironmentAndTheDefaultsOfTheContract) {
  const Settings defaults;
  const std::map<std::string, std::string> contract = {{"REDIS_HOST", "localhost"},
                                                       {"REDIS_PORT", "6379"},
                                                       {"REDIS_TTL", "3600"},
                                                       {"REDIS_URL", ""},
                                                       {"REFRAIN_REDIS_MODE", "standalone"},
                                                       {"REFRAIN_HOST", "127.0.0.1"},
                                                       {"REFRAIN_TEXT_PORT", "8001"},
                                                       {"REFRAIN_STICKER_PORT", "8002"},
                                                       {"REFRAIN_ADMIN_TOKEN", ""}};
  for (const auto& [environment, value] : contract)
    EXPECT_EQ(option(environment).show(defaults), value) << environment;
  EXPECT_EQ(option("REDIS_TTL").unit, "seconds");
}

TEST(Options, HaveTheMissionsSizes) {
  const Settings defaults;

  EXPECT_EQ(defaults.text_memory_items, 1000U);
  EXPECT_EQ(defaults.text_memory_ttl, std::chrono::seconds(3600));
  EXPECT_EQ(defaults.sticker_memory_items, 100U);
  EXPECT_EQ(defaults.sticker_memory_bytes, 100U << 20U);
  EXPECT_EQ(defaults.sticker_memory_ttl, std::chrono::seconds(3600));
  EXPECT_EQ(defaults.disk_directory, "sticker_cache");
  EXPECT_EQ(defaults.disk_bytes, std::int64_t{1} << 30U);
  EXPECT_EQ(defaults.disk_ttl, std::chrono::seconds(86400));
}

TEST(Options, LeaveRoomOnTheDiskAndLoseLittleByDefault) {
  EXPECT_EQ(option("REFRAIN_DISK_DURABILITY").show(Settings()), "interval");
  EXPECT_EQ(option("REFRAIN_DISK_TRANSFER").show(Settings()), "sendfile");
  EXPECT_EQ(option("REFRAIN_DISK_FREE_FLOOR").show(Settings()), "104857600");
  EXPECT_EQ(option("REFRAIN_DISK_THREADS").show(Settings()), "4");
  EXPECT_EQ(option("REFRAIN_DISK_READ_BUDGET").show(Settings()), "1000");
  EXPECT_EQ(option("REFRAIN_DISK_QUEUE_BYTES").show(Settings()), "67108864");
}

TEST(Options, SayWhatIsAllowed) {
  const auto complaint = [](std::string_view environment, std::string_view value) {
    Settings settings;
    const Result<void> read = option(environment).read(settings, value);
    return read ? std::string("ok") : read.error().message();
  };

  EXPECT_EQ(complaint("REDIS_PORT", "0"), "must be a whole number from 1 to 65535");
  EXPECT_EQ(complaint("REFRAIN_TEXT_PORT", "65536"), "must be a whole number from 0 to 65535");
  EXPECT_EQ(complaint("REFRAIN_REDIS_MODE", "ring"),
            "must be one of standalone, sentinel, cluster");
  EXPECT_EQ(complaint("REFRAIN_LOG_LEVEL", "loud"),
            "must be one of debug, info, warning, error, off");
  EXPECT_EQ(complaint("REFRAIN_DISK", "maybe"), "must be on or off");
  EXPECT_EQ(complaint("REFRAIN_MAX_HEADER_BYTES", "1"), "must be from 512 to 1048576 bytes");
  EXPECT_EQ(complaint("REFRAIN_DISK_DURABILITY", "often"), "must be one of none, interval, always");
  EXPECT_EQ(complaint("REFRAIN_DISK_TRANSFER", "mmap"), "must be one of sendfile, copy");
  EXPECT_EQ(complaint("REFRAIN_DISK_THREADS", "0"), "must be a whole number from 1 to 1024");
  EXPECT_EQ(complaint("REFRAIN_DISK_READ_BUDGET", "0"), "must be a whole number from 1 to 60000");
  EXPECT_EQ(complaint("REFRAIN_DISK_FREE_FLOOR", "-1"),
            "must be a number of bytes such as 500000, 100MB or 1GiB");
  EXPECT_EQ(complaint("REFRAIN_DISK_QUEUE_BYTES", "0"),
            "must be from 65536 to 1099511627776 bytes");
}

TEST(Options, RefuseADiskThatHoldsNothingUnlessItIsOff) {
  const auto read = [](std::string_view value) {
    Settings settings;
    const Result<void> done = option("REFRAIN_DISK_BYTES").read(settings, value);
    return done ? std::to_string(settings.disk_bytes) : done.error().message();
  };

  EXPECT_EQ(read("0"), "0");
  EXPECT_EQ(read("1"), "must be 0 (off) or at least 65536 bytes");
  EXPECT_EQ(read("65535"), "must be 0 (off) or at least 65536 bytes");
  EXPECT_EQ(read("64KiB"), "65536");
  EXPECT_EQ(read("2GB"), "2000000000");
  EXPECT_EQ(read("many"), "must be a number of bytes such as 500000, 100MB or 1GiB");
}

}  // namespace
}  // namespace refrain::app
