#include "refrain/simulator/zipf.h"

#include <algorithm>
#include <cmath>

namespace refrain {

Zipf::Zipf(std::size_t ranks, double exponent) {
  cumulative_.reserve(ranks);
  double sum = 0;
  for (std::size_t rank = 1; rank <= ranks; ++rank) {
    sum += std::pow(static_cast<double>(rank), -exponent);
    cumulative_.push_back(sum);
  }
}

std::size_t Zipf::rank(double uniform) const {
  const auto found =
      std::upper_bound(cumulative_.begin(), cumulative_.end(), uniform * cumulative_.back());
  // Rounding may leave the sum itself, beyond the last.
  return static_cast<std::size_t>(std::min(found, cumulative_.end() - 1) - cumulative_.begin());
}

}  // namespace refrain
