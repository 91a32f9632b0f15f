#pragma once

/// @file
/// The cache that knows the future.

#include "refrain/simulator/score.h"
#include "refrain/simulator/simulation_plan.h"
#include "refrain/simulator/trace.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace refrain {

/// What could be had at best: evicts what will be asked for last (Belady, "A study of replacement
/// algorithms for a virtual-storage computer", 1966), and what is never asked for again does not
/// enter at all.
///
/// With answers of one size, or a limit in items, no cache can have more hits. With sizes it is no
/// optimum, which would take years to find, but a strong bound: it still looks at the time of the
/// next use alone. Of seconds it knows nothing, and a policy that does may save more of them.
///
/// A run takes O(n log n). Thread safety: immutable; several threads may run at once.
class Belady {
public:
  /// @pre `trace` outlives this.
  explicit Belady(const Trace& trace);

  /// Called with the number of requests that were simulated since it was called before.
  using OnProgress = std::function<void(std::size_t)>;

  [[nodiscard]] Score run(CacheUnit unit, std::uint64_t capacity, const OnProgress& progress) const;

private:
  const Trace& trace_;
  std::vector<std::uint32_t> next_use_;  // by request; the number of requests if there is none
};

}  // namespace refrain
