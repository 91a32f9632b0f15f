#include "refrain/app/demo_report.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace refrain::app {
namespace {

std::string decimal(double number) {
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), number < 100 ? "%.1f" : "%.0f", number);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string with_separators(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (auto place = static_cast<std::ptrdiff_t>(digits.size()) - 3; place > 0; place -= 3) {
    digits.insert(static_cast<std::size_t>(place), ",");
  }
  return digits;
}

}  // namespace

void DemoReport::title(std::string_view text) const {
  terminal_.print("\n" + terminal_.bold(text));
}

void DemoReport::step(std::string_view text) {
  ++steps_;
  terminal_.print("\n" + terminal_.bold(std::to_string(steps_) + "  " + std::string(text)));
}

bool DemoReport::check(bool holds, std::string_view claim) {
  (holds ? passed_ : failed_) += 1;
  const std::string mark = holds ? terminal_.green("✓") : terminal_.red("✗");
  terminal_.print("   " + mark + " " + std::string(claim));
  return holds;
}

void DemoReport::note(std::string_view text) const {
  terminal_.print("     " + terminal_.dim(text));
}

int DemoReport::finish() const {
  if (failed_ == 0) {
    terminal_.print("\n" + terminal_.green("All " + std::to_string(passed_) + " checks passed."));
    return 0;
  }
  terminal_.print("\n" + terminal_.red(std::to_string(failed_) + " of " +
                                       std::to_string(passed_ + failed_) + " checks failed."));
  return 1;
}

std::string duration_text(std::chrono::nanoseconds duration) {
  const auto nanoseconds = static_cast<double>(duration.count());
  if (nanoseconds >= 1e9) return decimal(nanoseconds / 1e9) + " s";
  if (nanoseconds >= 1e6) return decimal(nanoseconds / 1e6) + " ms";
  return decimal(nanoseconds / 1e3) + " µs";
}

std::string speedup_text(std::chrono::nanoseconds slow, std::chrono::nanoseconds fast) {
  return with_separators(slow.count() / std::max<std::int64_t>(1, fast.count())) + " times faster";
}

}  // namespace refrain::app
