// What a hit that was known at once does to the tiers above it, and bodies that lie in files.

#include "refrain/cache/tiered_cache.h"

#include "cache/tiered_cache_rig.h"
#include "cache/tiered_cache_tally.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace refrain::testing {
namespace {

class TieredCacheFillTest : public TieredCacheRig {
protected:
  TieredCache::Probe probe(BodyPlace place = BodyPlace::kMemory) {
    return cache().probe(key, {}, place);
  }
};

TEST_F(TieredCacheFillTest, AnImmediateHitFillsTheTiersAbove) {
  FlakyTier& top = add_tier("memory");
  FlakyTier& middle = add_tier("middle");
  FlakyTier& disk = add_tier("disk");
  disk.put(made_elsewhere(key, "on disk"));

  const std::optional<Answer> first = probe().answer();
  const std::optional<Answer> second = probe().answer();

  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->tier(), "disk");
  EXPECT_EQ(second->tier(), "memory");
  EXPECT_EQ(second->entry().body(), "on disk");
  EXPECT_EQ(top.stats().insertions, 1);
  EXPECT_EQ(middle.stats().insertions, 1);
  EXPECT_EQ(requests().hit, 2);
}

TEST_F(TieredCacheFillTest, AHitInTheFirstTierFillsNothing) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk");
  memory.put(made_elsewhere(key, "in memory"));
  disk.put(made_elsewhere(key, "on disk"));

  ASSERT_TRUE(probe().answer().has_value());

  EXPECT_EQ(memory.calls(Operation::kInsertNow), 0);
  EXPECT_EQ(disk.calls(Operation::kInsertNow), 0);
}

TEST_F(TieredCacheFillTest, AStaleHitFillsNothing) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk");
  disk.put(made_elsewhere(key, "on disk"));
  clock.advance(config.freshness.ttl);

  EXPECT_FALSE(probe().answer().has_value());

  EXPECT_EQ(memory.calls(Operation::kInsertNow), 0);
}

TEST_F(TieredCacheFillTest, ATierThatIsAwayIsNotFilled) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk");
  disk.put(made_elsewhere(key, "on disk"));
  memory.set_available(false);

  ASSERT_TRUE(probe().answer().has_value());

  EXPECT_EQ(memory.calls(Operation::kInsertNow), 0);
}

TEST_F(TieredCacheFillTest, ATierThatFailsToBeFilledIsNoMatter) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk");
  disk.put(made_elsewhere(key, "on disk"));
  memory.set_failing(Operation::kInsertNow, true);

  EXPECT_TRUE(probe().answer().has_value());

  EXPECT_EQ(memory.stats().errors, 1);
  EXPECT_FALSE(memory.peek(key).has_value());
}

TEST_F(TieredCacheFillTest, WhatIsFilledDuringAnEraseDoesNotStay) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk");
  disk.put(made_elsewhere(key, "on disk"));
  // The erase stops between the tiers: memory has forgotten, the disk has not.
  Gate between;
  between.close();
  disk.set_hook(Operation::kErase, [&between] { return between.pass(); });
  const auto erasing = Call<Result<EraseOutcome>>::start(loop, cache().erase(key));
  settle();
  ASSERT_FALSE(erasing.is_done());

  EXPECT_TRUE(probe().answer().has_value());
  EXPECT_FALSE(memory.peek(key).has_value());
  between.open();
  settle();

  EXPECT_TRUE(erasing.is_done());
  EXPECT_FALSE(probe().answer().has_value());
}

TEST_F(TieredCacheFillTest, AnEraseThatPassesBeforeATierIsFilledWins) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk");
  disk.put(made_elsewhere(key, "on disk"));
  disk.set_find_now_hook(
      [this] { EXPECT_EQ(run(loop, cache().erase(key)).value(), EraseOutcome::kErased); });

  EXPECT_TRUE(probe().answer().has_value());

  EXPECT_FALSE(memory.peek(key).has_value());
  EXPECT_EQ(memory.calls(Operation::kInsertNow), 0);  // not even for a moment
}

TEST_F(TieredCacheFillTest, AClearThatPassesWhileATierIsFilledWins) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk");
  disk.put(made_elsewhere(key, "on disk"));
  cache();
  disk.set_hook(Operation::kClear, [&]() -> Task<void> {
    // Memory has been cleared; the disk still answers.
    EXPECT_TRUE(probe().answer().has_value());
    co_return;
  });

  ASSERT_TRUE(run(loop, cache().clear()).has_value());

  EXPECT_EQ(memory.calls(Operation::kInsertNow), 0);
  EXPECT_EQ(memory.stats().items, 0);
}

TEST_F(TieredCacheFillTest, WhatAFlightIsAboutToReplaceIsNotLeftAbove) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk");
  disk.put(made_elsewhere(key, "on disk"));
  fake.gate.close();
  const auto refreshing = start(key, no_cache());
  settle();

  EXPECT_EQ(probe().answer()->entry().body(), "on disk");
  EXPECT_FALSE(memory.peek(key).has_value());
  fake.gate.open();
  settle();

  EXPECT_TRUE(refreshing.is_done());
  EXPECT_EQ(memory.peek(key)->body(), "answer 1");
}

TEST_F(TieredCacheFillTest, WhatAFlightHasReplacedMeanwhileIsNotLeftAbove) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk");
  disk.put(made_elsewhere(key, "on disk"));
  memory.set_insert_now_hook([this] { ASSERT_TRUE(get(key, no_cache()).has_value()); });

  EXPECT_EQ(probe().answer()->entry().body(), "on disk");
  memory.set_insert_now_hook(nullptr);

  EXPECT_EQ(probe().answer()->entry().body(), "answer 1");
}

TEST_F(TieredCacheFillTest, ABodyInAFileIsGivenOnlyToThoseWhoTakeIt) {
  FlakyTier& disk = add_tier("disk");
  disk.set_giving_files(true);
  disk.put(made_elsewhere(key, "on disk"));

  const std::optional<Answer> in_file = probe(BodyPlace::kMemoryOrFile).answer();
  const std::optional<Answer> in_memory = probe(BodyPlace::kMemory).answer();
  const Result<Answer> got = get(key);

  ASSERT_TRUE(in_file && in_memory && got);
  EXPECT_NE(in_file->entry().file_body(), nullptr);
  EXPECT_EQ(in_file->entry().body_size(), 7U);
  EXPECT_EQ(in_file->disposition(), Disposition::kHit);
  EXPECT_EQ(in_memory->entry().body(), "on disk");
  EXPECT_EQ(got->entry().body(), "on disk");
  EXPECT_EQ(requests().hit, 3);
}

TEST_F(TieredCacheFillTest, ABodyInAFileIsNotFilledUpwards) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk");
  disk.set_giving_files(true);
  disk.put(made_elsewhere(key, "on disk"));

  ASSERT_TRUE(probe(BodyPlace::kMemoryOrFile).answer().has_value());

  EXPECT_EQ(memory.calls(Operation::kInsertNow), 0);
  EXPECT_EQ(memory.stats().items, 0);
}

TEST_F(TieredCacheFillTest, AStaleAnswerHasItsBodyInMemoryWhateverIsAllowed) {
  FlakyTier& disk = add_tier("disk");
  disk.set_giving_files(true);
  disk.put(made_elsewhere(key, "on disk"));
  clock.advance(config.freshness.ttl);

  TieredCache::Probe stale = probe(BodyPlace::kMemoryOrFile);
  ASSERT_FALSE(stale.answer().has_value());
  const Result<Answer> answer =
      run(loop, cache().get_or_generate(std::move(stale), fake.generator()));
  settle();

  EXPECT_EQ(answer->disposition(), Disposition::kStale);
  EXPECT_EQ(answer->entry().body(), "on disk");
}

/// Looks at its clock just before an entry's freshness ends, and answers just after.
class SlowTier final : public Tier {
public:
  SlowTier(Entry entry, ManualClock& clock) : entry_(std::move(entry)), clock_(clock) {}

  [[nodiscard]] std::string_view name() const override { return "disk"; }
  [[nodiscard]] bool is_available() const override { return true; }
  [[nodiscard]] ImmediateLookup find_now(CacheKey /*key*/, BodyPlace /*place*/) override {
    clock_.advance(entry_.metadata().fresh_until - clock_.now());
    return ImmediateLookup::hit(entry_);
  }
  Task<Result<std::optional<Entry>>> find(CacheKey /*key*/) override {
    co_return std::optional<Entry>();
  }
  Task<Result<InsertOutcome>> insert(Entry /*entry*/) override {
    co_return InsertOutcome::kRefused;
  }
  Task<Result<bool>> erase(CacheKey /*key*/) override { co_return false; }
  Task<Result<void>> clear(std::uint64_t /*epoch*/) override { co_return Result<void>(); }
  Task<void> sweep() override { co_return; }
  [[nodiscard]] TierStats stats() const override { return {}; }

private:
  const Entry entry_;
  ManualClock& clock_;
};

TEST_F(TieredCacheFillTest, ABodyInAFileThatGoesStaleUnderwayIsNotHandedToOthers) {
  const Entry entry = made_elsewhere(key, "");
  tiers.push_back(std::make_unique<SlowTier>(
      Entry::in_file(entry.metadata(), "text/plain", 7, 0, FileBody()), clock));

  const std::optional<Answer> answer = probe(BodyPlace::kMemoryOrFile).answer();

  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->disposition(), Disposition::kHit);
  EXPECT_EQ(requests().hit, 1);
  EXPECT_EQ(requests().stale, 0);
}

TEST_F(TieredCacheFillTest, ABodyInAFileThatIsOlderThanTheRequestTakesIsNoAnswer) {
  FlakyTier& disk = add_tier("disk");
  disk.set_giving_files(true);
  disk.put(made_elsewhere(key, "on disk"));
  clock.advance(std::chrono::seconds(10));

  TieredCache::Probe refused =
      cache().probe(key, max_age(std::chrono::seconds(5)), BodyPlace::kMemoryOrFile);
  ASSERT_FALSE(refused.answer().has_value());
  const Result<Answer> answer =
      run(loop, cache().get_or_generate(std::move(refused), fake.generator()));
  settle();

  EXPECT_EQ(answer->disposition(), Disposition::kMiss);
  EXPECT_EQ(answer->entry().body(), "answer 1");
}

TEST_F(TieredCacheFillTest, WhatASharedTierAnswersIsKeptBehindIt) {
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  FlakyTier& memory = add_tier("memory");
  redis.put(made_elsewhere(key, "in redis"));

  EXPECT_EQ(get(key)->entry().body(), "in redis");
  redis.set_available(false);

  EXPECT_EQ(get(key)->entry().body(), "in redis");
  EXPECT_EQ(memory.stats().hits, 1) << "only the one that was an answer";
}

TEST_F(TieredCacheFillTest, OnlyWhatOthersMayTakeAwayIsKeptBehind) {
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  FlakyTier& memory = add_tier("memory");
  disk.put(made_elsewhere(key, "on disk"));

  EXPECT_EQ(get(key)->entry().body(), "on disk");

  EXPECT_FALSE(memory.peek(key).has_value());
}

TEST_F(TieredCacheFillTest, WhatIsErasedMeanwhileIsNotKeptBehind) {
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  FlakyTier& memory = add_tier("memory");
  redis.put(made_elsewhere(key, "in redis"));
  redis.hang(Operation::kFind);
  const auto call = start(key);
  settle();

  cache().invalidate(key);
  redis.release(Operation::kFind);
  settle();

  ASSERT_TRUE(call.is_done());
  EXPECT_FALSE(memory.peek(key).has_value());
}

TEST_F(TieredCacheFillTest, ASharedTierKeepsWhatAnotherInstancePutThereMeanwhile) {
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  FlakyTier& memory = add_tier("memory");
  memory.put(made_elsewhere(key, "in memory"));
  redis.set_hook(Operation::kInsert, [&]() -> Task<void> {
    redis.put(made_elsewhere(key, "newer"));
    co_return;
  });

  EXPECT_EQ(get(key)->entry().body(), "in memory");

  EXPECT_EQ(redis.peek(key)->body(), "newer");
}

TEST_F(TieredCacheFillTest, TheSumsHoldWhateverIsFilledAndTakenBack) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk");
  disk.set_giving_files(true);
  Tally tally;
  for (int round = 0; round < 30; ++round) {
    const BodyPlace place = round % 3 == 0 ? BodyPlace::kMemoryOrFile : BodyPlace::kMemory;
    memory.set_refusing(round % 7 == 0);
    memory.set_failing(Operation::kInsertNow, round % 5 == 0);
    if (round % 4 == 0) disk.put(made_elsewhere(key, "on disk"));
    if (round % 11 == 0) {
      ASSERT_TRUE(run(loop, cache().erase(key)).has_value());
    }
    TieredCache::Probe found = probe(place);
    if (found.answer()) {
      tally.note(*found.answer(), key);
    } else if (const auto later = run(loop, cache().find(std::move(found)))) {
      tally.note(*later, key);
    } else {
      ++tally.miss;
    }
    clock.advance(std::chrono::minutes(7));
  }

  tally.expect_equal(cache(), {&memory, &disk}, 0);
  EXPECT_GT(memory.stats().insertions, 0);
}

}  // namespace
}  // namespace refrain::testing
