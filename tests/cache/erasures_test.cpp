#include "refrain/cache/erasures.h"

#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

namespace refrain {
namespace {

class ErasuresTest : public ::testing::Test {
protected:
  [[nodiscard]] Erasures::Mark mark() const { return {erasures_, key_}; }

  Erasures erasures_;
  const CacheKey key_ = testing::sample_key("the key");
};

TEST_F(ErasuresTest, DoNotOverlapWhatBeganAfterTheyEnded) {
  {
    const Erasures::Scope erasure(erasures_, key_);
  }

  EXPECT_FALSE(erasures_.overlap(mark()));
}

TEST_F(ErasuresTest, OverlapWhatBeganBeforeThem) {
  const Erasures::Mark before = mark();

  {
    const Erasures::Scope erasure(erasures_, key_);
  }

  EXPECT_TRUE(erasures_.overlap(before));
}

TEST_F(ErasuresTest, OverlapWhatBeganDuringThemEvenOnceTheyHaveEnded) {
  std::optional<Erasures::Scope> erasure(std::in_place, erasures_, key_);
  const Erasures::Mark during = mark();

  EXPECT_TRUE(erasures_.overlap(during));
  erasure.reset();

  EXPECT_TRUE(erasures_.overlap(during));
}

TEST_F(ErasuresTest, OverlapWhatBeganDuringTheLongerOfTwo) {
  std::optional<Erasures::Scope> longer(std::in_place, erasures_, key_);
  {
    const Erasures::Scope shorter(erasures_, key_);
  }

  EXPECT_TRUE(erasures_.overlap(mark()));
}

TEST_F(ErasuresTest, OfEverythingOverlapTheLookUpsOfEveryKey) {
  const Erasures::Mark before = mark();
  const Erasures::Mark of_another(erasures_, testing::sample_key("another key"));

  {
    const Erasures::Scope erasure(erasures_);
  }

  EXPECT_TRUE(erasures_.overlap(before));
  EXPECT_TRUE(erasures_.overlap(of_another));
}

TEST_F(ErasuresTest, OfOneKeyLeaveMostOthersAlone) {
  int overlapped = 0;
  for (int i = 0; i < 256; ++i) {
    const Erasures::Mark other(erasures_, testing::sample_key("other " + std::to_string(i)));
    const Erasures::Scope erasure(erasures_, key_);
    overlapped += erasures_.overlap(other) ? 1 : 0;
  }

  EXPECT_LT(overlapped, 32);
}

TEST_F(ErasuresTest, KnowAChangeFromAnErasure) {
  const Erasures::Mark before = mark();
  {
    const Erasures::Scope change(erasures_, key_, Erasures::Kind::kChange);
  }
  EXPECT_TRUE(erasures_.overlap(before));
  EXPECT_FALSE(erasures_.overlap_erasure(before));

  {
    const Erasures::Scope erasure(erasures_);
  }
  EXPECT_TRUE(erasures_.overlap_erasure(before));
}

TEST_F(ErasuresTest, ForbidACopyThatTheyMayHaveMissed) {
  const Erasures::Mark before = mark();
  {
    const Erasures::Scope erasure(erasures_, key_);
  }
  bool is_copied = false;
  const auto copy = [&is_copied] {
    is_copied = true;
  };

  EXPECT_FALSE(erasures_.copy_unless_overlapped(before, copy));
  EXPECT_FALSE(is_copied);
  EXPECT_TRUE(erasures_.copy_unless_overlapped(mark(), copy));
  EXPECT_TRUE(is_copied);
}

TEST_F(ErasuresTest, LeaveNoCopyBehindHoweverTheyMeetIt) {
  std::atomic<int> original{0};
  std::atomic<int> copied{-1};  // -1: there is no copy
  constexpr int kRounds = 20'000;

  std::thread copier([&] {
    while (original < kRounds) {
      const Erasures::Mark before = mark();
      const int found = original;
      erasures_.copy_unless_overlapped(before, [&copied, found] { copied = found; });
    }
  });
  int stale = 0;
  for (int i = 1; i <= kRounds; ++i) {
    original = i;
    {
      const Erasures::Scope erasure(erasures_, key_);
      copied = -1;
    }
    const int seen = copied;
    stale += seen != -1 && seen < i ? 1 : 0;
  }
  copier.join();

  EXPECT_EQ(stale, 0);
}

}  // namespace
}  // namespace refrain
