#include "refrain/memory/policy/cache_limits.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <limits>

namespace refrain {
namespace {

constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

TEST(CacheLimits, APartIsRoundedDown) {
  EXPECT_EQ((CacheLimits{19, 1000}.part(0.1)), (CacheLimits{1, 100}));
  EXPECT_EQ((CacheLimits{19, 1000}.part(4)), (CacheLimits{76, 4000}));
  EXPECT_EQ((CacheLimits{0, 9}.part(0.1)), (CacheLimits{0, 0}));
}

TEST(CacheLimits, APartOfNoLimitIsNoneOrMuch) {
  constexpr CacheLimits kNone{kUnlimited, kUnlimited};

  EXPECT_EQ(kNone.part(1), kNone);
  EXPECT_EQ(kNone.part(4), kNone);
  EXPECT_NEAR(static_cast<double>(kNone.part(0.5).items), 0x1p63, 0x1p40);
}

TEST(CacheLimits, ALoadExceedsALimitInEitherRespect) {
  constexpr CacheLimits kLimit{2, 100};

  EXPECT_FALSE((CacheLimits{2, 100}.exceeds(kLimit)));
  EXPECT_TRUE((CacheLimits{3, 1}.exceeds(kLimit)));
  EXPECT_TRUE((CacheLimits{1, 101}.exceeds(kLimit)));
}

TEST(CacheLimits, ALoadCountsEntriesAndTheirBytes) {
  CacheLimits load;

  load.add(10);
  load.add(32);
  load.subtract(10);

  EXPECT_EQ(load, (CacheLimits{1, 32}));
}

}  // namespace
}  // namespace refrain
