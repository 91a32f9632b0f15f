#include "support/redis_server.h"
#include "support/service_process.h"
#include "support/temp_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace refrain {
namespace {

using testing::Finished;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RedisServer;
using testing::TempDir;

void expect_success(const Finished& finished) {
  EXPECT_EQ(finished.exit_code, 0) << finished.output << finished.errors;
  EXPECT_THAT(finished.output, HasSubstr("All "));
  EXPECT_THAT(finished.output, HasSubstr(" checks passed."));
  EXPECT_EQ(finished.output.find('\x1b'), std::string::npos) << finished.output;
}

TEST(Demo, StickersAreMadeKeptAndSaved) {
  const TempDir folder;

  const Finished finished = testing::run_program(
      {"demo", "sticker", "--mock-delay", "0", "--disk-dir", (folder.path() / "cache").string()},
      folder.path().string());

  expect_success(finished);
  EXPECT_THAT(finished.output, HasSubstr("from memory in"));
  EXPECT_THAT(finished.output, HasSubstr("from disk in"));
  int pictures = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder.path() / "demo_stickers")) {
    std::string signature(4, '\0');
    std::ifstream(file.path(), std::ios::binary).read(signature.data(), 4);
    EXPECT_EQ(signature, "\x89PNG") << file.path();
    EXPECT_EQ(file.path().extension(), ".png");
    ++pictures;
  }
  EXPECT_EQ(pictures, 4);
}

TEST(Demo, StickersCanBeShownTwice) {
  const TempDir folder;
  for (int i = 0; i < 2; ++i) {
    expect_success(testing::run_program(
        {"demo", "sticker", "--mock-delay", "0", "--disk-dir", (folder.path() / "cache").string()},
        folder.path().string()));
  }
}

TEST(Demo, TextNeedsNoRedis) {
  const TempDir folder;

  const Finished finished =
      testing::run_program({"demo", "text", "--no-redis"}, folder.path().string());

  expect_success(finished);
  EXPECT_THAT(finished.output, HasSubstr("from memory in"));
}

TEST(Demo, TextShowsWhatRedisHolds) {
  const RedisServer redis;
  const TempDir folder;

  const Finished finished =
      testing::run_program({"demo", "text"},
                           folder.path().string(),
                           {"REDIS_URL=unix://" + redis.unix_endpoint().unix_path});

  expect_success(finished);
  EXPECT_THAT(finished.output, HasSubstr("from redis"));
}

TEST(Demo, TextGoesOnWhenNoRedisAnswers) {
  RedisServer redis;
  const std::string closed_port = std::to_string(redis.tcp_endpoint().port);
  redis.stop();
  const TempDir folder;

  const Finished finished =
      testing::run_program({"demo", "text"}, folder.path().string(), {"REDIS_PORT=" + closed_port});

  expect_success(finished);
  EXPECT_THAT(finished.output, HasSubstr("no Redis answers"));
  EXPECT_THAT(finished.output, Not(HasSubstr("from redis")));
}

}  // namespace
}  // namespace refrain
