#include "refrain/memory/policy/policy_kind.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string_view>

namespace refrain {
namespace {

TEST(PolicyKind, EveryKindIsFoundByItsOwnName) {
  std::set<std::string_view> names;
  for (const PolicyKind kind : kPolicyKinds) {
    names.insert(name_of(kind));
    EXPECT_EQ(policy_kind(name_of(kind)), kind);
  }

  EXPECT_EQ(names, (std::set<std::string_view>{"lru", "s3fifo", "tinylfu", "cost", "adaptive"}));
}

TEST(PolicyKind, OtherNamesAreNone) {
  EXPECT_FALSE(policy_kind(""));
  EXPECT_FALSE(policy_kind("LRU"));
  EXPECT_FALSE(policy_kind("lru "));
}

TEST(PolicyKind, EveryKindButTheAdaptiveIsAPolicy) {
  for (const PolicyKind kind : kPolicyKinds) {
    if (kind == PolicyKind::kAdaptive) continue;
    EXPECT_NE(make_policy(kind, {10, 1000}), nullptr);
  }
  EXPECT_THROW(static_cast<void>(make_policy(PolicyKind::kAdaptive, {10, 1000})), std::logic_error);
}

}  // namespace
}  // namespace refrain
