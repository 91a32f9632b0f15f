#include "support/redis_fault.h"

namespace refrain::testing {

const std::vector<RedisFault>& redis_faults() {
  static const std::vector<RedisFault> faults = [] {
    std::vector<RedisFault> all;
    for (const auto* const some : {&server_faults(), &cluster_faults(), &sentinel_faults()})
      all.insert(all.end(), some->begin(), some->end());
    return all;
  }();
  return faults;
}

}  // namespace refrain::testing
