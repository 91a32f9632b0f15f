// Single flight: one generation and one look-up for all who want a key at once.

#include "refrain/cache/tiered_cache.h"

#include "cache/tiered_cache_rig.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <latch>
#include <string>
#include <thread>
#include <vector>

namespace refrain::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class TieredCacheFlightTest : public TieredCacheRig {};

/// An event loop in a thread of its own.
class LoopThread {
public:
  LoopThread() : guard_(loop_.get_executor()), thread_([this] { loop_.run(); }) {}
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;
  ~LoopThread() {
    guard_.reset();
    thread_.join();
  }

  template <class T>
  std::future<T> start(Task<T> task) {
    auto promise = std::make_shared<std::promise<T>>();
    std::future<T> future = promise->get_future();
    boost::asio::co_spawn(
        loop_.get_executor(), keep_promise(std::move(task), promise), boost::asio::detached);
    return future;
  }

private:
  template <class T>
  static Task<void> keep_promise(Task<T> task, std::shared_ptr<std::promise<T>> promise) {
    promise->set_value(co_await std::move(task));
  }

  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<Executor> guard_;
  std::thread thread_;
};

Task<std::thread::id> thread_of_loop() {
  co_return std::this_thread::get_id();
}

Task<std::thread::id> thread_after_answer(TieredCache& cache, CacheKey key, Generator generate) {
  const CacheDirectives directives;
  const Result<Answer> answer = co_await cache.get_or_generate(key, directives, generate);
  co_return answer.has_value() ? std::this_thread::get_id() : std::thread::id();
}

TEST_F(TieredCacheFlightTest, AThousandEqualRequestsGenerateOnceAndAskEachLowerTierOnce) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  fake.gate.close();
  std::vector<Call<Result<Answer>>> calls;
  for (int i = 0; i < 1000; ++i)
    calls.push_back(start(key));

  settle();
  fake.gate.open();
  loop.run();

  EXPECT_EQ(fake.calls(), 1);
  EXPECT_EQ(disk.calls(Operation::kFind), 1);
  EXPECT_EQ(redis.calls(Operation::kFind), 1);
  EXPECT_EQ(memory.calls(Operation::kFind), 0);
  EXPECT_EQ(memory.calls(Operation::kInsert), 1);
  EXPECT_TRUE(std::ranges::all_of(
      calls, [](const auto& call) { return (*call)->entry().body() == "answer 1"; }));
  EXPECT_EQ(requests().miss, 1000);
  EXPECT_EQ(requests().coalesced, 999);
}

TEST_F(TieredCacheFlightTest, RequestsThatJoinALookUpShareItsHit) {
  add_tier("memory");
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  redis.put(made_elsewhere(key, "in redis"));
  std::vector<Call<Result<Answer>>> calls;
  for (int i = 0; i < 100; ++i)
    calls.push_back(start(key));

  settle();

  EXPECT_EQ(redis.calls(Operation::kFind), 1);
  EXPECT_TRUE(std::ranges::all_of(
      calls, [](const auto& call) { return (*call)->disposition() == Disposition::kHit; }));
  EXPECT_EQ(requests().hit, 100);
  EXPECT_EQ(requests().coalesced, 0);
}

TEST_F(TieredCacheFlightTest, WithoutTiersEqualConcurrentRequestsGenerateTogether) {
  fake.gate.close();
  const auto first = start(key);
  const auto second = start(key);

  settle();
  fake.gate.open();
  settle();

  EXPECT_EQ(fake.calls(), 1);
  EXPECT_EQ((*first)->entry().body(), (*second)->entry().body());
  EXPECT_NE((*first)->is_coalesced(), (*second)->is_coalesced());
}

TEST_F(TieredCacheFlightTest, DifferentKeysDoNotWaitForEachOther) {
  add_tier("memory");
  fake.gate.close();
  const auto blocked = start(key);
  settle();
  FakeGenerator other(clock);

  const auto answer = start(sample_key("another"), {}, other.generator());
  settle();

  EXPECT_TRUE(answer.is_done());
  EXPECT_FALSE(blocked.is_done());
}

TEST_F(TieredCacheFlightTest, WaitersOnTwoLoopsInTwoThreadsShareOneGeneration) {
  add_tier("memory");
  add_tier("redis", Mode::kAsynchronous, true);
  fake.gate.close();
  TieredCache& shared = cache();
  LoopThread one;
  LoopThread two;

  std::vector<std::future<Result<Answer>>> answers;
  for (int i = 0; i < 50; ++i) {
    answers.push_back(one.start(shared.get_or_generate(key, {}, fake.generator())));
    answers.push_back(two.start(shared.get_or_generate(key, {}, fake.generator())));
  }
  while (fake.gate.waiting() == 0)
    std::this_thread::yield();
  // Whoever had not joined by now finds the stored entry instead: one generation either way.
  fake.gate.open();

  for (auto& answer : answers)
    EXPECT_EQ(answer.get()->entry().body(), "answer 1");
  EXPECT_EQ(fake.calls(), 1);
  EXPECT_EQ(requests().total(), 100);
}

TEST_F(TieredCacheFlightTest, EachWaiterResumesOnItsOwnLoop) {
  add_tier("memory");
  fake.gate.close();
  const auto leader = start(key);
  settle();
  LoopThread other;
  std::future<std::thread::id> resumed_on =
      other.start(thread_after_answer(cache(), key, fake.generator()));
  // The loop takes its tasks in order: when this one is done, the other has joined the flight.
  const std::thread::id other_thread = other.start(thread_of_loop()).get();

  fake.gate.open();
  settle();

  EXPECT_TRUE(leader.is_done());
  EXPECT_EQ(resumed_on.get(), other_thread);
  EXPECT_NE(other_thread, std::this_thread::get_id());
  EXPECT_EQ(requests().coalesced, 1);
}

TEST_F(TieredCacheFlightTest, ALeaderThatTimesOutLeavesTheGenerationToTheOthers) {
  FlakyTier& memory = add_tier("memory");
  config.generation_limit = milliseconds(1);
  fake.gate.close();

  const Result<Answer> leader = run(loop, cache().get_or_generate(key, {}, fake.generator()));
  ASSERT_FALSE(leader.has_value());
  EXPECT_EQ(leader.error().code(), ErrorCode::kTimeout);
  EXPECT_EQ(requests().error, 1);
  ASSERT_FALSE(memory.peek(key).has_value());
  const auto follower = start(key);
  fake.gate.open();
  loop.restart();
  loop.run();

  EXPECT_EQ(fake.calls(), 1);
  EXPECT_EQ((*follower)->entry().body(), "answer 1");
  EXPECT_TRUE(memory.peek(key).has_value());
}

TEST_F(TieredCacheFlightTest, ALateResultIsStoredEvenIfNobodyWaitsAnyMore) {
  FlakyTier& memory = add_tier("memory");
  config.generation_limit = milliseconds(1);
  fake.gate.close();
  ASSERT_FALSE(run(loop, cache().get_or_generate(key, {}, fake.generator())).has_value());

  fake.gate.open();
  settle();

  EXPECT_TRUE(memory.peek(key).has_value());
  EXPECT_EQ(get(key)->disposition(), Disposition::kHit);
  EXPECT_EQ(generation().count, 1);
}

TEST_F(TieredCacheFlightTest, ALeaderWhoseCoroutineIsCancelledLeavesTheGenerationToTheOthers) {
  FlakyTier& memory = add_tier("memory");
  fake.gate.close();
  boost::asio::cancellation_signal client_left;
  bool has_ended = false;
  const auto answer = std::make_shared<std::optional<Result<Answer>>>();
  auto on_done = [&has_ended](const std::exception_ptr&) {
    has_ended = true;
  };
  boost::asio::co_spawn(loop.get_executor(),
                        keep_result(cache().get_or_generate(key, {}, fake.generator()), answer),
                        boost::asio::bind_cancellation_slot(client_left.slot(), on_done));
  settle();
  const auto follower = start(key);
  settle();

  client_left.emit(boost::asio::cancellation_type::terminal);
  settle();
  ASSERT_TRUE(has_ended);
  ASSERT_FALSE(follower.is_done());
  fake.gate.open();
  settle();

  EXPECT_EQ((*follower)->entry().body(), "answer 1");
  EXPECT_TRUE(memory.peek(key).has_value());
  EXPECT_EQ(fake.calls(), 1);
}

TEST_F(TieredCacheFlightTest, AllWhoWaitGetTheGeneratorsErrorAndTheNextCallTriesAgain) {
  FlakyTier& memory = add_tier("memory");
  fake.gate.close();
  fake.outcome = Outcome::kError;
  std::vector<Call<Result<Answer>>> calls;
  for (int i = 0; i < 10; ++i)
    calls.push_back(start(key));
  settle();
  fake.gate.open();
  settle();

  for (const auto& call : calls) {
    ASSERT_FALSE(call->has_value());
    EXPECT_EQ(call->error().code(), ErrorCode::kUnavailable);
    EXPECT_EQ(call->error().message(), "the model is away");
  }
  EXPECT_EQ(memory.calls(Operation::kInsert), 0);
  EXPECT_EQ(requests().error, 10);
  EXPECT_EQ(requests().miss, 10);
  EXPECT_EQ(requests().coalesced, 0);
  fake.outcome = Outcome::kAnswer;
  EXPECT_EQ(get(key)->entry().body(), "answer 2");
}

class TieredCacheThrowTest : public TieredCacheRig,
                             public ::testing::WithParamInterface<FakeGenerator::Outcome> {};

TEST_P(TieredCacheThrowTest, AGeneratorThatThrowsIsAnErrorAndTheKeyIsFreeAgain) {
  add_tier("memory");
  config.generation_limit = milliseconds(500);
  config.max_generations = 1;
  fake.outcome = GetParam();

  const Result<Answer> thrown = get(key);
  fake.outcome = Outcome::kAnswer;
  const Result<Answer> next = get(key);

  ASSERT_FALSE(thrown.has_value());
  EXPECT_EQ(thrown.error().code(), ErrorCode::kInternal);
  EXPECT_TRUE(next.has_value());
  EXPECT_EQ(generation().running, 0);
  EXPECT_EQ(generation().count, 2);
  EXPECT_EQ(generation().failed, 1);
  EXPECT_EQ(log.lines().size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Both,
                         TieredCacheThrowTest,
                         ::testing::Values(FakeGenerator::Outcome::kThrow,
                                           FakeGenerator::Outcome::kThrowNoException));

TEST_F(TieredCacheFlightTest, AGeneratorThatIsEmptyIsAnErrorNotACrash) {
  add_tier("memory");

  const Result<Answer> answer = run(loop, cache().get_or_generate(key, {}, Generator()));

  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), ErrorCode::kInternal);
}

TEST_F(TieredCacheFlightTest, TurnsAwayWhatIsMoreThanTheLimitOfGenerations) {
  add_tier("memory");
  config.max_generations = 2;
  fake.gate.close();
  const auto first = start(sample_key("1"));
  const auto second = start(sample_key("2"));
  settle();

  const Result<Answer> third = get(sample_key("3"));
  ASSERT_FALSE(third.has_value());
  EXPECT_EQ(third.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(generation().rejected, 1);
  EXPECT_EQ(generation().running, 2);
  fake.gate.open();
  settle();

  EXPECT_TRUE(first->has_value() && second->has_value());
  EXPECT_TRUE(get(sample_key("3")).has_value());
  EXPECT_EQ(generation().running, 0);
  EXPECT_EQ(generation().count, 3);
  EXPECT_EQ(requests().error, 1);
}

TEST_F(TieredCacheFlightTest, AJoinerNeedsNoPlaceAmongTheGenerations) {
  add_tier("memory");
  config.max_generations = 1;
  fake.gate.close();
  const auto first = start(key);
  settle();

  const auto second = start(key);
  fake.gate.open();
  settle();

  EXPECT_TRUE((*second)->is_coalesced());
  EXPECT_EQ(generation().rejected, 0);
}

TEST_F(TieredCacheFlightTest, AFlightThatLandsBetweenProbeAndJoinIsNotRepeated) {
  add_tier("memory");

  TieredCache::Probe probe = cache().probe(key, {});
  ASSERT_FALSE(probe.answer().has_value());
  ASSERT_TRUE(get(key).has_value());
  const Result<Answer> answer =
      run(loop, cache().get_or_generate(std::move(probe), fake.generator()));

  EXPECT_EQ(answer->disposition(), Disposition::kHit);
  EXPECT_EQ(fake.calls(), 1);
}

TEST_F(TieredCacheFlightTest, ALoopMayBeDestroyedBeforeTheCacheWithAGenerationUnderWay) {
  add_tier("memory");
  fake.gate.close();
  TieredCache& shared = cache();
  {
    boost::asio::io_context doomed(1);
    for (int i = 0; i < 2; ++i)
      Call<Result<Answer>>::start(doomed, shared.get_or_generate(key, {}, fake.generator()));
    doomed.poll();
    ASSERT_EQ(fake.gate.waiting(), 1U);
  }

  // The sanitised build is the judge: nothing of the flight may refer to the loop that is gone.
  made_cache.reset();

  EXPECT_EQ(fake.calls(), 1);
}

TEST_F(TieredCacheFlightTest, ALoopMayBeDestroyedBeforeOneThatLeadsAFlightItJoined) {
  add_tier("memory");
  fake.gate.close();
  TieredCache& shared = cache();
  boost::asio::io_context leading(1);
  auto joining = std::make_unique<boost::asio::io_context>(1);
  Call<Result<Answer>>::start(leading, shared.get_or_generate(key, {}, fake.generator()));
  leading.poll();
  Call<Result<Answer>>::start(*joining, shared.get_or_generate(key, {}, fake.generator()));
  joining->poll();

  joining.reset();

  EXPECT_EQ(fake.calls(), 1);
}

}  // namespace
}  // namespace refrain::testing
