#include "refrain/cache/erasures.h"

#include <gtest/gtest.h>

#include <optional>

namespace refrain {
namespace {

TEST(Erasures, DoNotOverlapWhatBeganAfterTheyEnded) {
  Erasures erasures;
  {
    const Erasures::Scope erasure(erasures);
  }

  EXPECT_FALSE(erasures.overlap(Erasures::Mark(erasures)));
}

TEST(Erasures, OverlapWhatBeganBeforeThem) {
  Erasures erasures;
  const Erasures::Mark mark(erasures);

  {
    const Erasures::Scope erasure(erasures);
  }

  EXPECT_TRUE(erasures.overlap(mark));
}

TEST(Erasures, OverlapWhatBeganDuringThemEvenOnceTheyHaveEnded) {
  Erasures erasures;
  std::optional<Erasures::Scope> erasure(std::in_place, erasures);
  const Erasures::Mark mark(erasures);

  EXPECT_TRUE(erasures.overlap(mark));
  erasure.reset();

  EXPECT_TRUE(erasures.overlap(mark));
}

TEST(Erasures, OverlapWhatBeganDuringTheLongerOfTwo) {
  Erasures erasures;
  std::optional<Erasures::Scope> longer(std::in_place, erasures);
  {
    const Erasures::Scope shorter(erasures);
  }
  const Erasures::Mark mark(erasures);

  EXPECT_TRUE(erasures.overlap(mark));
}

}  // namespace
}  // namespace refrain
