#include "refrain/simulator/result_json.h"

#include <boost/json.hpp>

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace refrain {
namespace {

namespace json = boost::json;

json::object score_object(std::string_view policy, std::uint64_t size, const Score& score) {
  return {{"policy", policy},
          {"size", size},
          {"hits", score.hits},
          {"hit_ratio", score.hit_ratio()},
          {"bytes_hit", score.bytes_hit},
          {"byte_hit_ratio", score.byte_hit_ratio()},
          {"seconds_saved", score.seconds_saved},
          {"seconds_saved_ratio", score.seconds_ratio()}};
}

json::object trace_object(const SimulationResult& result) {
  json::array scores;
  const auto add = [&](std::string_view policy, const std::vector<Score>& by_size) {
    for (std::size_t i = 0; i < by_size.size(); ++i)
      scores.push_back(score_object(policy, result.sizes[i], by_size[i]));
  };
  add(kOptimumName, result.optimum);
  for (std::size_t i = 0; i < result.policies.size(); ++i)
    add(name_of(result.policies[i]), result.scores[i]);
  const Score sums = result.optimum.empty() ? Score() : result.optimum.front();
  return {{"trace", result.trace},
          {"requests", result.requests},
          {"keys", result.unique_keys},
          {"footprint_bytes", result.footprint_bytes},
          {"bytes_asked", sums.bytes_asked},
          {"seconds_asked", sums.seconds_asked},
          {"has_sizes", result.has_sizes},
          {"has_seconds", result.has_seconds},
          {"unit", result.unit == CacheUnit::kItems ? "items" : "bytes"},
          {"results", std::move(scores)}};
}

}  // namespace

std::string result_json(std::span<const SimulationResult> results) {
  json::array traces;
  for (const SimulationResult& result : results)
    traces.push_back(trace_object(result));
  const json::object document{{"traces", std::move(traces)}};
  return json::serialize(document);
}

}  // namespace refrain
