#include "refrain/memory/policy/policy_kind.h"

#include "refrain/memory/policy/cost_policy.h"
#include "refrain/memory/policy/lru_policy.h"
#include "refrain/memory/policy/s3fifo_policy.h"
#include "refrain/memory/policy/tinylfu_policy.h"

#include <stdexcept>

namespace refrain {

std::string_view name_of(PolicyKind kind) {
  switch (kind) {
    case PolicyKind::kLru:
      return "lru";
    case PolicyKind::kS3Fifo:
      return "s3fifo";
    case PolicyKind::kTinyLfu:
      return "tinylfu";
    case PolicyKind::kCost:
      return "cost";
    case PolicyKind::kAdaptive:
      return "adaptive";
  }
  return "";
}

std::optional<PolicyKind> policy_kind(std::string_view name) {
  for (const PolicyKind kind : kPolicyKinds)
    if (name_of(kind) == name) return kind;
  return std::nullopt;
}

std::unique_ptr<EvictionPolicy> make_policy(PolicyKind kind, const CacheLimits& limits) {
  switch (kind) {
    case PolicyKind::kLru:
      return std::make_unique<LruPolicy>();
    case PolicyKind::kS3Fifo:
      return std::make_unique<S3FifoPolicy>(limits);
    case PolicyKind::kTinyLfu:
      return std::make_unique<TinyLfuPolicy>(limits);
    case PolicyKind::kCost:
      return std::make_unique<CostPolicy>(limits);
    case PolicyKind::kAdaptive:
      break;
  }
  throw std::logic_error("the adaptive policy is a choice among the others");
}

}  // namespace refrain
