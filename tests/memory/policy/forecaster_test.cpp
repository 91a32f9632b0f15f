#include "refrain/memory/policy/forecaster.h"

#include "refrain/memory/policy/policy_kind.h"
#include "refrain/memory/policy/shadow_cache.h"

#include "memory/policy/workloads.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace refrain {
namespace {

using testing::access_to;
using testing::hash_of;
using testing::items_only;
using testing::ZipfKeys;

using NextKey = std::function<std::uint64_t()>;

NextKey zipf(std::size_t keys, unsigned seed = 1) {
  return [zipf = ZipfKeys(keys, 0.99, seed)]() mutable {
    return zipf.next();
  };
}

NextKey loop(std::uint64_t keys) {
  return [keys, n = std::uint64_t{0}]() mutable {
    return 10'000'000 + n++ % keys;
  };
}

NextKey uniform(std::uint64_t keys, unsigned seed) {
  return [keys, random = std::mt19937_64(seed)]() mutable {
    return random() % keys;
  };
}

/// Of three requests, one of a loop's and two of a Zipf's.
NextKey mixture(std::uint64_t loop_keys, std::size_t zipf_keys) {
  return [from_loop = loop(loop_keys), from_zipf = zipf(zipf_keys), n = 0]() mutable {
    return ++n % 3 == 0 ? from_loop() : from_zipf();
  };
}

/// Requests, and how a forecaster is told of them.
class Told {
public:
  explicit Told(Forecaster& forecaster) : forecaster_(forecaster) {}

  void tell(const CacheAccess& access) {
    ++total_;
    if (forecaster_.samples(access.hash)) forecaster_.record(std::span(&access, 1), total_);
  }
  void tell(const NextKey& next_key, int requests) {
    for (; requests > 0; --requests)
      tell(access_to(next_key()));
  }

private:
  Forecaster& forecaster_;
  std::uint64_t total_ = 0;
};

/// Hit ratio of a whole cache; older requests count less and less, as they do in the forecasts.
class RecentHitRatio {
public:
  RecentHitRatio(PolicyKind kind, const CacheLimits& limits, double half_life)
      : cache_(kind, limits),
        factor_(std::exp2(-1 / half_life)) {}

  void access(const CacheAccess& access) {
    requests_ = requests_ * factor_ + 1;
    hits_ = hits_ * factor_ + (cache_.access(access) ? 1 : 0);
  }
  [[nodiscard]] double value() const { return hits_ / requests_; }

private:
  ShadowCache cache_;
  double factor_;
  double requests_ = 0;
  double hits_ = 0;
};

/// The mean absolute error of the forecast hit ratios at all sizes.
double error_of(Forecaster& forecaster,
                const std::function<NextKey()>& workload,
                std::size_t items) {
  constexpr int kRequests = 400'000;
  Told told(forecaster);
  told.tell(workload(), kRequests);

  const std::vector<SizeForecast> sizes = forecaster.sizes();
  double error = 0;
  for (const SizeForecast& size : sizes) {
    // Half of a hundred periods of half the cache, times ln 2.
    RecentHitRatio truth(
        forecaster.choice(), items_only(items).part(size.scale), 34.6 * static_cast<double>(items));
    const NextKey next_key = workload();
    for (int i = 0; i < kRequests; ++i)
      truth.access(access_to(next_key()));
    error += std::abs(size.hit_ratio - truth.value());
  }
  return error / static_cast<double>(sizes.size());
}

class ForecasterOf : public ::testing::TestWithParam<PolicyKind> {};

INSTANTIATE_TEST_SUITE_P(All,
                         ForecasterOf,
                         ::testing::Values(PolicyKind::kLru,
                                           PolicyKind::kTinyLfu,
                                           PolicyKind::kAdaptive),
                         [](const ::testing::TestParamInfo<PolicyKind>& info) {
                           return std::string(name_of(info.param));
                         });

TEST_P(ForecasterOf, AZipfWorkloadIsRightFromASampleOfIt) {
  Forecaster forecaster(GetParam(), items_only(20'000));

  EXPECT_LT(error_of(forecaster, [] { return zipf(200'000); }, 20'000), 0.02);
  EXPECT_LT(forecaster.sample_rate(), 0.1);
}

TEST_P(ForecasterOf, ALoopBesideAZipfWorkloadIsRightFromASampleOfIt) {
  Forecaster forecaster(GetParam(), items_only(20'000));

  EXPECT_LT(error_of(forecaster, [] { return mixture(30'000, 200'000); }, 20'000), 0.02);
  EXPECT_LT(forecaster.sample_rate(), 0.1);
}

TEST_P(ForecasterOf, SavedSecondsAreThoseOfAllKeys) {
  constexpr std::size_t kItems = 5'000;
  constexpr int kRequests = 200'000;
  Forecaster forecaster(GetParam(), items_only(kItems));
  Told told(forecaster);
  const NextKey next_key = zipf(50'000);
  double asked = 0;
  for (int i = 0; i < kRequests; ++i) {
    const std::uint64_t key = next_key();
    const auto cost = 1 + static_cast<float>(key % 3);
    told.tell(access_to(key, 1, cost));
    asked += static_cast<double>(cost);
  }

  for (const SizeForecast& size : forecaster.sizes()) {
    ShadowCache truth(forecaster.choice(), items_only(kItems).part(size.scale));
    const NextKey again = zipf(50'000);
    double saved = 0;
    for (int i = 0; i < kRequests; ++i) {
      const std::uint64_t key = again();
      const auto cost = 1 + static_cast<float>(key % 3);
      if (truth.access(access_to(key, 1, cost))) saved += static_cast<double>(cost);
    }
    EXPECT_NEAR(size.seconds_saved / asked, saved / asked, 0.05) << "at " << size.scale;
  }
  EXPECT_LT(forecaster.sample_rate(), 0.5);
}

TEST_P(ForecasterOf, ACacheOfAMillionIsBoundedFromTheFirstRequestOn) {
  const CacheLimits limits{1'000'000, 1'000'000'000};
  Forecaster forecaster(GetParam(), limits);
  Told told(forecaster);
  EXPECT_LT(forecaster.bytes(), limits.bytes / 64);

  double rate = forecaster.sample_rate();
  EXPECT_EQ(rate, 1);
  for (std::uint64_t key = 0; key < 1'000'000; ++key) {
    told.tell(access_to(key, 1000));
    if (forecaster.sample_rate() == rate) continue;
    EXPECT_EQ(forecaster.sample_rate(), rate / 2);
    rate = forecaster.sample_rate();
    EXPECT_LT(forecaster.bytes(), limits.bytes / 64);
  }

  EXPECT_EQ(rate, 0x1p-10);
  EXPECT_LT(forecaster.bytes(), limits.bytes / 64);
}

TEST_P(ForecasterOf, SizesAreHalfTheSameTwoAndFourTimesAndMoreIsNoWorse) {
  Forecaster forecaster(GetParam(), items_only(1000));
  Told told(forecaster);
  told.tell(zipf(20'000), 100'000);

  const std::vector<SizeForecast> sizes = forecaster.sizes();

  ASSERT_EQ(sizes.size(), 4);
  const std::array scales{0.5, 1.0, 2.0, 4.0};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(sizes[i].scale, scales[i]);
    if (i == 0) continue;
    EXPECT_GT(sizes[i].hit_ratio, sizes[i - 1].hit_ratio);
    EXPECT_GT(sizes[i].seconds_saved, sizes[i - 1].seconds_saved);
  }
}

TEST_P(ForecasterOf, WhatWasNeverAskedIsNought) {
  const Forecaster forecaster(GetParam(), items_only(1000));

  for (const SizeForecast& size : forecaster.sizes()) {
    EXPECT_EQ(size.hit_ratio, 0);
    EXPECT_EQ(size.seconds_saved, 0);
  }
}

TEST_P(ForecasterOf, ACacheOfNothingOrOfOneForecastsToo) {
  for (const std::size_t items : {0U, 1U}) {
    Forecaster forecaster(GetParam(), items_only(items));
    Told told(forecaster);
    told.tell(uniform(100, 1), 10'000);

    for (const SizeForecast& size : forecaster.sizes())
      EXPECT_LE(size.hit_ratio, 0.1);
  }
}

TEST_P(ForecasterOf, ACacheWithoutAnyLimitForecastsToo) {
  Forecaster forecaster(GetParam(), CacheLimits{}.part(1));
  constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();
  forecaster.set_limits({kMost, kMost});
  Told told(forecaster);

  told.tell(uniform(1000, 1), 50'000);

  for (const SizeForecast& size : forecaster.sizes())
    EXPECT_GT(size.hit_ratio, 0.9);
}

TEST_P(ForecasterOf, AnErasedKeyIsMissedOnceAtEverySize) {
  Forecaster forecaster(GetParam(), items_only(100));
  Told told(forecaster);
  // Shorter than a period, and erased before each request.
  for (int i = 0; i < 20; ++i) {
    told.tell(access_to(1));
    forecaster.erase(hash_of(1));
  }

  for (const SizeForecast& size : forecaster.sizes())
    EXPECT_EQ(size.hit_ratio, 0);
}

TEST_P(ForecasterOf, AClearedCacheIsColdButWhatItLearntIsKept) {
  Forecaster forecaster(GetParam(), items_only(100));
  Told told(forecaster);
  told.tell(uniform(50, 1), 1000);
  const double seconds_before = forecaster.sizes().back().seconds_saved;
  const double ratio_before = forecaster.sizes().back().hit_ratio;
  ASSERT_GT(ratio_before, 0.9);

  forecaster.clear();

  EXPECT_EQ(forecaster.sizes().back().seconds_saved, seconds_before);
  EXPECT_EQ(forecaster.sizes().back().hit_ratio, ratio_before);
  told.tell(uniform(50, 2), 20);
  EXPECT_LT(forecaster.sizes().back().hit_ratio, ratio_before);
}

TEST_P(ForecasterOf, NewLimitsAreLearntAnewAndSavedSecondsKept) {
  Forecaster forecaster(GetParam(), items_only(1000));
  Told told(forecaster);
  told.tell(uniform(1000, 1), 20'000);
  const double saved = forecaster.sizes().at(1).seconds_saved;
  ASSERT_GT(forecaster.sizes().at(1).hit_ratio, 0.9);

  forecaster.set_limits(items_only(100));

  EXPECT_EQ(forecaster.sizes().at(1).hit_ratio, 0);
  EXPECT_EQ(forecaster.sizes().at(1).seconds_saved, saved);
  told.tell(uniform(1000, 2), 20'000);
  EXPECT_NEAR(forecaster.sizes().at(1).hit_ratio, 0.1, 0.02);
  EXPECT_NEAR(forecaster.sizes().at(3).hit_ratio, 0.4, 0.04);
}

TEST_P(ForecasterOf, ACacheThatBecomesAHundredTimesSmallerIsStillForecast) {
  Forecaster forecaster(GetParam(), items_only(50'000));
  Told told(forecaster);
  told.tell(uniform(50'000, 1), 150'000);
  ASSERT_LT(forecaster.sample_rate(), 0.1);

  forecaster.set_limits(items_only(500));
  told.tell(uniform(2'000, 2), 50'000);

  EXPECT_GT(forecaster.sample_rate(), 0.1);
  const std::vector<SizeForecast> sizes = forecaster.sizes();
  EXPECT_NEAR(sizes.at(0).hit_ratio, 0.125, 0.02);
  EXPECT_NEAR(sizes.at(1).hit_ratio, 0.25, 0.02);
  EXPECT_NEAR(sizes.at(2).hit_ratio, 0.5, 0.03);
}

TEST_P(ForecasterOf, WhatIsOverIsMissedAtEverySize) {
  Forecaster forecaster(GetParam(), items_only(1000));
  Told told(forecaster);
  // Each of a hundred keys comes once in a hundred ticks, and is over after 150: every second hits.
  for (int i = 0; i < 20'000; ++i) {
    CacheAccess access = access_to(static_cast<std::uint64_t>(i % 100));
    access.now = i;
    access.until = i + 150;
    told.tell(access);
  }

  for (const SizeForecast& size : forecaster.sizes())
    EXPECT_NEAR(size.hit_ratio, 0.5, 0.01) << "at " << size.scale;
}

TEST_P(ForecasterOf, AnOddCostSpoilsNoSum) {
  Forecaster forecaster(GetParam(), items_only(100));
  Told told(forecaster);
  const NextKey next_key = uniform(200, 1);
  for (int i = 0; i < 20'000; ++i) {
    const std::array odd{
        std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -1.0F};
    const bool is_odd = i % 1000 == 0;
    told.tell(
        access_to(next_key(), 1, is_odd ? odd[static_cast<std::size_t>(i / 1000 % 3)] : 1.0F));
  }

  for (const SizeForecast& size : forecaster.sizes()) {
    EXPECT_GT(size.seconds_saved, 0);
    EXPECT_LT(size.seconds_saved, 10 * 11'000 + 20'000);
  }
}

TEST(Forecaster, WithoutAChoiceRunsItsOwnPolicy) {
  for (const PolicyKind kind : kPolicyKinds) {
    if (kind == PolicyKind::kAdaptive) continue;
    Forecaster forecaster(kind, items_only(100));
    Told told(forecaster);
    told.tell(loop(150), 10'000);
    EXPECT_EQ(forecaster.choice(), kind);
  }
}

TEST(Forecaster, ItsMemoryIsBoundedThoughAnotherPolicyHoldsFarMore) {
  // The cost policy prefers a thousand small entries to each large one.
  const CacheLimits limits{std::numeric_limits<std::size_t>::max(), 100'000'000};
  Forecaster forecaster(PolicyKind::kAdaptive, limits);
  Told told(forecaster);
  for (std::uint64_t n = 0; n < 600'000; ++n)
    told.tell(access_to(n, n % 2 == 0 ? 200 : 200'000));

  EXPECT_LT(forecaster.bytes(), limits.bytes / 40);
}

TEST(Forecaster, ChoosesTinyLfuForALoop) {
  Forecaster forecaster(PolicyKind::kAdaptive, items_only(5'000));
  Told told(forecaster);

  told.tell(loop(6'000), 200'000);

  EXPECT_EQ(forecaster.choice(), PolicyKind::kTinyLfu);
}

TEST(Forecaster, LeavesTinyLfuForLruWhereOnlyTheRecentReturns) {
  // Every key is asked for four times, some fifty others apart, and never again.
  Forecaster forecaster(PolicyKind::kAdaptive, items_only(200));
  Told told(forecaster);

  for (std::uint64_t n = 0; n < 100'000; ++n) {
    const std::array<std::uint64_t, 4> ages{0, 40, 90, 140};
    told.tell(access_to(1000 + n / 4 - ages[n % 4]));
  }

  EXPECT_EQ(forecaster.choice(), PolicyKind::kLru);
}

TEST(Forecaster, ChoosesAmongTheBestForAZipf) {
  Forecaster forecaster(PolicyKind::kAdaptive, items_only(5'000));
  Told told(forecaster);
  told.tell(zipf(50'000), 400'000);

  const auto ratio_of = [](PolicyKind kind) {
    ShadowCache cache(kind, items_only(5'000));
    const NextKey next_key = zipf(50'000);
    int hits = 0;
    for (int i = 0; i < 400'000; ++i)
      if (cache.access(access_to(next_key()))) ++hits;
    return hits / 400'000.0;
  };
  double best = 0;
  for (const PolicyKind kind : kPolicyKinds)
    if (kind != PolicyKind::kAdaptive) best = std::max(best, ratio_of(kind));
  EXPECT_GT(ratio_of(forecaster.choice()), best - 0.01);
}

TEST(Forecaster, ChangesItsMindSeldomWhereNoPolicyIsBetter) {
  for (const std::uint64_t items : {30U, 100U, 2000U}) {
    Forecaster forecaster(PolicyKind::kAdaptive, items_only(items));
    Told told(forecaster);
    const NextKey next_key = uniform(5 * items, 1);
    int changes = 0;
    PolicyKind choice = forecaster.choice();
    constexpr int kRequests = 300'000;
    for (int i = 0; i < kRequests; ++i) {
      told.tell(access_to(next_key()));
      if (forecaster.choice() == choice) continue;
      choice = forecaster.choice();
      ++changes;
    }
    EXPECT_LE(changes, 12) << items << " items";
  }
}

}  // namespace
}  // namespace refrain
