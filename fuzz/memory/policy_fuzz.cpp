/// @file
/// Searches for a sequence of requests on which an eviction policy and its model differ.

#include "refrain/memory/policy/policy_kind.h"

#include "memory/policy/policy_model_run.h"

#include <cstddef>
#include <cstdint>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // What it throws nobody catches: that is a finding.
  for (const refrain::PolicyKind kind : refrain::kPolicyKinds)
    if (kind != refrain::PolicyKind::kAdaptive)
      refrain::testing::PolicyModelRun(kind, std::span(data, size)).run();
  return 0;
}
