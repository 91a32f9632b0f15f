#include "refrain/app/command_line.h"

#include "refrain/app/option.h"

#include "app/captured.h"
#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <stdlib.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

namespace refrain::app {
namespace {

using testing::Captured;

/// `refrain WORDS…`.
Captured refrain(std::vector<std::string> words) {
  words.insert(words.begin(), "refrain");
  std::vector<char*> arguments;
  for (std::string& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  return testing::captured(
      [&] { return run_program(static_cast<int>(words.size()), arguments.data()); });
}

TEST(CommandLine, TellsItsVersion) {
  const Captured said = refrain({"--version"});

  EXPECT_EQ(said.exit_code, 0);
  EXPECT_TRUE(said.out.starts_with("refrain ")) << said.out;
}

TEST(CommandLine, TellsItsCommands) {
  const Captured said = refrain({"--help"});

  EXPECT_EQ(said.exit_code, 0);
  for (const char* command : {"serve", "text", "sticker", "cache", "demo", "bench", "help"})
    EXPECT_NE(said.out.find(std::string("  ") + command), std::string::npos) << command;
}

TEST(CommandLine, TellsMoreAboutACommand) {
  const Captured by_flag = refrain({"cache", "list", "--help"});
  const Captured by_command = refrain({"help", "cache", "list"});

  EXPECT_EQ(by_flag.exit_code, 0);
  EXPECT_NE(by_flag.out.find("--limit"), std::string::npos);
  EXPECT_EQ(by_command.exit_code, 0);
  EXPECT_NE(by_command.out.find("--limit"), std::string::npos);
}

TEST(CommandLine, ShowsItsHelpWithoutACommand) {
  const Captured said = refrain({});

  EXPECT_EQ(said.exit_code, 2);
  EXPECT_NE(said.out.find("serve"), std::string::npos);
  EXPECT_EQ(said.err, "");
}

TEST(CommandLine, ShowsTheHelpOfACommandThatNeedsAnother) {
  const Captured said = refrain({"cache"});

  EXPECT_EQ(said.exit_code, 2);
  EXPECT_NE(said.out.find("verify"), std::string::npos);
  EXPECT_EQ(refrain({"demo"}).exit_code, 2);
}

TEST(CommandLine, SaysThatThereIsNoSuchCommandAndWhatThereIs) {
  const Captured top = refrain({"bogus"});
  const Captured below = refrain({"cache", "bogus"});

  EXPECT_EQ(top.exit_code, 2);
  EXPECT_EQ(top.err,
            "refrain: there is no command bogus; there are serve, text, sticker, cache, demo, "
            "bench, help\n");
  EXPECT_EQ(top.out, "");
  EXPECT_EQ(below.exit_code, 2);
  EXPECT_EQ(below.err,
            "refrain: there is no command cache bogus; there are status, list, get, purge, "
            "verify\n");
  EXPECT_EQ(refrain({"demo", "bogus", "--help"}).exit_code, 2);
  EXPECT_EQ(refrain({"help", "bogus"}).exit_code, 2);
  EXPECT_EQ(refrain({""}).exit_code, 2);
}

TEST(CommandLine, SaysThatThereIsNoSuchOption) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--bogus"},
                                                {"serve", "--bogus"},
                                                {"cache", "--bogus"},
                                                {"cache", "status", "--bogus"}}) {
    const Captured said = refrain(words);
    EXPECT_EQ(said.exit_code, 2);
    EXPECT_NE(said.err.find("--bogus"), std::string::npos) << said.err;
  }
}

TEST(CommandLine, SaysWhatIsWrongWithAValueAndWhatIsAllowed) {
  const Captured said = refrain({"serve", "--redis-port", "99999"});

  EXPECT_EQ(said.exit_code, 2);
  EXPECT_EQ(said.err, "refrain: --redis-port must be a whole number from 1 to 65535\n");
}

TEST(CommandLine, AllowsNoLongerLifeInRedisThanItsTierDoes) {
  const Captured said = refrain({"serve", "--redis-ttl", "400000000"});

  EXPECT_EQ(said.exit_code, 2);
  EXPECT_EQ(said.err, "refrain: --redis-ttl must be a whole number from 1 to 315360000\n");
}

TEST(CommandLine, SaysThatAValueIsMissing) {
  const Captured said = refrain({"serve", "--redis-port"});

  EXPECT_EQ(said.exit_code, 2);
  EXPECT_NE(said.err.find("--redis-port"), std::string::npos);
}

TEST(CommandLine, ReadsTheEnvironment) {
  ::setenv("REDIS_PORT", "none", 1);
  const Captured said = refrain({"text"});
  ::unsetenv("REDIS_PORT");

  EXPECT_EQ(said.exit_code, 2);
  EXPECT_EQ(said.err, "refrain: REDIS_PORT must be a whole number from 1 to 65535\n");
}

TEST(CommandLine, RefusesASwitchThatIsBothOnAndOff) {
  EXPECT_EQ(refrain({"serve", "--disk", "--no-disk", "--redis-port", "0"}).exit_code, 2);
  EXPECT_EQ(refrain({"serve", "--no-disk", "--redis-port", "0"}).err,
            "refrain: --redis-port must be a whole number from 1 to 65535\n");
}

TEST(CommandLine, RefusesAConfigurationThatIsNotThere) {
  const Captured said = refrain({"serve", "--config", "/dev/null/refrain.toml"});

  EXPECT_EQ(said.exit_code, 2);
  EXPECT_NE(said.err.find("/dev/null/refrain.toml"), std::string::npos);
}

TEST(CommandLine, HandsItsOptionsToTheCacheCommand) {
  const Captured said = refrain({"cache", "status", "--dir", "/dev/null/cache"});

  EXPECT_EQ(said.exit_code, 1);
  EXPECT_NE(said.err.find("/dev/null/cache is not a directory"), std::string::npos);
  EXPECT_EQ(refrain({"cache", "get"}).exit_code, 2);
}

TEST(CommandLine, SaysWhatIsWrongWithAListing) {
  const auto complaint = [](std::vector<std::string> words) {
    words.insert(words.begin(), {"cache", "list"});
    const Captured said = refrain(std::move(words));
    EXPECT_EQ(said.exit_code, 2);
    return said.err.substr(0, said.err.find('\n'));
  };

  EXPECT_EQ(complaint({"--sort", "name"}),
            "refrain: --sort: must be one of created, expires, last-read, reads, size, cost");
  EXPECT_EQ(complaint({"--min-bytes", "few"}),
            "refrain: --min-bytes: must be a number of bytes such as 500000, 100MB or 1GiB");
  EXPECT_TRUE(complaint({"--limit", "-1"})
                  .starts_with("refrain: --limit: must be a whole number from 0 to "));
}

TEST(CommandLine, SaysThatReadsBesideAServiceAreOfItsLastSnapshot) {
  EXPECT_NE(refrain({"cache", "list", "--help"}).out.find("every 5 minutes"), std::string::npos);
}

TEST(CommandLine, HandsItsOptionsToTheTraceBenchmark) {
  const Captured shown = refrain({"bench",
                                  "trace",
                                  "--synthetic",
                                  "loop",
                                  "--requests",
                                  "100",
                                  "--sizes",
                                  "5",
                                  "--seed",
                                  "3"});

  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_TRUE(shown.out.starts_with("loop: 100 requests for 100 keys\n")) << shown.out;
  EXPECT_EQ(refrain({"bench"}).exit_code, 2);
  EXPECT_EQ(refrain({"bench", "trace", "--bogus"}).exit_code, 2);
  EXPECT_EQ(refrain({"bench", "trace", "/dev/null/trace"}).exit_code, 1);
}

TEST(CommandLine, ListsEveryOptionWithItsDefaultItsUnitAndItsOtherSpellings) {
  const std::string help = refrain({"serve", "--help"}).out;

  const Settings defaults;
  for (const Option& option : all_options()) {
    const std::string value = option.show(defaults);
    std::string line = value.empty() ? "no default" : "default " + value;
    if (!value.empty() && !option.unit.empty()) line += " " + option.unit;
    line += "; env " + option.environment + "; file " + option.toml + "\n";
    EXPECT_NE(help.find("--" + option.flag + " "), std::string::npos) << option.flag;
    EXPECT_NE(help.find(line), std::string::npos) << line;
    if (option.is_switch) EXPECT_NE(help.find("--no-" + option.flag), std::string::npos);
  }
  EXPECT_EQ(help.find("{false}"), std::string::npos);
}

TEST(CommandLine, WritesHelpThatFitsATerminal) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"serve", "--help"},
                                                {"bench", "trace", "--help"},
                                                {"cache", "list", "--help"},
                                                {"cache", "get", "--help"}}) {
    std::istringstream help(refrain(words).out);

    std::size_t longest = 0;
    for (std::string line; std::getline(help, line);)
      longest = std::max(longest, line.size());

    EXPECT_LE(longest, 120U);
  }
}

TEST(CommandLine, NeverShowsASecretInItsHelp) {
  ::setenv("REFRAIN_ADMIN_TOKEN", "hunter2", 1);
  ::setenv("REDIS_URL", "redis://user:hunter2@localhost", 1);
  const Captured help = refrain({"serve", "--help"});
  const Captured refused = refrain({"serve", "--admin-token", "hunter2", "--redis-port", "0"});
  ::unsetenv("REFRAIN_ADMIN_TOKEN");
  ::unsetenv("REDIS_URL");

  EXPECT_EQ(help.out.find("hunter2"), std::string::npos);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(refused.err.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace refrain::app
