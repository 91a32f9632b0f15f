#pragma once

/// @file
/// How much room new entries get.

#include <cstddef>

namespace refrain {

/// Finds the window's share of a W-TinyLFU cache by hill climbing (Einziger, Eytan, Friedman and
/// Manes, "Adaptive software cache management", 2018): after each period it goes a step on if the
/// hit ratio rose, else back, with steps that become smaller until the workload changes.
class WindowClimber {
public:
  /// From 0.01, for keys that are asked for often, to 0.8, for keys that were asked for just now.
  [[nodiscard]] double window_share() const { return share_; }

  /// Counts requests of a cache that holds `items` entries when it is full. True if a period is
  /// over, and the share another.
  bool count(std::size_t hits, std::size_t misses, std::size_t items);

private:
  void climb(double hit_ratio);

  double share_ = 0.01;
  double step_ = 0.03;
  double last_hit_ratio_ = 0;
  std::size_t hits_ = 0;
  std::size_t misses_ = 0;
};

}  // namespace refrain
