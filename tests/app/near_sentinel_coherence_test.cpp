// Two instances of a cache with memory in front, a master that sentinels watch, and what one sees
// of the other.

#include "app/near_instance.h"
#include "app/version_watch.h"
#include "support/redis_sentinels.h"
#include "support/sample_entry.h"
#include "support/wait_until.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace refrain::app {
namespace {

using std::chrono::milliseconds;
using testing::NearInstance;
using testing::RedisSentinels;
using testing::RedisServer;
using testing::sample_key;
using testing::VersionWatch;
using testing::wait_until;

constexpr milliseconds kBudget{500};

// After which nothing older may be answered: the heartbeat and a budget, and what a busy machine
// adds.
constexpr milliseconds kBound{250 + 500 + 1250};

class NearSentinelCoherenceTest : public ::testing::Test {
protected:
  Settings settings() {
    Settings settings = testing::near_settings("redis://127.0.0.1");
    settings.redis_mode = "sentinel";
    settings.redis_master = RedisSentinels::kMasterName;
    for (const RedisAddress& address : sentinels_.addresses())
      settings.redis_nodes += (settings.redis_nodes.empty() ? "" : ",") + address.describe();
    return settings;
  }
  /// With budgets that end while a server is away.
  Settings brisk_settings() {
    Settings brisk = settings();
    brisk.redis_budget = kBudget;
    brisk.redis_soft_budget = kBudget;
    brisk.redis_connect_budget = milliseconds(2000);
    brisk.redis_lease_after = milliseconds(0);
    return brisk;
  }

  static std::string master_of(NearInstance& instance) {
    return instance.redis().stats().remote->shards.at(0).address;
  }

  RedisSentinels& sentinels_ = RedisSentinels::shared();
  const std::vector<CacheKey> keys_ = {sample_key("a"), sample_key("b"), sample_key("c")};
};

TEST_F(NearSentinelCoherenceTest, AChangeAndAClearAreSeenByTheOther) {
  NearInstance writer(settings(), 1);
  NearInstance reader(settings(), 1);
  writer.wait_until_ready();
  reader.wait_until_ready();
  const CacheKey key = keys_[0];
  std::int64_t heard = 0;
  const auto wait_until_heard = [&] {
    ++heard;
    wait_until("the instance has heard of it", [&] { return reader.tracking().changes == heard; });
  };
  ASSERT_TRUE(writer.put(key, R"("old")"));
  wait_until_heard();
  EXPECT_EQ(reader.get(key), R"("old")");
  EXPECT_EQ(reader.tier_of(key), "memory");

  ASSERT_TRUE(writer.put(key, R"("new")"));
  wait_until_heard();
  EXPECT_EQ(reader.get(key), R"("new")");

  ASSERT_EQ(writer.run(writer.cache().erase(key)).value(), EraseOutcome::kErased);
  wait_until_heard();
  EXPECT_EQ(reader.get(key), "");

  ASSERT_TRUE(writer.put(key, "{}"));
  wait_until_heard();
  ASSERT_EQ(reader.get(key), "{}");
  const std::uint64_t epoch = reader.cache().epoch();
  ASSERT_TRUE(writer.run(writer.cache().clear()).has_value());
  wait_until("the instance has heard of it", [&] { return reader.cache().epoch() > epoch; });
  EXPECT_EQ(reader.get(key), "");
}

TEST_F(NearSentinelCoherenceTest, NothingOldIsAnsweredWhenTheMasterDies) {
  NearInstance writer(brisk_settings(), 1);
  NearInstance reader(brisk_settings(), 2);
  writer.wait_until_ready();
  reader.wait_until_ready();
  VersionWatch watch(writer, reader, keys_, kBound);
  watch.wait_for_near_hits(200);

  // What the replica has not heard of yet is lost with the master, whatever a client does.
  watch.pause();
  testing::wait_until_replicated(sentinels_.master());
  sentinels_.master().kill();
  watch.resume();
  wait_until("it is noticed", [&] { return reader.tracking().losses > 0; });
  reader.wait_until_ready();
  watch.wait_for_writes(200);
  watch.wait_for_bound();
  watch.wait_for_near_hits(200);
  watch.end();

  EXPECT_EQ(watch.outdated(), 0) << watch.example();
}

TEST_F(NearSentinelCoherenceTest, NothingOldIsAnsweredWhenAMasterIsReplacedThatDoesNotKnow) {
  NearInstance writer(brisk_settings(), 1);
  NearInstance reader(brisk_settings(), 2);
  writer.wait_until_ready();
  reader.wait_until_ready();
  VersionWatch watch(writer, reader, keys_, kBound);
  watch.wait_for_near_hits(200);
  const RedisServer& former = sentinels_.master();
  const std::string before = master_of(reader);

  // What the former one takes after it was replaced is lost, whatever a client does.
  watch.pause();
  testing::wait_until_replicated(former);
  sentinels_.cut_master_off();
  wait_until("both have left it",
             [&] { return master_of(reader) != before && master_of(writer) != before; });
  EXPECT_EQ(former.command({"ROLE"}).elements().at(0).text(), "master");
  watch.resume();
  watch.wait_for_writes(200);
  watch.wait_for_bound();
  watch.wait_for_near_hits(200);
  watch.end();

  EXPECT_EQ(watch.outdated(), 0) << watch.example();
  EXPECT_EQ(former.command({"ROLE"}).elements().at(0).text(), "master");
}

}  // namespace
}  // namespace refrain::app
