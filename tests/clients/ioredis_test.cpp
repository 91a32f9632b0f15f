// What a Node.js program sees of a text service's Redis.

#include "support/redis_server.h"
#include "support/service_process.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

namespace refrain {
namespace {

using testing::HttpReply;
using testing::RedisServer;
using testing::ServiceProcess;
using testing::TempDir;

/// What a script in this folder prints, and how it ended.
std::pair<std::string, int> run_script(const std::string& name, const std::string& argument) {
  const std::string command = "NODE_PATH='" REFRAIN_NODE_MODULES "' '" REFRAIN_NODE
                              "' '" REFRAIN_SOURCE_DIR "/tests/clients/" +
                              name + "' '" + argument + "' 2>&1";
  FILE* const output = ::popen(command.c_str(), "r");
  if (output == nullptr) return {"cannot be started", -1};
  std::string printed;
  std::array<char, 4096> part{};
  while (const std::size_t size = std::fread(part.data(), 1, part.size(), output))
    printed.append(part.data(), size);
  return {printed, ::pclose(output)};
}

TEST(Ioredis, ReadsAPredictionAsJson) {
  const RedisServer redis;
  const TempDir folder;
  const ServiceProcess service(
      {"text", "--redis-url", "unix://" + redis.unix_endpoint().unix_path, "--threads", "1"},
      folder.path().string());
  testing::wait_until("Redis is used", [&] {
    return testing::tier_status(service.text_port(), "redis").at("available").as_bool();
  });
  const HttpReply reply = testing::get(service.text_port(), "/v1/predictions?text=I+would+like+to");
  ASSERT_EQ(reply.status, 200) << reply.body;
  ASSERT_EQ(reply.header("Cache-Status"), "refrain; fwd=miss; stored");

  const auto [printed, exit_status] =
      run_script("read_predictions.cjs", redis.unix_endpoint().unix_path);

  ASSERT_EQ(exit_status, 0) << printed;
  const boost::json::object seen = boost::json::parse(printed).as_object();
  EXPECT_EQ(seen.at("body"), boost::json::parse(reply.body));
  EXPECT_GT(seen.at("lifetime").as_int64(), 0);
}

}  // namespace
}  // namespace refrain
