#include "support/redis_addresses.h"
#include "support/redis_cluster.h"
#include "support/redis_sentinels.h"
#include "support/service_process.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace refrain {
namespace {

using ::testing::HasSubstr;
using testing::list_of;
using testing::RedisCluster;
using testing::RedisSentinels;
using testing::ServiceProcess;
using testing::TempDir;

/// That a first answer is stored in Redis and a second one comes from there.
void expect_redis_hit(const ServiceProcess& service) {
  testing::wait_until("Redis is used", [&] {
    const auto redis = testing::tier_status(service.text_port(), "redis");
    const boost::json::value* const shards = redis.if_contains("shards");  // once they are known
    bool are_all_used = shards != nullptr && redis.at("available").as_bool();
    if (!are_all_used) return false;
    for (const auto& shard : shards->as_array())
      are_all_used = are_all_used && shard.at("available").as_bool();
    return are_all_used;
  });
  for (const char* const target : {"/v1/predictions?text=one+", "/v1/predictions?text=two+"}) {
    EXPECT_EQ(testing::get(service.text_port(), target).status, 200);
    EXPECT_THAT(std::string(testing::get(service.text_port(), target).header("Cache-Status")),
                HasSubstr("hit"));
  }
  const auto redis = testing::tier_status(service.text_port(), "redis");
  EXPECT_EQ(redis.at("hits").as_int64(), 2);
  EXPECT_EQ(redis.at("errors").as_int64(), 0);
}

TEST(RedisModes, AServiceUsesACluster) {
  const RedisCluster cluster;
  const TempDir folder;
  const ServiceProcess service({"text",
                                "--threads",
                                "1",
                                // Long enough for a loaded machine: memory must not have to help.
                                "--redis-soft-budget",
                                "20000",
                                "--redis-budget",
                                "20000",
                                "--redis-mode",
                                "cluster",
                                "--redis-nodes",
                                list_of(cluster.addresses())},
                               folder.path().string());

  expect_redis_hit(service);

  const auto redis = testing::tier_status(service.text_port(), "redis");
  EXPECT_EQ(redis.at("mode").as_string(), "cluster");
  ASSERT_EQ(redis.at("shards").as_array().size(), RedisCluster::kMasters);
  EXPECT_GT(redis.at("shards").as_array()[0].at("slots").as_int64(), 5000);
}

TEST(RedisModes, AServiceUsesTheMasterThatSentinelsName) {
  RedisSentinels sentinels;
  const TempDir folder;
  const ServiceProcess service({"text",
                                "--threads",
                                "1",
                                // Long enough for a loaded machine: memory must not have to help.
                                "--redis-soft-budget",
                                "20000",
                                "--redis-budget",
                                "20000",
                                "--redis-mode",
                                "sentinel",
                                "--redis-master",
                                RedisSentinels::kMasterName,
                                "--redis-nodes",
                                list_of(sentinels.addresses())},
                               folder.path().string());

  expect_redis_hit(service);

  const auto redis = testing::tier_status(service.text_port(), "redis");
  EXPECT_EQ(redis.at("mode").as_string(), "sentinel");
  EXPECT_EQ(redis.at("shards").as_array().at(0).at("address").as_string(),
            "127.0.0.1:" + std::to_string(sentinels.master().tcp_endpoint().port));
}

/// That memory answers first, since Redis tells of every change.
void expect_memory_hit(const ServiceProcess& service) {
  testing::wait_until("Redis tells of changes", [&] {
    const auto redis = testing::tier_status(service.text_port(), "redis");
    const boost::json::value* const tracking = redis.if_contains("tracking");
    return tracking != nullptr && tracking->at("up").as_bool();
  });
  testing::wait_until("memory answers", [&] {
    EXPECT_EQ(testing::get(service.text_port(), "/v1/predictions?text=one+").status, 200);
    return testing::tier_status(service.text_port(), "memory").at("hits").as_int64() > 0;
  });
}

TEST(RedisModes, AServiceInTheOrderNearIsToldOfChangesByACluster) {
  const RedisCluster cluster;
  const TempDir folder;
  const ServiceProcess service({"text",
                                "--threads",
                                "2",
                                "--text-order",
                                "near",
                                "--redis-mode",
                                "cluster",
                                "--redis-nodes",
                                list_of(cluster.addresses())},
                               folder.path().string());

  expect_memory_hit(service);
}

TEST(RedisModes, AServiceInTheOrderNearIsToldOfChangesByTheMasterThatSentinelsName) {
  const RedisSentinels sentinels;
  const TempDir folder;
  const ServiceProcess service({"text",
                                "--threads",
                                "2",
                                "--text-order",
                                "near",
                                "--redis-mode",
                                "sentinel",
                                "--redis-master",
                                RedisSentinels::kMasterName,
                                "--redis-nodes",
                                list_of(sentinels.addresses())},
                               folder.path().string());

  expect_memory_hit(service);
}

TEST(RedisModes, AModeWithoutWhatItNeedsIsRefusedAtTheStart) {
  const TempDir folder;

  const testing::Finished finished =
      testing::run_program({"text", "--redis-mode", "sentinel"}, folder.path().string());

  EXPECT_NE(finished.exit_code, 0);
  EXPECT_THAT(finished.errors, HasSubstr("--redis-nodes"));
}

}  // namespace
}  // namespace refrain
