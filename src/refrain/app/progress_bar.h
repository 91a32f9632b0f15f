#pragma once

/// @file
/// How far long work has come.

#include <cstddef>

namespace refrain::app {

/// A bar on standard error, if that is a terminal; nothing otherwise. Gone when it is destroyed.
///
/// Thread safety: none.
class ProgressBar {
public:
  ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar();

  /// `done` of `all`; draws only when a percent more is done.
  void show(std::size_t done, std::size_t all);

private:
  bool is_interactive_;
  std::size_t percent_ = 0;
  bool is_drawn_ = false;
};

}  // namespace refrain::app
