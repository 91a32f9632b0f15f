#include "refrain/simulator/miss_ratio_chart.h"

#include "refrain/simulator/number_text.h"
#include "refrain/simulator/ratio_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace refrain {
namespace {

constexpr double kWidth = 820;
constexpr double kHeight = 460;
constexpr double kLeft = 76;
constexpr double kRight = 690;
constexpr double kTop = 74;
constexpr double kBottom = 392;

/// How a curve looks. The colours are those of Okabe and Ito (2002), which people with any colour
/// vision tell apart.
struct Look {
  std::string_view colour;
  std::string_view dashes;
  double width;
  char mark;
};

constexpr Look kOptimumLook{"#8b949e", "2 4", 2, ' '};

constexpr Look look_of(PolicyKind policy) {
  switch (policy) {
    case PolicyKind::kLru:
      return {"#e69f00", "none", 2, 'o'};
    case PolicyKind::kS3Fifo:
      return {"#56b4e9", "9 4", 2, 's'};
    case PolicyKind::kTinyLfu:
      return {"#009e73", "none", 2, 't'};
    case PolicyKind::kCost:
      return {"#cc79a7", "12 4 3 4", 2, 'd'};
    case PolicyKind::kAdaptive:
      return {"#d55e00", "none", 4, ' '};
  }
  return kOptimumLook;
}

constexpr std::string_view kStyle =
    "<style>\n"
    ".paper{fill:#ffffff}.frame{stroke:#57606a;stroke-width:1;fill:none}"
    ".grid{stroke:#d0d7de;stroke-width:1}\n"
    "text{fill:#1f2328;font:13px system-ui,sans-serif}.title{font-size:17px;font-weight:600}"
    ".soft{fill:#57606a}\n"
    ".curve{fill:none;stroke-linejoin:round;stroke-linecap:round}\n"
    "@media (prefers-color-scheme:dark){.paper{fill:#0d1117}.frame{stroke:#8d96a0}"
    ".grid{stroke:#30363d}text{fill:#e6edf3}.soft{fill:#8d96a0}}\n"
    "</style>\n";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
  return out;
}

std::string number(double value) {
  return fixed_text(value, 1);
}

/// ` name="value"`.
std::string attribute(std::string_view name, std::string_view value) {
  return " " + std::string(name) + "=\"" + escaped(value) + "\"";
}

std::string line(std::string_view style,
                 std::pair<double, double> from,
                 std::pair<double, double> to) {
  return "<line" + attribute("class", style) + attribute("x1", number(from.first)) +
         attribute("y1", number(from.second)) + attribute("x2", number(to.first)) +
         attribute("y2", number(to.second));
}

std::string label(std::pair<double, double> at,
                  std::string_view anchor,
                  std::string_view style,
                  std::string_view text) {
  return "<text" + attribute("x", number(at.first)) + attribute("y", number(at.second)) +
         attribute("text-anchor", anchor) + attribute("class", style) + ">" + escaped(text) +
         "</text>\n";
}

/// A small figure about a point.
std::string mark(const Look& look, double x, double y) {
  constexpr double kRadius = 3.5;
  const std::string fill = attribute("fill", look.colour) + "/>\n";
  const auto polygon = [&](std::span<const std::pair<double, double>> corners) {
    std::string points;
    for (const auto& [dx, dy] : corners)
      points += number(x + dx * kRadius) + "," + number(y + dy * kRadius) + " ";
    points.pop_back();
    return "<polygon" + attribute("points", points) + fill;
  };
  static constexpr std::array<std::pair<double, double>, 4> kSquare{
      {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}}};
  static constexpr std::array<std::pair<double, double>, 3> kTriangle{
      {{0, -1.3}, {1.2, 0.9}, {-1.2, 0.9}}};
  static constexpr std::array<std::pair<double, double>, 4> kDiamond{
      {{0, -1.4}, {1.4, 0}, {0, 1.4}, {-1.4, 0}}};
  if (look.mark == 's') return polygon(kSquare);
  if (look.mark == 't') return polygon(kTriangle);
  if (look.mark == 'd') return polygon(kDiamond);
  if (look.mark == 'o') {
    return "<circle" + attribute("cx", number(x)) + attribute("cy", number(y)) +
           attribute("r", number(kRadius)) + fill;
  }
  return {};
}

std::string stroke(const Look& look) {
  return attribute("stroke", look.colour) + attribute("stroke-width", number(look.width)) +
         attribute("stroke-dasharray", look.dashes);
}

std::string_view vertical_title(Metric metric) {
  switch (metric) {
    case Metric::kHits:
      return "miss ratio: requests not answered";
    case Metric::kBytes:
      return "byte miss ratio: bytes not answered";
    case Metric::kSeconds:
      return "generation seconds not saved";
  }
  return "";
}

/// The picture's two axes.
class Axes {
public:
  Axes(const std::vector<std::uint64_t>& sizes, double lowest, double highest)
      : smallest_(static_cast<double>(sizes.front())),
        largest_(static_cast<double>(sizes.back())) {
    if (sizes.size() == 1) {
      smallest_ /= 2;
      largest_ *= 2;
    }
    for (const double step : {0.01, 0.02, 0.05, 0.1, 0.2}) {
      step_ = step;
      if ((highest - lowest) / step <= 7) break;
    }
    // A hundredth of a step is no difference to see, and rounding makes no more.
    first_ = static_cast<int>(std::floor(lowest / step_ + 0.01));
    last_ = std::max(first_ + 1, static_cast<int>(std::ceil(highest / step_ - 0.01)));
  }

  [[nodiscard]] double x(double size) const {
    return kLeft + (kRight - kLeft) * std::log(size / smallest_) / std::log(largest_ / smallest_);
  }
  [[nodiscard]] double y(double ratio) const {
    return kBottom - (kBottom - kTop) * (ratio / step_ - first_) / (last_ - first_);
  }

  [[nodiscard]] std::string draw(CacheUnit unit, Metric metric) const {
    std::string svg;
    for (int i = first_; i <= last_; ++i) {
      const double ratio = i * step_;
      svg += line("grid", {kLeft, y(ratio)}, {kRight, y(ratio)}) + "/>\n";
      svg += label({kLeft - 8, y(ratio) + 4}, "end", "", fixed_text(ratio * 100, 0) + " %");
    }
    for (const double size : size_ticks()) {
      svg += line("grid", {x(size), kTop}, {x(size), kBottom}) + "/>\n";
      svg += label({x(size), kBottom + 20},
                   "middle",
                   "",
                   size_text(static_cast<std::uint64_t>(std::llround(size)), unit));
    }
    svg += "<polyline class=\"frame\" points=\"" + number(kLeft) + "," + number(kTop) + " " +
           number(kLeft) + "," + number(kBottom) + " " + number(kRight) + "," + number(kBottom) +
           "\"/>\n";
    const std::string_view unit_name = unit == CacheUnit::kItems ? "entries" : "bytes";
    svg += label({(kLeft + kRight) / 2, kBottom + 46},
                 "middle",
                 "soft",
                 "cache size in " + std::string(unit_name) + ", logarithmic");
    const std::string middle = number((kTop + kBottom) / 2);
    svg += "<text transform=\"translate(18," + middle +
           ") rotate(-90)\" text-anchor=\"middle\" class=\"soft\">" +
           escaped(vertical_title(metric)) + "</text>\n";
    return svg;
  }

private:
  /// Round sizes, as many as fit well.
  [[nodiscard]] std::vector<double> size_ticks() const {
    static constexpr std::array<double, 1> kDecades{1};
    static constexpr std::array<double, 3> kFew{1, 2, 5};
    static constexpr std::array<double, 9> kMany{1, 2, 3, 4, 5, 6, 7, 8, 9};
    const double decades = std::log10(largest_ / smallest_);
    if (decades > 3) return ticks(kDecades);
    return decades > 0.7 ? ticks(kFew) : ticks(kMany);
  }

  [[nodiscard]] std::vector<double> ticks(std::span<const double> digits) const {
    constexpr double kRounding = 1e-9;
    std::vector<double> sizes;
    double decade = std::pow(10.0, std::floor(std::log10(smallest_)));
    for (; decade <= largest_; decade *= 10) {
      for (const double digit : digits) {
        const double size = digit * decade;
        if (size >= smallest_ * (1 - kRounding) && size <= largest_ * (1 + kRounding))
          sizes.push_back(size);
      }
    }
    return sizes;
  }

  double smallest_;
  double largest_;
  double step_ = 0.2;
  int first_ = 0;  // of the lines across, in steps
  int last_ = 1;
};

/// One curve with its marks, and its line in the legend.
std::string curve(const SimulationResult& result,
                  const Axes& axes,
                  const std::vector<double>& misses,
                  const Look& look,
                  std::string_view name) {
  std::string path;
  std::string marks;
  for (std::size_t i = 0; i < misses.size(); ++i) {
    const double x = axes.x(static_cast<double>(result.sizes[i]));
    const double y = axes.y(misses[i]);
    path += (i == 0 ? "M" : " L") + number(x) + " " + number(y);
    marks += mark(look, x, y);
  }
  return "<path class=\"curve\"" + stroke(look) + attribute("d", path) + "><title>" +
         escaped(name) + "</title></path>\n" + marks;
}

std::string legend_line(const Look& look, std::string_view name, double y) {
  constexpr double kBegin = kRight + 18;
  constexpr double kLength = 30;
  return line("curve", {kBegin, y}, {kBegin + kLength, y}) + stroke(look) + "/>\n" +
         mark(look, kBegin + kLength / 2, y) +
         label({kBegin + kLength + 8, y + 4}, "start", "", name);
}

std::vector<double> misses_of(const std::vector<Score>& scores, Metric metric) {
  std::vector<double> misses;
  misses.reserve(scores.size());
  for (const Score& score : scores)
    misses.push_back(1 - ratio_of(score, metric));
  return misses;
}

}  // namespace

std::string miss_ratio_chart(const SimulationResult& result, Metric metric) {
  std::vector<std::vector<double>> misses{misses_of(result.optimum, metric)};
  std::vector<Look> looks{kOptimumLook};
  std::vector<std::string_view> names{kOptimumName};
  for (std::size_t i = 0; i < result.policies.size(); ++i) {
    misses.push_back(misses_of(result.scores[i], metric));
    looks.push_back(look_of(result.policies[i]));
    names.push_back(name_of(result.policies[i]));
  }
  double lowest = 1;
  double highest = 0;
  for (const std::vector<double>& row : misses) {
    lowest = std::min(lowest, *std::min_element(row.begin(), row.end()));
    highest = std::max(highest, *std::max_element(row.begin(), row.end()));
  }
  const Axes axes(result.sizes, lowest, highest);

  const std::string title = result.trace + ": " + std::string(vertical_title(metric));
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + number(kWidth) +
                    " " + number(kHeight) + "\" role=\"img\">\n<title>" + escaped(title) +
                    "</title>\n" + std::string(kStyle);
  svg += "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n";
  svg += label({kLeft, 32}, "start", "title", result.trace);
  svg += label({kLeft, 54},
               "start",
               "soft",
               trace_line(result).substr(result.trace.size() + 2) + "; lower is better");
  svg += axes.draw(result.unit, metric);
  std::string curves;
  double y = kTop + 8;
  for (std::size_t i = 0; i < misses.size(); ++i, y += 24) {
    // The later ones lie below: the widest would hide what it is the same as.
    curves.insert(0, curve(result, axes, misses[i], looks[i], names[i]));
    svg += legend_line(looks[i], names[i], y);
  }
  svg += curves;
  return svg + "</svg>\n";
}

}  // namespace refrain
