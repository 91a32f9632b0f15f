// One generation among several instances.

#include "refrain/cache/tiered_cache.h"

#include "cache/tiered_cache_rig.h"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

namespace refrain::testing {
namespace {

using std::chrono::milliseconds;

/// Answers as a test says, one attempt after the other; without a word it gives the turn.
class FakeLease final : public GenerationLease {
public:
  struct Step {
    Outcome outcome = Outcome::kMine;
    milliseconds waited{0};
    std::function<void()> meanwhile;  // happens before the attempt ends
  };

  Task<Turn> take(CacheKey /*key*/, Patience patience) override {
    patiences.push_back(patience.with_another);
    Step step;
    if (!steps.empty()) {
      step = std::move(steps.front());
      steps.pop_front();
    }
    if (step.meanwhile) step.meanwhile();
    if (step.outcome != Outcome::kMine) co_return Turn(step.outcome, step.waited);
    co_return Turn(std::make_unique<FakeHold>(*this));
  }
  [[nodiscard]] milliseconds least_patience() const override { return milliseconds(1500); }

  std::deque<Step> steps;
  std::vector<milliseconds> patiences;
  bool is_kept = true;
  int released = 0;

private:
  class FakeHold final : public Hold {
  public:
    explicit FakeHold(FakeLease& lease) : lease_(lease) {}
    [[nodiscard]] bool is_kept() const override { return lease_.is_kept; }
    void release() override { ++lease_.released; }

  private:
    FakeLease& lease_;
  };
};

class TieredCacheLeaseTest : public TieredCacheRig {
protected:
  TieredCacheLeaseTest() { config.lease = lease_; }

  LeaseStats stats() { return cache().stats().lease.value(); }

  void add_step(GenerationLease::Outcome outcome,
                milliseconds waited = milliseconds(0),
                std::function<void()> meanwhile = nullptr) {
    FakeLease::Step step;
    step.outcome = outcome;
    step.waited = waited;
    step.meanwhile = std::move(meanwhile);
    lease_->steps.push_back(std::move(step));
  }

  /// A shared tier that is not waited for.
  FlakyTier& add_impatient_tier() {
    FlakyTier::Config tier_config;
    tier_config.name = "redis";
    tier_config.mode = Mode::kAsynchronous;
    tier_config.is_shared = true;
    tier_config.soft_budget = milliseconds(1);
    tiers.push_back(std::make_unique<FlakyTier>(std::move(tier_config), clock));
    return static_cast<FlakyTier&>(*tiers.back());
  }

  void run_until_done(const Call<Result<Answer>>& call) {
    while (!call.is_done()) {
      loop.restart();
      loop.run_one();
    }
  }

  std::shared_ptr<FakeLease> lease_ = std::make_shared<FakeLease>();
};

using Ended = GenerationLease::Outcome;

TEST_F(TieredCacheLeaseTest, GeneratesInItsTurnAndLetsTheNextOneHaveIt) {
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);

  EXPECT_EQ(get(key)->entry().body(), "answer 1");

  EXPECT_TRUE(redis.peek(key).has_value());
  EXPECT_EQ(lease_->released, 1);
  EXPECT_EQ(stats().taken, 1);
  EXPECT_EQ(stats().waits, 0);
}

TEST_F(TieredCacheLeaseTest, TakesTheAnswerOfTheOneItWaitedFor) {
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  add_step(Ended::kEnded, milliseconds(40), [&] { redis.put(made_elsewhere(key, "theirs")); });

  const Result<Answer> answer = get(key);

  EXPECT_EQ(answer->entry().body(), "theirs");
  EXPECT_EQ(answer->tier(), "redis");
  EXPECT_EQ(fake.calls(), 0);
  EXPECT_EQ(stats().waits, 1);
  EXPECT_EQ(stats().answered, 1);
}

TEST_F(TieredCacheLeaseTest, LooksOnceMoreWithTheTurnInHand) {
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  add_step(Ended::kMine, milliseconds(0), [&] { redis.put(made_elsewhere(key, "theirs")); });

  EXPECT_EQ(get(key)->entry().body(), "theirs");

  EXPECT_EQ(fake.calls(), 0);
  EXPECT_EQ(lease_->released, 1);
  EXPECT_EQ(stats().taken, 0);
}

TEST_F(TieredCacheLeaseTest, TakesTheTurnOfOneThatDiedWithoutAnAnswer) {
  add_tier("redis", Mode::kAsynchronous, true);
  add_step(Ended::kEnded, milliseconds(1000));

  EXPECT_EQ(get(key)->entry().body(), "answer 1");

  EXPECT_EQ(stats().waits, 1);
  EXPECT_EQ(stats().taken, 1);
  EXPECT_EQ(stats().answered, 0);
}

TEST_F(TieredCacheLeaseTest, IsNoMorePatientForWaitingInTurns) {
  add_tier("redis", Mode::kAsynchronous, true);
  config.first_patience = milliseconds(3000);
  add_step(Ended::kEnded, milliseconds(1000));
  add_step(Ended::kEnded, milliseconds(1500));
  add_step(Ended::kTooLong, milliseconds(500));

  EXPECT_EQ(get(key)->entry().body(), "answer 1");

  const std::vector<milliseconds> expected = {
      milliseconds(3000), milliseconds(2000), milliseconds(500)};
  EXPECT_EQ(lease_->patiences, expected);
  EXPECT_EQ(stats().waits, 3);
  EXPECT_EQ(stats().timeouts, 1);
  EXPECT_EQ(lease_->released, 0);
}

TEST_F(TieredCacheLeaseTest, GeneratesAloneIfNobodyCanBeAsked) {
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  add_step(Ended::kAway);

  EXPECT_TRUE(get(key)->is_stored());

  EXPECT_TRUE(redis.peek(key).has_value());
  EXPECT_EQ(stats().unavailable, 1);
  EXPECT_EQ(stats().taken, 0);
}

TEST_F(TieredCacheLeaseTest, IsAsPatientAsGenerationsAreLong) {
  add_tier("redis", Mode::kAsynchronous, true);
  fake.duration = milliseconds(4000);

  get(sample_key("first")).value();
  get(sample_key("second")).value();

  EXPECT_EQ(lease_->patiences.at(0), config.first_patience);
  EXPECT_EQ(lease_->patiences.at(1), milliseconds(5000));
}

TEST_F(TieredCacheLeaseTest, IsPatientEnoughForTheTurnOfADeadOneToEnd) {
  add_tier("redis", Mode::kAsynchronous, true);
  fake.duration = milliseconds(400);

  get(sample_key("first")).value();
  get(sample_key("second")).value();

  EXPECT_EQ(lease_->patiences.at(1), lease_->least_patience());
}

TEST_F(TieredCacheLeaseTest, DoesNotBotherForQuickGenerations) {
  add_tier("redis", Mode::kAsynchronous, true);
  fake.duration = milliseconds(99);

  get(sample_key("first")).value();
  get(sample_key("second")).value();

  EXPECT_EQ(lease_->patiences.size(), 1U);
  EXPECT_EQ(generation().count, 2);
}

TEST_F(TieredCacheLeaseTest, DoesNotShareWhatHasToBeNew) {
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  redis.put(made_elsewhere(key, "theirs"));

  EXPECT_EQ(get(key, no_cache())->entry().body(), "answer 1");
  EXPECT_EQ(get(key, no_store())->entry().body(), "answer 2");

  EXPECT_TRUE(lease_->patiences.empty());
}

TEST_F(TieredCacheLeaseTest, RefreshesAStaleEntryInTurnToo) {
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  redis.put(made_elsewhere(key, "old"));
  clock.advance(config.freshness.ttl);
  add_step(Ended::kEnded, milliseconds(40), [&] { redis.put(made_elsewhere(key, "new")); });

  EXPECT_EQ(get(key)->disposition(), Disposition::kStale);

  EXPECT_EQ(fake.calls(), 0);
  EXPECT_EQ(stats().answered, 1);
  EXPECT_EQ(get(key)->entry().body(), "new");
}

TEST_F(TieredCacheLeaseTest, GivesTheTurnBackWhenTheGeneratorFails) {
  add_tier("redis", Mode::kAsynchronous, true);
  fake.outcome = FakeGenerator::Outcome::kThrow;

  EXPECT_FALSE(get(key).has_value());

  EXPECT_EQ(lease_->released, 1);
}

TEST_F(TieredCacheLeaseTest, KeepsTheTurnUntilAnInsertionThatWasNotWaitedForHasEnded) {
  FlakyTier& redis = add_impatient_tier();
  Gate before;
  before.close();
  redis.set_hook(Operation::kInsert, [&before] { return before.pass(); });
  const auto call = start(key);
  run_until_done(call);
  EXPECT_FALSE((*call)->is_stored());
  EXPECT_EQ(lease_->released, 0);

  before.open();
  settle();

  EXPECT_TRUE(redis.peek(key).has_value());
  EXPECT_EQ(lease_->released, 1);
}

TEST_F(TieredCacheLeaseTest, GivesTheTurnBackWhenAnInsertionThatWasNotWaitedForFails) {
  FlakyTier& redis = add_impatient_tier();
  Gate before;
  before.close();
  redis.set_failing(Operation::kInsert, true);
  redis.set_hook(Operation::kInsert, [&before] { return before.pass(); });
  const auto call = start(key);
  run_until_done(call);
  EXPECT_EQ(lease_->released, 0);

  before.open();
  settle();

  EXPECT_EQ(lease_->released, 1);
}

TEST_F(TieredCacheLeaseTest, DoesNotWaitForATurnWhereALookUpWasLate) {
  FlakyTier& redis = add_impatient_tier();
  redis.hang(Operation::kFind);

  const auto call = start(key);
  run_until_done(call);

  EXPECT_EQ((*call)->entry().body(), "answer 1");
  EXPECT_TRUE(lease_->patiences.empty());
  redis.release(Operation::kFind);
  settle();
}

TEST_F(TieredCacheLeaseTest, ALateAnswerDoesNotReplaceTheOneOfWhoHadTheNextTurn) {
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  fake.gate.close();
  const auto call = start(key);
  settle();
  ASSERT_EQ(fake.gate.waiting(), 1U);
  lease_->is_kept = false;
  redis.put(made_elsewhere(key, "theirs"));

  fake.gate.open();
  settle();

  ASSERT_TRUE(call.is_done());
  EXPECT_EQ((*call)->entry().body(), "answer 1");
  EXPECT_FALSE((*call)->is_stored());
  EXPECT_EQ(redis.peek(key)->body(), "theirs");
  EXPECT_EQ(stats().lost, 1);
}

TEST_F(TieredCacheLeaseTest, ALateAnswerIsStoredIfNobodyHadTheNextTurn) {
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  lease_->is_kept = false;

  EXPECT_TRUE(get(key)->is_stored());

  EXPECT_TRUE(redis.peek(key).has_value());
  EXPECT_EQ(stats().lost, 1);
}

TEST_F(TieredCacheLeaseTest, WhoInsistsOnANewAnswerDoesNotWaitForAnother) {
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  Call<Result<Answer>> insisting;
  add_step(Ended::kEnded, milliseconds(40), [&] {
    redis.put(made_elsewhere(key, "theirs"));
    insisting = start(key, no_cache());
    loop.poll();
  });

  const Result<Answer> first = get(key);

  ASSERT_TRUE(insisting.is_done());
  EXPECT_EQ((*insisting)->entry().body(), "answer 1");
  EXPECT_EQ(first->entry().body(), "answer 1");
}

TEST_F(TieredCacheLeaseTest, HasNoStatisticsWithoutALease) {
  config.lease = nullptr;

  EXPECT_FALSE(cache().stats().lease.has_value());
}

}  // namespace
}  // namespace refrain::testing
