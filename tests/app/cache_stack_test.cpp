#include "refrain/app/cache_stack.h"

#include "refrain/app/event_loops.h"

#include "support/log_spy.h"
#include "support/manual_clock.h"
#include "support/run.h"
#include "support/sample_entry.h"
#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace refrain::app {
namespace {

class CacheStackTest : public ::testing::Test {
protected:
  CacheStackTest() {
    settings_.disk_directory = dir_.path() / "cache";
    settings_.redis_port = 1;
  }

  /// The names of the tiers in their order; why there are none in place of them.
  static std::string tiers(const Result<std::unique_ptr<CacheStack>>& stack) {
    if (!stack) return stack.error().message();
    std::string names = "[";
    for (const TierStats& tier : (*stack)->cache().stats().tiers)
      names += (names.size() == 1 ? "" : ", ") + tier.name;
    if ((*stack)->redis() != nullptr) (*stack)->redis()->stop();
    return names + "]";
  }

  std::string text_tiers() { return tiers(CacheStack::for_text(settings_, surroundings_)); }
  std::string sticker_tiers() { return tiers(CacheStack::for_stickers(settings_, surroundings_)); }

  testing::TempDir dir_;
  Settings settings_;
  testing::ManualClock clock_;
  testing::LogSpy log_;
  EventLoops loops_{1};
  boost::asio::thread_pool pool_{1};
  CacheSurroundings surroundings_{loops_.contexts(), pool_, clock_, log_};
};

TEST_F(CacheStackTest, IsRedisAndMemoryForTexts) {
  EXPECT_EQ(text_tiers(), "[redis, memory]");
}

TEST_F(CacheStackTest, IsMemoryAndRedisForTextsInTheOrderNear) {
  settings_.text_order = "near";
  EXPECT_EQ(text_tiers(), "[memory, redis]");

  settings_.text_memory_items = 0;
  EXPECT_EQ(text_tiers(), "[redis]");
  settings_.has_redis = false;
  settings_.text_memory_items = 1;
  EXPECT_EQ(text_tiers(), "[memory]");
}

TEST_F(CacheStackTest, HasTheOrderNearInEveryMode) {
  settings_.text_order = "near";
  settings_.redis_mode = "cluster";
  EXPECT_EQ(text_tiers(), "[memory, redis]");

  settings_.redis_mode = "sentinel";
  settings_.redis_nodes = "127.0.0.1:1";
  settings_.redis_master = "cache";
  EXPECT_EQ(text_tiers(), "[memory, redis]");
}

TEST_F(CacheStackTest, RefusesReadsFromReplicasInTheOrderNear) {
  settings_.text_order = "near";
  settings_.redis_mode = "cluster";
  settings_.has_redis_replica_reads = true;

  EXPECT_NE(text_tiers().find("--redis-replica-reads"), std::string::npos) << text_tiers();
}

TEST_F(CacheStackTest, FollowsChangesInEveryMode) {
  const auto is_followed = [this] {
    const auto stack = CacheStack::for_text(settings_, surroundings_);
    const bool is_tracked = stack.value()->redis()->stats().remote->tracking.has_value();
    stack.value()->redis()->stop();
    return is_tracked;
  };

  EXPECT_TRUE(is_followed());
  settings_.redis_mode = "cluster";
  EXPECT_TRUE(is_followed());
  settings_.redis_mode = "sentinel";
  settings_.redis_nodes = "127.0.0.1:1";
  settings_.redis_master = "cache";
  EXPECT_TRUE(is_followed());
}

TEST_F(CacheStackTest, SharesGenerationsOnlyIfThereIsARedisAndItIsToldTo) {
  const auto has_lease = [this] {
    const auto stack = CacheStack::for_text(settings_, surroundings_);
    return stack.value()->cache().stats().lease.has_value();
  };

  EXPECT_TRUE(has_lease());
  settings_.redis_lease_after = std::chrono::milliseconds(0);
  EXPECT_FALSE(has_lease());
  settings_.redis_lease_after = std::chrono::milliseconds(1);
  settings_.has_redis = false;
  EXPECT_FALSE(has_lease());
}

TEST_F(CacheStackTest, IsMemoryAndDiskForStickers) {
  EXPECT_EQ(sticker_tiers(), "[memory, disk]");
}

TEST_F(CacheStackTest, HasRedisAsTheLastTierOfStickersIfAskedFor) {
  settings_.has_sticker_redis = true;

  EXPECT_EQ(sticker_tiers(), "[memory, disk, redis]");
}

TEST_F(CacheStackTest, LeavesOutWhatIsSwitchedOff) {
  settings_.has_redis = false;
  EXPECT_EQ(text_tiers(), "[memory]");
  settings_.text_memory_items = 0;
  EXPECT_EQ(text_tiers(), "[]");
  settings_.has_redis = true;
  EXPECT_EQ(text_tiers(), "[redis]");

  settings_.sticker_memory_bytes = 0;
  EXPECT_EQ(sticker_tiers(), "[disk]");
  settings_.disk_bytes = 0;
  EXPECT_EQ(sticker_tiers(), "[]");
  settings_.disk_bytes = 1 << 20;
  settings_.has_disk = false;
  EXPECT_EQ(sticker_tiers(), "[]");
}

TEST_F(CacheStackTest, HasHandlesForTheTiersThatAreOn) {
  const auto stickers = CacheStack::for_stickers(settings_, surroundings_);
  ASSERT_TRUE(stickers);
  EXPECT_NE((*stickers)->disk(), nullptr);
  EXPECT_EQ((*stickers)->redis(), nullptr);
  EXPECT_TRUE((*stickers)->disk()->is_available());
}

TEST_F(CacheStackTest, GivesTheTiersTheirLimits) {
  settings_.sticker_memory_items = 7;
  settings_.sticker_memory_ttl = std::chrono::seconds(8);
  settings_.disk_bytes = 9'000'000;
  settings_.disk_ttl = std::chrono::seconds(10);

  const auto stack = CacheStack::for_stickers(settings_, surroundings_);

  ASSERT_TRUE(stack);
  const CacheStats stats = (*stack)->cache().stats();
  EXPECT_EQ(stats.tiers.at(0).max_items, 7);
  EXPECT_EQ(stats.tiers.at(0).ttl, std::chrono::seconds(8));
  EXPECT_EQ(stats.tiers.at(1).max_size_bytes, 9'000'000);
  EXPECT_EQ(stats.tiers.at(1).ttl, std::chrono::seconds(10));
  EXPECT_EQ(stats.tiers.at(1).directory, settings_.disk_directory.string());
}

TEST_F(CacheStackTest, WaitsLessForRedisIfMemoryBehindItMayAnswer) {
  using std::chrono::milliseconds;
  const auto budget = [this](bool is_text) {
    const auto stack = is_text ? CacheStack::for_text(settings_, surroundings_)
                               : CacheStack::for_stickers(settings_, surroundings_);
    (*stack)->redis()->stop();
    return (*stack)->redis()->soft_budget();
  };
  settings_.has_sticker_redis = true;
  EXPECT_EQ(budget(true), milliseconds(20));
  EXPECT_EQ(budget(false), std::nullopt) << "50 ms, as the reply itself may take";

  settings_.redis_budget = milliseconds(200);
  EXPECT_EQ(budget(false), milliseconds(50));
  settings_.text_order = "near";
  EXPECT_EQ(budget(true), milliseconds(20)) << "behind it while Redis does not tell of changes";
  settings_.text_memory_items = 0;
  EXPECT_EQ(budget(true), milliseconds(50));
  settings_.redis_soft_budget = milliseconds(7);
  EXPECT_EQ(budget(true), milliseconds(7));
}

TEST_F(CacheStackTest, LeavesTheDiskTheRoomThatItIsToldTo) {
  settings_.disk_free_floor = std::numeric_limits<std::int64_t>::max();
  const auto stack = CacheStack::for_stickers(settings_, surroundings_);
  ASSERT_TRUE(stack);

  for (const char* name : {"a", "b", "c"}) {
    Task<Result<InsertOutcome>> insert =
        (*stack)->disk()->insert(testing::sample_entry(testing::sample_key(name), clock_.now()));
    EXPECT_TRUE(testing::run(std::move(insert)));
  }
  (*stack)->disk()->flush();

  const TierStats stats = (*stack)->disk()->stats();
  EXPECT_EQ(stats.items, 0);
  EXPECT_EQ(stats.disk->dropped, 3);
  EXPECT_EQ(stats.disk->write_state, "open");
  EXPECT_TRUE(stats.available);
}

TEST_F(CacheStackTest, QueuesNoMoreForTheDiskThanItIsToldTo) {
  settings_.disk_queue_bytes = 65'536;
  const auto stack = CacheStack::for_stickers(settings_, surroundings_);
  ASSERT_TRUE(stack);
  const Entry large = testing::sample_entry(
      testing::sample_key("large"), clock_.now(), std::string(70'000, 'x'), "image/png");

  const auto outcome = testing::run((*stack)->disk()->insert(large));

  ASSERT_TRUE(outcome);
  EXPECT_EQ(*outcome, InsertOutcome::kRefused);
  EXPECT_EQ((*stack)->disk()->stats().disk->dropped, 1);
}

TEST_F(CacheStackTest, GivesBodiesInFilesOnlyIfToldTo) {
  const auto place_of_the_body = [this](const char* transfer) {
    settings_.disk_transfer = transfer;
    const auto stack = CacheStack::for_stickers(settings_, surroundings_);
    DiskCache& disk = *stack.value()->disk();
    const CacheKey key = testing::sample_key("a");
    static_cast<void>(testing::run(disk.insert(testing::sample_entry(key, clock_.now()))));
    disk.flush();
    // What has not been read and found good is not sent from its file.
    static_cast<void>(testing::run(disk.find(key)));
    ImmediateLookup found = disk.find_now(key, BodyPlace::kMemoryOrFile);
    if (!found.entry()) return "nowhere";
    return found.entry()->file_body() != nullptr ? "file" : "memory";
  };

  EXPECT_STREQ(place_of_the_body("sendfile"), "file");
  EXPECT_STREQ(place_of_the_body("copy"), "memory");
}

TEST_F(CacheStackTest, RefusesARedisAddressThatMakesNoSense) {
  settings_.redis_url = "http://localhost";
  EXPECT_NE(text_tiers().find("scheme"), std::string::npos) << text_tiers();
}

TEST_F(CacheStackTest, HasRedisInEveryMode) {
  settings_.redis_mode = "cluster";
  EXPECT_EQ(text_tiers(), "[redis, memory]");
  settings_.redis_nodes = "127.0.0.1:1, 127.0.0.1:2";
  settings_.has_redis_replica_reads = true;
  EXPECT_EQ(text_tiers(), "[redis, memory]");
  settings_.has_redis_replica_reads = false;
  settings_.redis_mode = "sentinel";
  settings_.redis_master = "cache";
  EXPECT_EQ(text_tiers(), "[redis, memory]");
}

TEST_F(CacheStackTest, NamesTheOptionThatDoesNotFitTheModeOfRedis) {
  const auto names = [this](std::string_view option) {
    return text_tiers().find(option) != std::string::npos;
  };

  settings_.redis_nodes = "127.0.0.1:1";
  EXPECT_TRUE(names("--redis-nodes")) << text_tiers();
  settings_.redis_nodes = "127.0.0.1:x";
  EXPECT_TRUE(names("--redis-nodes")) << text_tiers();
  settings_.redis_nodes.clear();
  settings_.redis_master = "cache";
  EXPECT_TRUE(names("--redis-master")) << text_tiers();
  settings_.redis_mode = "sentinel";
  EXPECT_TRUE(names("--redis-nodes")) << text_tiers();
  settings_.redis_nodes = "127.0.0.1:1";
  settings_.redis_master.clear();
  EXPECT_TRUE(names("--redis-master")) << text_tiers();
  settings_.redis_master = "cache";
  settings_.has_redis_replica_reads = true;
  EXPECT_TRUE(names("--redis-replica-reads")) << text_tiers();
  settings_.redis_mode = "cluster";
  settings_.redis_master.clear();
  settings_.redis_url = "redis://localhost/1";
  EXPECT_TRUE(names("--redis-url")) << text_tiers();
  settings_.redis_url = "unix:///redis.sock";
  EXPECT_TRUE(names("--redis-url")) << text_tiers();
}

TEST_F(CacheStackTest, RefusesTlsThatCannotBeHad) {
  settings_.redis_url = "rediss://localhost:1";
  settings_.redis_tls_ca = "/nothing";

  EXPECT_NE(text_tiers().find("--redis-tls-ca"), std::string::npos) << text_tiers();
}

TEST_F(CacheStackTest, NeverShowsThePasswordOfARedisAddress) {
  settings_.redis_url = "redis://user:hunter2@localhost:port/";

  EXPECT_EQ(text_tiers().find("hunter2"), std::string::npos);
  for (const auto& record : log_.records()) {
    for (const LogField& field : record.fields)
      EXPECT_EQ(field.value().find("hunter2"), std::string::npos);
  }
}

TEST_F(CacheStackTest, DoesNotLookAtARedisAddressThatItDoesNotUse) {
  settings_.redis_url = "nonsense";

  EXPECT_EQ(sticker_tiers(), "[memory, disk]");
  settings_.has_redis = false;
  EXPECT_EQ(text_tiers(), "[memory]");
}

TEST_F(CacheStackTest, GoesOnWithoutADiskThatCannotBeHad) {
  settings_.disk_directory = "/dev/null/cache";

  const auto stack = CacheStack::for_stickers(settings_, surroundings_);

  ASSERT_TRUE(stack);
  EXPECT_FALSE((*stack)->cache().stats().tiers.at(1).available);
}

}  // namespace
}  // namespace refrain::app
