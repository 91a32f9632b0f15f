#pragma once

/// @file
/// Taking figures and writing them down.

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

namespace refrain::bench {

constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();

/// Runs from its construction on.
class Stopwatch {
public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }
  [[nodiscard]] double microseconds() const { return seconds() * 1e6; }

private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// The figure below which a `share` of all lie. @pre there is one
inline double percentile(std::vector<double> figures, double share) {
  const auto position = figures.begin() + static_cast<std::ptrdiff_t>(
                                              share * static_cast<double>(figures.size() - 1));
  std::nth_element(figures.begin(), position, figures.end());
  return *position;
}

/// At least three digits, with commas between thousands; `-` for what was not measured.
inline std::string words_of(double figure) {
  if (std::isnan(figure)) return "-";
  const int decimals = figure < 10 ? 2 : figure < 100 ? 1 : 0;
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), "%.*f", decimals, figure);
  std::string words = digits.data();
  for (std::size_t end = std::min(words.find('.'), words.size()); end > 3; end -= 3)
    words.insert(end - 3, ",");
  return words;
}

}  // namespace refrain::bench
