#include "refrain/memory/timing_wheel.h"

#include "memory/resident_sample.h"
#include "support/manual_clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <random>
#include <vector>

namespace refrain::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr hours kDay{24};
constexpr hours kYear{24 * 365};

WallTime start() {
  return ManualClock().now();
}

std::int64_t ticks(WallTime time) {
  return time.time_since_epoch().count();
}

/// A wheel, its entries, and what it did in all.
class Rig {
public:
  Resident& insert(WallTime until, WallTime now) {
    Resident& entry = sample_.add_until(ticks(until));
    wheel.insert(entry, now);
    return entry;
  }

  /// Advances until it is done. Returns how much it looked at.
  std::size_t advance(WallTime now, std::size_t most = 1000) {
    std::size_t looked_at = 0;
    for (;;) {
      const TimingWheel::Step step = wheel.advance(now, most, expired);
      looked_at += step.looked_at;
      if (step.is_done) return looked_at;
    }
  }

  TimingWheel wheel;
  std::vector<Resident*> expired;

private:
  ResidentSample sample_;
};

TEST(TimingWheel, TakesOutAnEntryAtTheMillisecondItIsOver) {
  for (const milliseconds life :
       {milliseconds(1), milliseconds(1500), milliseconds(minutes(7)), milliseconds(30 * kDay)}) {
    Rig rig;
    Resident& entry = rig.insert(start() + life, start());

    rig.advance(start() + life - milliseconds(1));
    EXPECT_TRUE(rig.expired.empty()) << life.count();
    rig.advance(start() + life);

    EXPECT_EQ(rig.expired, std::vector<Resident*>{&entry}) << life.count();
    EXPECT_EQ(rig.wheel.count(), 0U);
  }
}

TEST(TimingWheel, ForgetsAnErasedEntryOnEveryLevel) {
  for (const milliseconds life : {milliseconds(1),
                                  milliseconds(seconds(30)),
                                  milliseconds(minutes(30)),
                                  milliseconds(hours(50)),
                                  milliseconds(100 * kDay),
                                  milliseconds(30 * kYear)}) {
    Rig rig;
    Resident& erased = rig.insert(start() + life, start());
    Resident& kept = rig.insert(start() + life, start());

    rig.wheel.erase(erased);
    rig.advance(start() + 2 * life);

    EXPECT_EQ(rig.expired, std::vector<Resident*>{&kept}) << life.count();
    EXPECT_EQ(rig.wheel.count(), 0U);
  }
}

TEST(TimingWheel, AJumpOverAnEmptyOneIsOneStep) {
  Rig rig;
  rig.wheel.erase(rig.insert(start() + seconds(1), start()));

  EXPECT_LE(rig.advance(start() + 100 * kYear), 2U);
}

TEST(TimingWheel, AJumpOverANearlyEmptyOneTakesFewSteps) {
  Rig rig;
  rig.insert(start() + seconds(5), start());
  rig.insert(start() + hours(5), start());
  rig.insert(start() + 9 * kYear, start());

  // Nine years are seventeen rounds of the last level.
  EXPECT_LE(rig.advance(start() + 8 * kYear), 60U);
  EXPECT_EQ(rig.expired.size(), 2U);
}

TEST(TimingWheel, WhatIsFarAheadIsMovedTwiceAYear) {
  constexpr std::size_t kEntries = 1000;
  constexpr std::size_t kDays = 365;
  Rig rig;
  for (std::size_t i = 0; i < kEntries; ++i)
    rig.insert(start() + 100 * kYear + hours(i), start());

  std::size_t looked_at = 0;
  for (std::size_t day = 1; day <= kDays; ++day)
    looked_at += rig.advance(start() + day * kDay);

  EXPECT_LE(looked_at, 2 * kEntries + 3 * kDays);
  EXPECT_EQ(rig.wheel.count(), kEntries);
}

TEST(TimingWheel, GoesOnFromWhereItStopped) {
  Rig rig;
  for (int i = 0; i < 100; ++i)
    rig.insert(start() + seconds(i + 1), start());

  std::size_t calls = 0;
  TimingWheel::Step step;
  while (!step.is_done) {
    step = rig.wheel.advance(start() + hours(1), 10, rig.expired);
    EXPECT_LE(step.looked_at, 10U);
    ++calls;
  }

  EXPECT_EQ(rig.expired.size(), 100U);
  // Each is moved once, its slot is passed once, and it is taken out.
  EXPECT_LE(calls, 100U * 3 / 10 + 3);
}

TEST(TimingWheel, DoesNothingWhenItMayNot) {
  Rig rig;
  rig.insert(start() + seconds(1), start());

  const TimingWheel::Step step = rig.wheel.advance(start() + hours(1), 0, rig.expired);

  EXPECT_EQ(step.looked_at, 0U);
  EXPECT_FALSE(step.is_done);
  EXPECT_TRUE(rig.expired.empty());
}

TEST(TimingWheel, KnowsTimesBefore1970) {
  Rig rig;
  const WallTime early = WallTime(milliseconds(-5000));
  rig.insert(early + seconds(1), early);
  rig.insert(early + hours(1), early);

  rig.advance(early + milliseconds(999));
  EXPECT_TRUE(rig.expired.empty());
  rig.advance(early + seconds(1));
  EXPECT_EQ(rig.expired.size(), 1U);
  rig.advance(early + hours(1));

  EXPECT_EQ(rig.expired.size(), 2U);
}

TEST(TimingWheel, ClearForgetsAll) {
  Rig rig;
  for (const milliseconds life : {milliseconds(1), milliseconds(hours(1)), milliseconds(kYear)})
    rig.insert(start() + life, start());

  rig.wheel.clear();
  rig.advance(start() + 2 * kYear);

  EXPECT_EQ(rig.wheel.count(), 0U);
  EXPECT_TRUE(rig.expired.empty());
}

/// The wheel beside a map of what should be in it, while time goes forth and back.
class RandomLife {
public:
  explicit RandomLife(unsigned seed) : random_(seed) {}

  void step() {
    for (std::uint64_t i = random_() % 8; i > 0; --i)
      insert();
    for (std::uint64_t i = random_() % 3; i > 0 && !waiting_.empty(); --i)
      erase();
    now_ += random_() % 10 == 0 ? -magnitude(7) : magnitude(11.5);
    advance();
    for (const auto& [entry, until] : waiting_)
      ASSERT_GT(until, now_) << "is over and still there";
    ASSERT_EQ(wheel_.count(), waiting_.size());
    // Else a hundred years pass, and nothing is far ahead any more.
    if (now_ > ticks(start() + 500 * kYear) && waiting_.empty()) now_ = ticks(start());
  }

  [[nodiscard]] std::size_t left() const { return left_; }

private:
  /// Up to `10^power` ms; each order of magnitude is as likely as any other.
  std::int64_t magnitude(double power) {
    std::uniform_real_distribution<double> exponent(0, power);
    return static_cast<std::int64_t>(std::pow(10, exponent(random_)));
  }

  void insert() {
    const std::int64_t until = random_() % 10 == 0 ? now_ - magnitude(10) : now_ + magnitude(12.5);
    Resident& entry = sample_.add_until(until);
    wheel_.insert(entry, WallTime(milliseconds(now_)));
    waiting_[&entry] = until;
  }

  void erase() {
    const auto chosen =
        std::next(waiting_.begin(), static_cast<std::ptrdiff_t>(random_() % waiting_.size()));
    wheel_.erase(*chosen->first);
    waiting_.erase(chosen);
  }

  void advance() {
    const std::size_t most = 1 + random_() % 50;
    TimingWheel::Step step;
    for (int calls = 0; !step.is_done; ++calls) {
      ASSERT_LT(calls, 100'000) << "comes to no end";
      step = wheel_.advance(WallTime(milliseconds(now_)), most, expired_);
      ASSERT_LE(step.looked_at, most);
      take_expired();
    }
  }

  void take_expired() {
    for (Resident* entry : expired_) {
      ASSERT_EQ(waiting_.count(entry), 1U) << "left twice";
      ASSERT_LE(waiting_[entry], now_) << "left early";
      waiting_.erase(entry);
    }
    left_ += expired_.size();
    expired_.clear();
  }

  std::mt19937 random_;
  ResidentSample sample_;
  TimingWheel wheel_;
  std::map<Resident*, std::int64_t> waiting_;
  std::vector<Resident*> expired_;
  std::int64_t now_ = ticks(start());
  std::size_t left_ = 0;
};

TEST(TimingWheel, NothingLeavesEarlyAndNothingStaysLateWhereverTimeGoes) {
  for (unsigned seed = 0; seed < 30; ++seed) {
    RandomLife life(seed);

    for (int i = 0; i < 200; ++i)
      ASSERT_NO_FATAL_FAILURE(life.step()) << "seed " << seed << " step " << i;

    EXPECT_GT(life.left(), 100U);
  }
}

}  // namespace
}  // namespace refrain::testing
