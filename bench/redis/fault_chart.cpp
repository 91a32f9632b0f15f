#include "redis/fault_chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace refrain::bench {

namespace {

using Bucket = FaultTimeline::Bucket;

constexpr double kWidth = 820;
constexpr double kHeight = 400;
constexpr double kLeft = 76;
constexpr double kRight = 700;
constexpr double kTop = 70;
constexpr double kBottom = 280;
constexpr double kSharesTop = 304;
constexpr double kSharesBottom = 354;
constexpr double kShortest = 0.05;  // milliseconds, at the bottom of the axis
constexpr double kLongest = 2000;

constexpr std::string_view kStyle = R"(<style>
.paper{fill:#ffffff}.frame{stroke:#57606a;stroke-width:1;fill:none}.grid{stroke:#d0d7de;stroke-width:1}
text{fill:#1f2328;font:13px system-ui,sans-serif}.title{font-size:17px;font-weight:600}.soft{fill:#57606a}
.fault{fill:#cf222e;opacity:.10}.curve{fill:none;stroke-width:1.6;stroke-linejoin:round}
.p50{stroke:#0969da}.p99{stroke:#bf8700}.max{stroke:#a40e26;stroke-width:1;opacity:.8}
.redis{fill:#0969da;opacity:.75}.memory{fill:#1a7f37;opacity:.6}.made{fill:#bf8700;opacity:.75}
@media (prefers-color-scheme:dark){.paper{fill:#0d1117}.frame{stroke:#8d96a0}.grid{stroke:#30363d}text{fill:#e6edf3}.soft{fill:#8d96a0}
.fault{fill:#f85149;opacity:.16}.p50{stroke:#58a6ff}.p99{stroke:#d29922}.max{stroke:#f85149}
.redis{fill:#58a6ff}.memory{fill:#3fb950}.made{fill:#d29922}}
</style>
)";

std::string number(double value) {
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.1f", value);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string attribute(std::string_view name, double value) {
  return " " + std::string(name) + "=\"" + number(value) + "\"";
}

class Drawing {
public:
  explicit Drawing(double seconds) : seconds_(seconds) {}

  [[nodiscard]] double x(double second) const {
    return kLeft + (kRight - kLeft) * second / seconds_;
  }

  static double y(double milliseconds) {
    const double bounded = std::clamp(milliseconds, kShortest, kLongest);
    return kBottom -
           (kBottom - kTop) * std::log(bounded / kShortest) / std::log(kLongest / kShortest);
  }

  void text(double left, double baseline, std::string_view classes, const std::string& words) {
    svg_ += "<text" + attribute("x", left) + attribute("y", baseline) + std::string(classes) + ">" +
            words + "</text>\n";
  }

  void line(double x1, double y1, double x2, double y2) {
    svg_ += "<line class=\"grid\"" + attribute("x1", x1) + attribute("y1", y1) +
            attribute("x2", x2) + attribute("y2", y2) + "/>\n";
  }

  void box(std::string_view name, double top, double bottom, double from, double to) {
    svg_ += "<rect class=\"" + std::string(name) + "\"" + attribute("x", from) +
            attribute("y", top) + attribute("width", to - from) +
            attribute("height", bottom - top) + "/>\n";
  }

  void shape(std::string_view element, std::string_view classes, const std::string& points) {
    svg_ += "<" + std::string(element) + " class=\"" + std::string(classes) + "\" points=\"" +
            points + "\"/>\n";
  }

  std::string take() { return std::move(svg_); }

private:
  double seconds_;
  std::string svg_;
};

double second_of(std::size_t bucket) {
  return static_cast<double>(bucket) * std::chrono::duration<double>(FaultTimeline::kStep).count();
}

void draw_axes(Drawing& drawing, double seconds) {
  for (const double tick : {0.1, 1.0, 10.0, 100.0, 1000.0}) {
    drawing.line(kLeft, Drawing::y(tick), kRight, Drawing::y(tick));
    const std::string label = tick < 1 ? "0.1 ms" : tick < 1000 ? number(tick) + " ms" : "1 s";
    std::string words = label;
    if (const std::size_t zero = words.find(".0 "); zero != std::string::npos) words.erase(zero, 2);
    drawing.text(kLeft - 8, Drawing::y(tick) + 4, " text-anchor=\"end\"", words);
  }
  for (int second = 0; second <= static_cast<int>(seconds); second += 2) {
    const std::string words = std::to_string(second) + " s";
    drawing.text(drawing.x(second), kSharesBottom + 20, " text-anchor=\"middle\"", words);
  }
}

void draw_curve(Drawing& drawing,
                const std::vector<Bucket>& buckets,
                std::string_view name,
                double FaultTimeline::Latency::* figure) {
  std::string points;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    if (buckets[i].requests == 0) continue;
    points += number(drawing.x(second_of(i))) + "," +
              number(Drawing::y(buckets[i].latency.*figure)) + " ";
  }
  drawing.shape("polyline", "curve " + std::string(name), points);
}

// Who answered, one share upon the other.
void draw_shares(Drawing& drawing, const std::vector<Bucket>& buckets) {
  constexpr std::array<std::string_view, 3> kNames = {"redis", "memory", "made"};
  std::vector<double> floor(buckets.size(), 0.0);
  for (std::size_t kind = 0; kind < kNames.size(); ++kind) {
    std::string upper;
    std::string lower;
    for (std::size_t i = 0; i < buckets.size(); ++i) {
      const double x = drawing.x(second_of(i));
      const auto y = [](double share) {
        return kSharesBottom - (kSharesBottom - kSharesTop) * share;
      };
      lower = number(x) + "," + number(y(floor[i])) + " " + lower;
      floor[i] += buckets[i].shares[kind];
      upper += number(x) + "," + number(y(floor[i])) + " ";
    }
    drawing.shape("polygon", kNames[kind], upper + lower);
  }
}

void draw_legend(Drawing& drawing) {
  constexpr std::array<std::string_view, 3> kCurves = {"max", "p99", "p50"};
  constexpr std::array<std::string_view, 3> kCurveWords = {"longest", "p99", "median"};
  constexpr std::array<std::string_view, 3> kShares = {"made", "memory", "redis"};
  constexpr std::array<std::string_view, 3> kShareWords = {"generated", "memory", "Redis"};
  for (std::size_t i = 0; i < kCurves.size(); ++i) {
    const double top = kTop + 20 * static_cast<double>(i);
    drawing.shape(
        "polyline",
        "curve " + std::string(kCurves[i]),
        number(kRight + 12) + "," + number(top) + " " + number(kRight + 30) + "," + number(top));
    drawing.text(kRight + 36, top + 4, "", std::string(kCurveWords[i]));
    const double row = kSharesTop + 18 * static_cast<double>(i);
    drawing.box(kShares[i], row, row + 11, kRight + 12, kRight + 30);
    drawing.text(kRight + 36, row + 10, "", std::string(kShareWords[i]));
  }
}

}  // namespace

std::string fault_chart(const FaultTimeline& timeline,
                        const std::string& title,
                        const std::string& subtitle) {
  const double seconds = second_of(timeline.buckets().size());
  Drawing drawing(seconds);
  drawing.text(kLeft, 30, " class=\"title\"", title);
  drawing.text(kLeft, 52, " class=\"soft\"", subtitle);
  const double begin = drawing.x(timeline.begin());
  const double end = drawing.x(timeline.end());
  drawing.box("fault", kTop, kBottom, begin, end);
  draw_axes(drawing, seconds);
  draw_curve(drawing, timeline.buckets(), "max", &FaultTimeline::Latency::longest);
  draw_curve(drawing, timeline.buckets(), "p99", &FaultTimeline::Latency::p99);
  draw_curve(drawing, timeline.buckets(), "p50", &FaultTimeline::Latency::p50);
  draw_shares(drawing, timeline.buckets());
  draw_legend(drawing);
  drawing.box("frame", kTop, kBottom, kLeft, kRight);
  drawing.box("frame", kSharesTop, kSharesBottom, kLeft, kRight);
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + number(kWidth) +
                    " " + number(kHeight) + "\" role=\"img\">\n<title>" + title + "</title>\n";
  svg += kStyle;
  svg += "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n";
  return svg + drawing.take() + "</svg>\n";
}

}  // namespace refrain::bench
