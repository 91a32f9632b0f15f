#include "refrain/memory/request_sample.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

namespace refrain::testing {
namespace {

constexpr CacheLimits kLimits{100, std::size_t{1} << 20};

/// A key's hash: any number, made uniform.
std::uint64_t hash_of(std::uint64_t number) {
  return (number + 1) * 0x9E37'79B9'7F4A'7C15U;
}

class Rig {
public:
  explicit Rig(PolicyKind kind = PolicyKind::kLru) : sample(kind, kLimits, sections) {}

  void request(std::uint64_t number) {
    sections.insertion();
    CacheAccess access;
    access.hash = hash_of(number);
    access.charge = 1000;
    if (sample.has(access.hash)) sample.add(access);
  }

  /// So many keys, again and again.
  void cycle(std::uint64_t keys, int rounds) {
    for (int round = 0; round < rounds; ++round)
      for (std::uint64_t i = 0; i < keys; ++i)
        request(i);
  }

  ReadSections sections;
  RequestSample sample;
};

TEST(RequestSample, RunsThePolicyOfTheCache) {
  EXPECT_EQ(Rig(PolicyKind::kCost).sample.choice(), PolicyKind::kCost);
  EXPECT_NE(Rig(PolicyKind::kAdaptive).sample.choice(), PolicyKind::kAdaptive);
}

TEST(RequestSample, HandsOverWhatIsCollectedWhenAsked) {
  Rig rig;
  const std::size_t empty = rig.sample.bytes();

  rig.cycle(3, 1);
  EXPECT_EQ(rig.sample.bytes(), empty) << "three are no batch";
  EXPECT_EQ(rig.sample.forecast().size(), 4U);

  EXPECT_GT(rig.sample.bytes(), empty);
}

TEST(RequestSample, HandsOverABatchByItself) {
  Rig rig;
  const std::size_t empty = rig.sample.bytes();

  rig.cycle(16, 1);

  EXPECT_GT(rig.sample.bytes(), empty);
}

TEST(RequestSample, TellsALoopOverTwiceTheCacheFromWhatFits) {
  Rig rig;

  // A loop is LRU's worst case: all hits or none.
  rig.cycle(150, 100);

  for (const SizeForecast& size : rig.sample.forecast()) {
    if (size.scale <= 1) {
      EXPECT_LT(size.hit_ratio, 0.1) << size.scale;
    } else {
      EXPECT_GT(size.hit_ratio, 0.9) << size.scale;
    }
  }
}

TEST(RequestSample, TakesNothingForAHitThatItDidNotSee) {
  Rig rig;

  // Nothing hits, and of every second request only the number is known.
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    rig.request(i);
    rig.sections.insertion();
    rig.sample.skip();
  }

  for (const SizeForecast& size : rig.sample.forecast())
    EXPECT_LT(size.hit_ratio, 0.05) << size.scale;
}

TEST(RequestSample, ForgetsAllKeysWhetherHandedOverOrNot) {
  Rig kept;
  Rig cleared;

  // A round is a batch and four more.
  for (int round = 0; round < 100; ++round) {
    kept.cycle(20, 1);
    cleared.cycle(20, 1);
    cleared.sample.clear();
  }

  for (const SizeForecast& size : kept.sample.forecast())
    EXPECT_GT(size.hit_ratio, 0.9) << size.scale;
  for (const SizeForecast& size : cleared.sample.forecast())
    EXPECT_LT(size.hit_ratio, 0.1) << size.scale;
}

TEST(RequestSample, StaysWithinItsBytes) {
  for (const PolicyKind kind : kPolicyKinds) {
    Rig rig(kind);

    rig.cycle(5000, 3);

    EXPECT_LE(rig.sample.bytes(), rig.sample.most_bytes()) << name_of(kind);
  }
}

TEST(RequestSample, ManyThreadsMayFeedItWhileOthersAsk) {
  Rig rig(PolicyKind::kAdaptive);

  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i)
      threads.emplace_back([&rig] { rig.cycle(200, 10); });
    for (std::uint64_t i = 0; i < 20; ++i) {
      EXPECT_EQ(rig.sample.forecast().size(), 4U);
      rig.sample.erase(hash_of(i));
      rig.sample.set_limits({100 + i, kLimits.bytes});
      if (i % 5 == 0) rig.sample.clear();
    }
  }

  EXPECT_LE(rig.sample.bytes(), rig.sample.most_bytes());
}

}  // namespace
}  // namespace refrain::testing
