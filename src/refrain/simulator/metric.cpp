#include "refrain/simulator/metric.h"

namespace refrain {

std::string_view name_of(Metric metric) {
  switch (metric) {
    case Metric::kHits:
      return "hits";
    case Metric::kBytes:
      return "bytes";
    case Metric::kSeconds:
      return "seconds";
  }
  return "";
}

std::optional<Metric> metric(std::string_view name) {
  for (const Metric one : kMetrics)
    if (name == name_of(one)) return one;
  return std::nullopt;
}

double ratio_of(const Score& score, Metric metric) {
  switch (metric) {
    case Metric::kHits:
      return score.hit_ratio();
    case Metric::kBytes:
      return score.byte_hit_ratio();
    case Metric::kSeconds:
      return score.seconds_ratio();
  }
  return 0;
}

}  // namespace refrain
