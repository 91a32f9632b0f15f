#include "refrain/simulator/ratio_table.h"

#include "refrain/simulator/number_text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace refrain {
namespace {

constexpr std::size_t kColumnWidth = 11;

std::string caption(const SimulationResult& result, Metric metric) {
  const Score score = result.optimum.empty() ? Score() : result.optimum.front();
  switch (metric) {
    case Metric::kHits:
      return "hits, percent of " + grouped_text(score.requests) + " requests";
    case Metric::kBytes:
      return "bytes answered, percent of " + bytes_text(score.bytes_asked);
    case Metric::kSeconds:
      return "seconds of generation saved, percent of " +
             grouped_text(static_cast<std::uint64_t>(score.seconds_asked)) + " s";
  }
  return {};
}

std::string right_aligned(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

std::string percent(double ratio) {
  return fixed_text(ratio * 100, 2);
}

std::string row_text(const SimulationResult& result, Metric metric, std::size_t column) {
  std::vector<double> ratios;
  ratios.reserve(result.scores.size());
  for (const std::vector<Score>& scores : result.scores)
    ratios.push_back(ratio_of(scores[column], metric));
  std::string best;
  if (!ratios.empty()) {
    const auto [lowest, highest] = std::minmax_element(ratios.begin(), ratios.end());
    // What looks alike is alike: nobody cares for a difference in the third decimal.
    if (percent(*lowest) != percent(*highest)) best = percent(*highest);
  }
  std::string line = right_aligned(percent(ratio_of(result.optimum[column], metric)), kColumnWidth);
  line += ' ';
  for (const double ratio : ratios) {
    const std::string text = percent(ratio);
    line += right_aligned(text, kColumnWidth) + (text == best ? '*' : ' ');
  }
  return line;
}

}  // namespace

std::string trace_line(const SimulationResult& result) {
  std::string line = result.trace + ": " + grouped_text(result.requests) + " requests for " +
                     grouped_text(result.unique_keys) + " keys";
  if (result.has_sizes) line += " of " + bytes_text(result.footprint_bytes);
  return line;
}

std::string ratio_table(const SimulationResult& result, Metric metric) {
  std::vector<std::string> sizes;
  std::size_t width = std::string("size").size();
  for (const std::uint64_t size : result.sizes) {
    sizes.push_back(size_text(size, result.unit));
    width = std::max(width, sizes.back().size());
  }
  const auto without_trailing_blanks = [](std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line + '\n';
  };
  std::string header =
      right_aligned("size", width) + right_aligned(std::string(kOptimumName), kColumnWidth) + ' ';
  for (const PolicyKind policy : result.policies)
    header += right_aligned(std::string(name_of(policy)), kColumnWidth) + ' ';
  std::string text = caption(result, metric) + '\n' + without_trailing_blanks(std::move(header));
  for (std::size_t column = 0; column < sizes.size(); ++column) {
    text += without_trailing_blanks(right_aligned(sizes[column], width) +
                                    row_text(result, metric, column));
  }
  return text;
}

}  // namespace refrain
