#pragma once

/// @file
/// Few things asked for often, many seldom.

#include <cstddef>
#include <vector>

namespace refrain {

/// Zipf's law: the rank r of n comes with a probability in proportion to 1 / r^exponent.
///
/// Our own, since the standard library leaves open what its distributions make of random numbers.
///
/// Thread safety: immutable.
class Zipf {
public:
  /// @pre `ranks` is not 0.
  Zipf(std::size_t ranks, double exponent);

  /// The rank, from 0, at which the distribution function reaches `uniform`, a number from 0 up to,
  /// not including, 1.
  [[nodiscard]] std::size_t rank(double uniform) const;

private:
  std::vector<double> cumulative_;
};

}  // namespace refrain
