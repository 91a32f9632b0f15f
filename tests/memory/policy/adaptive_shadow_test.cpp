#include "refrain/memory/policy/adaptive_shadow.h"

#include "refrain/memory/policy/policy_kind.h"

#include "memory/policy/workloads.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

namespace refrain {
namespace {

using testing::access_to;
using testing::items_only;
using testing::ZipfKeys;

TEST(AdaptiveShadow, RunsWhatItsForecasterChooses) {
  AdaptiveShadow cache(items_only(200));
  ZipfKeys keys(5000);
  for (int i = 0; i < 50'000; ++i) {
    // A loop that fits nowhere, then keys that are asked for often.
    cache.access(
        access_to(i < 25'000 ? 10'000 + static_cast<std::uint64_t>(i % 300) : keys.next()));
    ASSERT_EQ(cache.policy(), cache.forecaster().choice());
  }
}

TEST(AdaptiveShadow, HitsWhatItHoldsAndMissesWhatIsOver) {
  AdaptiveShadow cache(items_only(10));
  CacheAccess access = access_to(1);
  access.until = 10;

  EXPECT_FALSE(cache.access(access));
  EXPECT_TRUE(cache.access(access));
  access.now = 10;
  access.until = 20;
  EXPECT_FALSE(cache.access(access));
  EXPECT_TRUE(cache.access(access));
}

TEST(AdaptiveShadow, IsAlmostAsGoodAsTheBestOfAllOnLoopsThatTurnIntoOthers) {
  constexpr int kRequests = 240'000;
  const auto first_request = [keys = ZipfKeys(5000)](int i) mutable {
    const bool is_loop = i / 60'000 % 2 == 0;
    return access_to(is_loop ? 10'000 + static_cast<std::uint64_t>(i % 600) : keys.next());
  };
  AdaptiveShadow adaptive(items_only(500));
  auto request = first_request;
  int hits = 0;
  for (int i = 0; i < kRequests; ++i)
    if (adaptive.access(request(i))) ++hits;

  int best = 0;
  for (const PolicyKind kind : kPolicyKinds) {
    if (kind == PolicyKind::kAdaptive) continue;
    ShadowCache cache(kind, items_only(500));
    auto request_again = first_request;
    int its_hits = 0;
    for (int i = 0; i < kRequests; ++i)
      if (cache.access(request_again(i))) ++its_hits;
    best = std::max(best, its_hits);
  }

  EXPECT_GT(hits, best - kRequests / 100);
}

}  // namespace
}  // namespace refrain
