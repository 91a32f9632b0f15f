#include "refrain/app/settings_loader.h"

#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <map>
#include <optional>
#include <string>

namespace refrain::app {
namespace {

using testing::TempDir;
using Variables = std::map<std::string, std::string>;

class SettingsLoader : public ::testing::Test {
protected:
  static Environment environment(Variables variables) {
    return [variables](const std::string& name) {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
  }

  std::filesystem::path file(const std::string& text) {
    std::ofstream(path()) << text;
    return path();
  }

  Result<Settings> load_file(const std::string& text) {
    return load_settings({}, environment({}), file(text));
  }

  std::string complaint(const std::string& text) {
    const Result<Settings> settings = load_file(text);
    return settings ? "ok" : settings.error().message();
  }

  [[nodiscard]] std::filesystem::path path() const { return dir_.path() / "refrain.toml"; }

private:
  TempDir dir_;
};

TEST_F(SettingsLoader, GivesTheDefaultsForNothing) {
  const auto settings = load_settings({}, environment({}), std::nullopt);

  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->redis_port, 6379);
  EXPECT_EQ(settings->host, "127.0.0.1");
}

TEST_F(SettingsLoader, PrefersTheFileToTheDefault) {
  EXPECT_EQ(load_file("[redis]\nport = 1\n")->redis_port, 1);
}

TEST_F(SettingsLoader, PrefersTheEnvironmentToTheFile) {
  const auto settings =
      load_settings({}, environment({{"REDIS_PORT", "2"}}), file("[redis]\nport = 1\n"));

  EXPECT_EQ(settings->redis_port, 2);
}

TEST_F(SettingsLoader, PrefersTheFlagToAll) {
  const auto settings = load_settings(
      {{"redis-port", "3"}}, environment({{"REDIS_PORT", "2"}}), file("[redis]\nport = 1\n"));

  EXPECT_EQ(settings->redis_port, 3);
}

TEST_F(SettingsLoader, TakesEachOptionFromWhereItIsGiven) {
  const auto settings =
      load_settings({{"redis", "off"}},
                    environment({{"REDIS_HOST", "elsewhere"}, {"REDIS_TTL", "7"}}),
                    file("[redis]\nport = 1\nttl = 9\n[server]\nhost = \"::1\"\n"));

  ASSERT_TRUE(settings);
  EXPECT_FALSE(settings->has_redis);
  EXPECT_EQ(settings->redis_host, "elsewhere");
  EXPECT_EQ(settings->redis_ttl, std::chrono::seconds(7));
  EXPECT_EQ(settings->redis_port, 1);
  EXPECT_EQ(settings->host, "::1");
}

TEST_F(SettingsLoader, TakesHowDurableTheDiskIsFromFlagEnvironmentFileAndDefaultInThisOrder) {
  const std::string text = "[disk]\ndurability = \"none\"\n";
  const Variables variables = {{"REFRAIN_DISK_DURABILITY", "always"}};

  EXPECT_EQ(load_settings({}, environment({}), std::nullopt)->disk_durability, "interval");
  EXPECT_EQ(load_file(text)->disk_durability, "none");
  EXPECT_EQ(load_settings({}, environment(variables), file(text))->disk_durability, "always");
  EXPECT_EQ(load_settings({{"disk-durability", "interval"}}, environment(variables), file(text))
                ->disk_durability,
            "interval");
}

TEST_F(SettingsLoader, NamesTheDiskSizeThatHoldsNothing) {
  const auto by_flag = load_settings({{"disk-bytes", "1000"}}, environment({}), std::nullopt);

  ASSERT_FALSE(by_flag);
  EXPECT_EQ(by_flag.error().message(), "--disk-bytes must be 0 (off) or at least 65536 bytes");
  EXPECT_EQ(complaint("[disk]\nbytes = 1000\n"),
            "disk.bytes must be 0 (off) or at least 65536 bytes");
}

TEST_F(SettingsLoader, NamesABadValueAsItWasSpelt) {
  const auto by_flag = load_settings({{"redis-port", "x"}}, environment({}), std::nullopt);
  const auto by_environment = load_settings({}, environment({{"REDIS_PORT", "x"}}), std::nullopt);

  ASSERT_FALSE(by_flag);
  EXPECT_EQ(by_flag.error().message(), "--redis-port must be a whole number from 1 to 65535");
  EXPECT_EQ(by_flag.error().code(), ErrorCode::kInvalidArgument);
  ASSERT_FALSE(by_environment);
  EXPECT_EQ(by_environment.error().message(), "REDIS_PORT must be a whole number from 1 to 65535");
  EXPECT_EQ(complaint("[redis]\nport = \"x\"\n"),
            "redis.port must be a whole number from 1 to 65535");
}

TEST_F(SettingsLoader, DoesNotReadALosingValue) {
  EXPECT_TRUE(load_settings(
      {{"redis-port", "3"}}, environment({{"REDIS_PORT", "nonsense"}}), std::nullopt));
}

TEST_F(SettingsLoader, NeverRepeatsAValueThatItRefuses) {
  const auto settings =
      load_settings({}, environment({{"REFRAIN_REDIS_MODE", "hunter2"}}), std::nullopt);

  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().message().find("hunter2"), std::string::npos);
}

TEST_F(SettingsLoader, RefusesAKeyThatItDoesNotKnow) {
  EXPECT_EQ(complaint("[redis]\nprot = 1\n"),
            "unknown option redis.prot in " + path().string() + "; refrain serve --help lists all");
  EXPECT_NE(complaint("port = 1\n"), "ok");
  EXPECT_NE(complaint("[redis.port]\nx = 1\n"), "ok");
}

TEST_F(SettingsLoader, ReadsEveryTypeOfToml) {
  const auto settings = load_file(
      "[redis]\n"
      "enabled = false\n"
      "host = 'there'\n"
      "port = 0x1F90\n"
      "[text]\n"
      "memory_items = 2_000\n"
      "memory_bytes = '5MB'\n"
      "[sticker]\n"
      "mock_delay = 0.25\n");

  ASSERT_TRUE(settings) << settings.error().message();
  EXPECT_FALSE(settings->has_redis);
  EXPECT_EQ(settings->redis_host, "there");
  EXPECT_EQ(settings->redis_port, 8080);
  EXPECT_EQ(settings->text_memory_items, 2000U);
  EXPECT_EQ(settings->text_memory_bytes, 5'000'000U);
  EXPECT_EQ(settings->mock_delay.longest, std::chrono::milliseconds(250));
}

TEST_F(SettingsLoader, TakesAStringForANumber) {
  EXPECT_EQ(load_file("redis.port = '7'\n")->redis_port, 7);
}

TEST_F(SettingsLoader, RefusesATypeThatNoOptionHas) {
  EXPECT_EQ(complaint("[redis]\nport = [1]\n"),
            "option redis.port must be a string, a number or a boolean");
  EXPECT_EQ(complaint("[redis]\nport = 1979-05-27\n"),
            "option redis.port must be a string, a number or a boolean");
  EXPECT_EQ(complaint("[redis]\nport = 1.5\n"),
            "redis.port must be a whole number from 1 to 65535");
}

TEST_F(SettingsLoader, SaysWhereTheFileIsBroken) {
  const std::string message = complaint("[redis]\nport = \n");

  EXPECT_NE(message.find(path().string() + ", line 2"), std::string::npos) << message;
}

TEST_F(SettingsLoader, SaysThatTheFileIsNotThere) {
  const auto settings = load_settings({}, environment({}), path().string() + ".absent");

  ASSERT_FALSE(settings);
  EXPECT_NE(settings.error().message().find("refrain.toml.absent"), std::string::npos);
}

}  // namespace
}  // namespace refrain::app
