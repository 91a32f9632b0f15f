#include "refrain/app/option.h"

#include "app/option_rig.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

namespace refrain::app {
namespace {

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

TEST(Options, SayWhatIsAllowed) {
  EXPECT_EQ(complaint("REFRAIN_TEXT_PORT", "65536"), "must be a whole number from 0 to 65535");
  EXPECT_EQ(complaint("REFRAIN_LOG_LEVEL", "loud"),
            "must be one of debug, info, warning, error, off");
  EXPECT_EQ(complaint("REFRAIN_MAX_HEADER_BYTES", "1"), "must be from 512 to 1048576 bytes");
}

}  // namespace
}  // namespace refrain::app
