#include "refrain/cache/single_flight.h"

#include "support/manual_clock.h"
#include "support/run.h"
#include "support/sample_entry.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>

namespace refrain::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using Work = SingleFlight::Work;
using Waiter = SingleFlight::Waiter;

class SingleFlightTest : public ::testing::Test {
protected:
  [[nodiscard]] std::shared_ptr<Waiter> waiter() {
    return std::make_shared<Waiter>(loop.get_executor());
  }

  SingleFlight::Joined join(const std::shared_ptr<Waiter>& waiter,
                            Work work = Work::kFindOrGenerate) {
    return flights.join(key, work, flights.landings(key), waiter);
  }

  Result<Answer> outcome_of(const std::shared_ptr<Waiter>& waiter) {
    return run(loop, Waiter::wait(waiter, hours(1)));
  }

  [[nodiscard]] Answer answer(Disposition disposition = Disposition::kMiss) const {
    return Answer(sample_entry(key, ManualClock().now()), disposition);
  }

  boost::asio::io_context loop{1};
  SingleFlight flights;
  const CacheKey key = sample_key("flight");
};

TEST_F(SingleFlightTest, TheFirstLeadsAndTheOthersJoinTheSameFlight) {
  const auto first = join(waiter());
  const auto second = join(waiter());

  EXPECT_TRUE(first.is_leader);
  EXPECT_FALSE(second.is_leader);
  EXPECT_EQ(first.flight, second.flight);
  EXPECT_TRUE(flights.has_flight(key));
}

TEST_F(SingleFlightTest, LandingAnswersAllAndOnlyTheFollowersAsCoalesced) {
  const auto leader = waiter();
  const auto follower = waiter();
  const auto joined = join(leader);
  join(follower);

  flights.land(joined.flight, answer());

  EXPECT_FALSE(outcome_of(leader)->is_coalesced());
  EXPECT_TRUE(outcome_of(follower)->is_coalesced());
  EXPECT_FALSE(flights.has_flight(key));
}

TEST_F(SingleFlightTest, AHitIsNobodysGenerationSoItIsNotCoalesced) {
  const auto follower = waiter();
  const auto joined = join(waiter());
  join(follower);

  flights.land(joined.flight, answer(Disposition::kHit));

  EXPECT_FALSE(outcome_of(follower)->is_coalesced());
}

TEST_F(SingleFlightTest, WhoeverJoinsARefreshIsCoalescedEvenTheFirst) {
  const auto joined = join(nullptr);
  const auto follower = waiter();
  join(follower);

  flights.land(joined.flight, answer());

  EXPECT_TRUE(joined.is_leader);
  EXPECT_TRUE(outcome_of(follower)->is_coalesced());
}

TEST_F(SingleFlightTest, AnErrorIsGivenToAll) {
  const auto leader = waiter();
  const auto follower = waiter();
  const auto joined = join(leader);
  join(follower);

  flights.land(joined.flight, fail(ErrorCode::kUnavailable, "away"));

  EXPECT_EQ(outcome_of(leader).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(outcome_of(follower).error().code(), ErrorCode::kUnavailable);
}

TEST_F(SingleFlightTest, AWaiterGivesUpAtItsLimitAndTheFlightGoesOn) {
  const auto patient = waiter();
  const auto hasty = waiter();
  const auto joined = join(patient);
  join(hasty);

  const Result<Answer> timed_out = run(loop, Waiter::wait(hasty, milliseconds(1)));
  ASSERT_FALSE(timed_out.has_value());
  EXPECT_EQ(timed_out.error().code(), ErrorCode::kTimeout);
  EXPECT_TRUE(flights.has_flight(key));
  flights.land(joined.flight, answer());

  EXPECT_TRUE(outcome_of(patient).has_value());
}

TEST_F(SingleFlightTest, AnOutcomeThatComesBeforeTheWaitIsKept) {
  const auto leader = waiter();
  const auto joined = join(leader);
  flights.land(joined.flight, answer());
  loop.run();

  EXPECT_TRUE(outcome_of(leader).has_value());
}

TEST_F(SingleFlightTest, ABeginnerKnowsWhetherAFlightLandedSinceItLooked) {
  const std::uint64_t before = flights.landings(key);
  flights.land(join(waiter()).flight, answer());

  const auto late = flights.join(key, Work::kFindOrGenerate, before, waiter());

  EXPECT_TRUE(late.is_leader);
  EXPECT_TRUE(late.is_outdated);
  flights.land(late.flight, answer());
  EXPECT_FALSE(join(waiter()).is_outdated);
}

TEST_F(SingleFlightTest, WhoMustGenerateRaisesTheFlightAndNobodyLowersIt) {
  const auto joined = join(waiter());
  ASSERT_FALSE(flights.must_generate(joined.flight));

  join(waiter(), Work::kGenerate);
  join(waiter(), Work::kFindOrGenerate);

  EXPECT_TRUE(flights.must_generate(joined.flight));
}

TEST_F(SingleFlightTest, ADiscardedFlightIsGoneForNewcomersButAnswersThoseAboard) {
  const auto aboard = waiter();
  const auto old = join(aboard);
  flights.discard(key);
  const auto next = join(waiter());

  EXPECT_TRUE(next.is_leader);
  EXPECT_TRUE(flights.is_discarded(old.flight));
  EXPECT_FALSE(flights.is_discarded(next.flight));
  flights.land(old.flight, answer());

  EXPECT_TRUE(outcome_of(aboard).has_value());
  EXPECT_TRUE(flights.has_flight(key)) << "the landing must not take its successor away";
}

TEST_F(SingleFlightTest, DiscardingAllReachesEveryShard) {
  std::vector<std::shared_ptr<Flight>> aboard;
  for (int i = 0; i < 200; ++i) {
    const CacheKey other = sample_key(std::to_string(i));
    aboard.push_back(flights.join(other, Work::kGenerate, 0, waiter()).flight);
  }

  flights.discard_all();

  for (const auto& flight : aboard) {
    EXPECT_TRUE(flights.is_discarded(flight));
    EXPECT_FALSE(flights.has_flight(flight->key()));
  }
}

TEST_F(SingleFlightTest, AnUnsharedFlightIsInNoTable) {
  const auto alone = waiter();
  const auto flight = SingleFlight::unshared(key, alone);

  EXPECT_FALSE(flights.has_flight(key));
  EXPECT_TRUE(flights.must_generate(flight));
  EXPECT_TRUE(flights.is_discarded(flight));
  const auto other = join(waiter());
  EXPECT_TRUE(other.is_leader);
  flights.land(flight, answer());

  EXPECT_TRUE(outcome_of(alone).has_value());
  EXPECT_TRUE(flights.has_flight(key));
}

TEST_F(SingleFlightTest, AWaiterMayOutliveItsLoop) {
  auto own_loop = std::make_unique<boost::asio::io_context>(1);
  auto waiting = std::make_shared<Waiter>(own_loop->get_executor());
  boost::asio::co_spawn(own_loop->get_executor(),
                        keep_result(Waiter::wait(waiting, hours(1)),
                                    std::make_shared<std::optional<Result<Answer>>>()),
                        boost::asio::detached);
  own_loop->poll();
  join(waiting);

  own_loop.reset();

  EXPECT_EQ(waiting.use_count(), 2);
}

TEST_F(SingleFlightTest, WhoComesAfterAChangeDoesNotGetWhatWasFoundBefore) {
  const auto early = waiter();
  const auto flight = join(early).flight;

  flights.outdate(key);

  EXPECT_TRUE(join(waiter()).is_leader);
  EXPECT_FALSE(flights.is_discarded(flight));
  flights.land(flight, answer(Disposition::kHit));
  EXPECT_TRUE(outcome_of(early).has_value());
  EXPECT_TRUE(flights.has_flight(key));  // the later one
}

TEST_F(SingleFlightTest, AChangeLeavesAGenerationToThoseWhoComeLater) {
  const auto flight = join(waiter()).flight;
  flights.set_generating(flight, true);

  flights.outdate(key);
  flights.outdate_all();

  EXPECT_EQ(join(waiter()).flight, flight);
  flights.set_generating(flight, false);
  flights.outdate_all();
  EXPECT_FALSE(flights.has_flight(key));
}

TEST_F(SingleFlightTest, AChangeEndsTheServingOfAStaleAnswer) {
  const auto flight = join(nullptr).flight;
  flights.serve_stale(flight, answer(Disposition::kStale));
  flights.set_generating(flight, true);

  flights.outdate(key);

  const auto joined = join(waiter());
  EXPECT_EQ(joined.flight, flight);
  EXPECT_FALSE(joined.stale.has_value());
}

}  // namespace
}  // namespace refrain::testing
