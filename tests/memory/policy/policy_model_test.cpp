#include "refrain/memory/policy/policy_kind.h"

#include "memory/policy/policy_model_run.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace refrain::testing {
namespace {

class EvictionPolicyModel : public ::testing::TestWithParam<PolicyKind> {};

TEST_P(EvictionPolicyModel, ThePolicyHitsAndEvictsAsTheModelDoesOnRandomScripts) {
  std::mt19937 random(1);
  for (int script_number = 0; script_number < 400; ++script_number) {
    std::vector<std::uint8_t> script(600);
    for (std::uint8_t& byte : script)
      byte = static_cast<std::uint8_t>(random());

    EXPECT_NO_THROW(PolicyModelRun(GetParam(), script).run()) << "script " << script_number;
  }
}

TEST_P(EvictionPolicyModel,
       ThePolicyHitsAndEvictsAsTheModelDoesWhereOnlyItemsBindAndNothingElseHappens) {
  std::mt19937 random(2);
  for (int script_number = 0; script_number < 100; ++script_number) {
    std::vector<std::uint8_t> script = {static_cast<std::uint8_t>(1 + random() % 30), 255};
    while (script.size() < 1000) {
      script.push_back(static_cast<std::uint8_t>(random() % 10));
      script.push_back(static_cast<std::uint8_t>(random() % 40));
      script.push_back(1);
    }

    EXPECT_NO_THROW(PolicyModelRun(GetParam(), script).run()) << "script " << script_number;
  }
}

INSTANTIATE_TEST_SUITE_P(All,
                         EvictionPolicyModel,
                         ::testing::Values(PolicyKind::kLru,
                                           PolicyKind::kS3Fifo,
                                           PolicyKind::kTinyLfu,
                                           PolicyKind::kCost),
                         [](const ::testing::TestParamInfo<PolicyKind>& info) {
                           return std::string(name_of(info.param));
                         });

}  // namespace
}  // namespace refrain::testing
