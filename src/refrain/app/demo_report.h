#pragma once

/// @file
/// What a demonstration shows.

#include "refrain/app/terminal.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace refrain::app {

/// Numbered steps, each with checks that hold or do not; the exit code says whether all did.
class DemoReport {
public:
  explicit DemoReport(const Terminal& terminal) : terminal_(terminal) {}

  void title(std::string_view text) const;
  void step(std::string_view text);
  /// A claim and whether it holds.
  bool check(bool holds, std::string_view claim);
  /// Something worth knowing that is neither right nor wrong.
  void note(std::string_view text) const;

  /// Sums up. Returns the exit code: 0 if every check held.
  [[nodiscard]] int finish() const;

  [[nodiscard]] const Terminal& terminal() const { return terminal_; }

private:
  const Terminal& terminal_;
  std::size_t steps_ = 0;
  std::size_t passed_ = 0;
  std::size_t failed_ = 0;
};

/// `812.4 ms`, `35.2 µs`.
std::string duration_text(std::chrono::nanoseconds duration);

/// `23,081 times faster`.
std::string speedup_text(std::chrono::nanoseconds slow, std::chrono::nanoseconds fast);

}  // namespace refrain::app
