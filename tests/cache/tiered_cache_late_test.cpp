// Tiers with a soft budget: who waits for them goes on, and what comes late is still of use.

#include "refrain/cache/tiered_cache.h"

#include "cache/tiered_cache_rig.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace refrain::testing {
namespace {

class TieredCacheLateTest : public TieredCacheRig {
protected:
  /// A shared tier in front, which is not waited for, and memory behind it.
  void add_tiers() {
    FlakyTier::Config config;
    config.name = "redis";
    config.mode = Mode::kAsynchronous;
    config.is_shared = true;
    config.soft_budget = std::chrono::milliseconds(1);
    auto made = std::make_unique<FlakyTier>(std::move(config), clock);
    redis = made.get();
    tiers.push_back(std::move(made));
    memory = &add_tier("memory");
  }

  template <class Condition>
  void run_until(Condition condition) {
    while (!condition()) {
      loop.restart();
      loop.run_one();
    }
  }

  LateStats late() { return cache().stats().tiers.at(0).late.value(); }

  static std::string body_in(const FlakyTier& tier, CacheKey wanted) {
    const std::optional<Entry> entry = tier.peek(wanted);
    return entry ? std::string(entry->body()) : "nothing";
  }

  FlakyTier* redis = nullptr;
  FlakyTier* memory = nullptr;
};

TEST_F(TieredCacheLateTest, ALateHitAnswersThoseWhoStillWaitAndFillsMemory) {
  add_tiers();
  redis->put(made_elsewhere(key, "in redis"));
  redis->hang(Operation::kFind);
  fake.gate.close();
  const auto call = start(key);
  run_until([&] { return fake.calls() == 1; });
  EXPECT_FALSE(call.is_done());
  EXPECT_EQ(late().finds, 1);

  redis->release(Operation::kFind);
  settle();

  ASSERT_TRUE(call.is_done());
  EXPECT_EQ(call->value().entry().body(), "in redis");
  EXPECT_EQ(call->value().disposition(), Disposition::kHit);
  EXPECT_EQ(body_in(*memory, key), "in redis");
  EXPECT_EQ(late().hits, 1);
  EXPECT_EQ(requests().hit, 1);
  fake.gate.open();
  settle();
  EXPECT_EQ(body_in(*memory, key), "answer 1") << "the generation that had begun is not lost";
}

TEST_F(TieredCacheLateTest, AnErasureThatIsHeardOfLateCountsTheNextTime) {
  add_tiers();
  memory->put(made_elsewhere(key, "erased since"));
  clock.advance(std::chrono::seconds(1));
  redis->put(Entry::erasure(key, clock.now()));
  redis->hang(Operation::kFind);
  const auto call = start(key);
  run_until([&] { return call.is_done(); });

  redis->release(Operation::kFind);
  settle();

  EXPECT_EQ(body_in(*memory, key), "nothing");
}

TEST_F(TieredCacheLateTest, ALateHitDoesNotReplaceWhatIsNewer) {
  add_tiers();
  redis->put(made_elsewhere(key, "older"));
  clock.advance(std::chrono::seconds(1));
  redis->hang(Operation::kFind);
  fake.gate.close();
  const auto call = start(key);
  run_until([&] { return fake.calls() == 1; });
  memory->put(made_elsewhere(key, "newer"));

  redis->release(Operation::kFind);
  settle();

  EXPECT_EQ(body_in(*memory, key), "newer");
  fake.gate.open();
  settle();
}

TEST_F(TieredCacheLateTest, ALateHitDoesNotReplaceWhatWasGenerated) {
  add_tiers();
  redis->put(made_elsewhere(key, "in redis"));
  redis->hang(Operation::kFind);
  const auto call = start(key);
  run_until([&] { return call.is_done(); });
  EXPECT_EQ(call->value().entry().body(), "answer 1");

  redis->release(Operation::kFind);
  settle();

  EXPECT_EQ(body_in(*memory, key), "answer 1");
  EXPECT_EQ(late().hits, 1);
}

TEST_F(TieredCacheLateTest, ALateHitDoesNotBringBackWhatWasErased) {
  add_tiers();
  redis->put(made_elsewhere(key, "erased"));
  redis->hang(Operation::kFind);
  fake.gate.close();
  const auto call = start(key);
  run_until([&] { return fake.calls() == 1; });

  EXPECT_EQ(run(loop, cache().erase(key)).value(), EraseOutcome::kErased);
  redis->release(Operation::kFind);
  settle();

  EXPECT_FALSE(call.is_done());
  EXPECT_EQ(body_in(*memory, key), "nothing");
  fake.gate.open();
  settle();
  ASSERT_TRUE(call.is_done());
  EXPECT_EQ(call->value().entry().body(), "answer 1");
}

TEST_F(TieredCacheLateTest, ALateHitDoesNotBringBackWhatWasCleared) {
  add_tiers();
  redis->put(made_elsewhere(key, "cleared"));
  redis->hang(Operation::kFind);
  fake.gate.close();
  const auto call = start(key);
  run_until([&] { return fake.calls() == 1; });

  EXPECT_TRUE(run(loop, cache().clear()).has_value());
  redis->release(Operation::kFind);
  settle();

  EXPECT_EQ(body_in(*memory, key), "nothing");
  fake.gate.open();
  settle();
  EXPECT_EQ(call->value().entry().body(), "answer 1");
}

TEST_F(TieredCacheLateTest, WhoTakesOnlyWhatIsCachedIsNotKeptWaiting) {
  add_tiers();
  redis->put(made_elsewhere(key, "in redis"));
  redis->hang(Operation::kFind);

  const auto call = start(key, only_if_cached());
  run_until([&] { return call.is_done(); });

  EXPECT_EQ(call->error().code(), ErrorCode::kTimeout);
  redis->release(Operation::kFind);
  settle();
  EXPECT_EQ(body_in(*memory, key), "nothing") << "nobody knows what was stored meanwhile";
}

TEST_F(TieredCacheLateTest, MemoryAnswersWhenTheTierAboveItIsSlow) {
  add_tiers();
  memory->put(made_elsewhere(key, "in memory"));
  redis->hang(Operation::kFind);

  const auto call = start(key);
  run_until([&] { return call.is_done(); });

  EXPECT_EQ(call->value().entry().body(), "in memory");
  EXPECT_EQ(fake.calls(), 0);
  redis->release(Operation::kFind);
  settle();
  EXPECT_EQ(redis->stats().insertions, 0) << "it may have had something newer";
}

TEST_F(TieredCacheLateTest, WhoHasWaitedForALookUpDoesNotWaitForTheInsertionToo) {
  add_tiers();
  redis->set_soft_budget(std::chrono::hours(1));
  redis->set_hook(Operation::kFind, [this]() -> Task<void> {
    clock.advance(std::chrono::hours(1));
    co_return;
  });
  redis->hang(Operation::kInsert);

  const auto call = start(key);
  run_until([&] { return call.is_done(); });

  EXPECT_EQ(call->value().entry().body(), "answer 1");
  EXPECT_EQ(body_in(*memory, key), "answer 1");
  EXPECT_EQ(late().inserts, 1);
  redis->release(Operation::kInsert);
  settle();
  EXPECT_EQ(body_in(*redis, key), "answer 1");
}

TEST_F(TieredCacheLateTest, AnAnswerDoesNotWaitForASlowInsertion) {
  add_tiers();
  redis->hang(Operation::kInsert);

  const auto call = start(key);
  run_until([&] { return call.is_done(); });

  EXPECT_EQ(call->value().entry().body(), "answer 1");
  EXPECT_EQ(body_in(*memory, key), "answer 1");
  EXPECT_EQ(late().inserts, 1);
  redis->release(Operation::kInsert);
  settle();
  EXPECT_EQ(body_in(*redis, key), "answer 1");
}

TEST_F(TieredCacheLateTest, ALateInsertionIsTakenBackIfItsKeyWasErased) {
  add_tiers();
  Gate before;
  before.close();
  redis->set_hook(Operation::kInsert, [&before] { return before.pass(); });
  const auto call = start(key);
  run_until([&] { return call.is_done(); });

  run(loop, cache().erase(key)).value();
  before.open();
  settle();

  EXPECT_EQ(body_in(*redis, key), "nothing");
  EXPECT_EQ(redis->stats().insertions, 1) << "it did come after the erasure";
}

TEST_F(TieredCacheLateTest, ALateInsertionIsNotTakenBackForOtherKeys) {
  add_tiers();
  Gate before;
  before.close();
  redis->set_hook(Operation::kInsert, [&before] { return before.pass(); });
  const auto call = start(key);
  run_until([&] { return call.is_done(); });
  std::vector<Call<Result<Answer>>> others;
  for (int i = 0; i < 64; ++i)
    others.push_back(start(sample_key("other " + std::to_string(i))));
  run_until([&] {
    return std::all_of(
        others.begin(), others.end(), [](const auto& other) { return other.is_done(); });
  });

  before.open();
  settle();

  EXPECT_NE(body_in(*redis, key), "nothing");
  EXPECT_EQ(redis->stats().removals.total(), 0);
}

TEST_F(TieredCacheLateTest, ALateInsertionIsTakenBackIfItsKeyWasGeneratedAnew) {
  add_tiers();
  Gate before;
  before.close();
  redis->set_hook(Operation::kInsert, [&before] { return before.pass(); });
  const auto call = start(key);
  run_until([&] { return call.is_done(); });
  CacheDirectives anew;
  anew.no_cache = true;
  const auto again = start(key, anew);
  run_until([&] { return again.is_done(); });

  before.open();
  settle();

  EXPECT_EQ(body_in(*memory, key), "answer 2");
  EXPECT_NE(body_in(*redis, key), "answer 1") << "nobody knows which came last";
}

TEST_F(TieredCacheLateTest, ALateFailureIsReportedAndHarmsNothing) {
  add_tiers();
  Gate before;
  before.close();
  redis->set_failing(Operation::kFind, true);
  redis->set_hook(Operation::kFind, [&before] { return before.pass(); });
  const auto call = start(key);
  run_until([&] { return call.is_done(); });

  before.open();
  settle();

  EXPECT_EQ(call->value().entry().body(), "answer 1");
  EXPECT_EQ(log.lines().size(), 1U);
}

TEST_F(TieredCacheLateTest, ATierThatIsAwayIsToldWhatItMissed) {
  add_tiers();
  redis->set_available(false);

  get(key).value();

  ASSERT_EQ(redis->later().size(), 1U);
  EXPECT_EQ(redis->later().front().body(), "answer 1");
}

TEST_F(TieredCacheLateTest, OnlyATierWithASoftBudgetHasLateStatistics) {
  add_tiers();

  EXPECT_TRUE(cache().stats().tiers.at(0).late.has_value());
  EXPECT_FALSE(cache().stats().tiers.at(1).late.has_value());
}

}  // namespace
}  // namespace refrain::testing
