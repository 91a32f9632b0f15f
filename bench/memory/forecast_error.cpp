/// @file
/// How far a cache's forecast of other sizes is from what caches of those sizes do: for traces of
/// requests, at sizes from a hundredth to a half of their keys.
///
/// usage: forecast_error TRACE...

#include "refrain/memory/policy/forecaster.h"
#include "refrain/simulator/trace_reader.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <span>
#include <string>

namespace refrain {
namespace {

constexpr std::array kShares{0.01, 0.05, 0.1, 0.25, 0.5};  // of the trace's keys
constexpr std::size_t kFewestItems = 10;
constexpr std::array kPolicies{PolicyKind::kLru, PolicyKind::kS3Fifo, PolicyKind::kTinyLfu};

struct Error {
  double sum = 0;
  std::size_t count = 0;

  void add(const Error& other) {
    sum += other.sum;
    count += other.count;
  }
  void add(double difference) {
    sum += std::abs(difference);
    ++count;
  }
  [[nodiscard]] double mean() const { return count == 0 ? 0 : sum / static_cast<double>(count); }
};

CacheLimits items(double count) {
  return {static_cast<std::size_t>(count), std::numeric_limits<std::size_t>::max() / 2};
}

double hit_ratio(PolicyKind policy, const CacheLimits& limits, const Trace& trace) {
  ShadowCache cache(policy, limits);
  std::size_t hits = 0;
  for (const Trace::Request& request : trace.requests())
    if (cache.access({.hash = request.hash})) ++hits;
  return static_cast<double>(hits) / static_cast<double>(trace.requests().size());
}

/// Of all requests, since each costs one second.
void compare(PolicyKind policy, const Trace& trace, std::size_t cache_items, Error& error) {
  Forecaster forecaster(policy, items(static_cast<double>(cache_items)));
  std::uint64_t total = 0;
  for (const Trace::Request& request : trace.requests()) {
    const CacheAccess access{.hash = request.hash};
    ++total;
    if (forecaster.samples(access.hash)) forecaster.record(std::span(&access, 1), total);
  }
  for (const SizeForecast& size : forecaster.sizes()) {
    const double real =
        hit_ratio(policy, items(static_cast<double>(cache_items) * size.scale), trace);
    error.add(size.seconds_saved / static_cast<double>(total) - real);
  }
}

void print(const std::string& name, const std::array<Error, kPolicies.size()>& errors) {
  std::printf("%-12s", name.c_str());
  for (const Error& error : errors)
    std::printf(" %9.4f", error.mean());
  std::printf("\n");
}

int run(std::span<char*> paths) {
  std::printf("mean absolute error of the hit ratio\n%-12s", "");
  for (const PolicyKind policy : kPolicies)
    std::printf(" %9s", std::string(name_of(policy)).c_str());
  std::printf("\n");
  std::array<Error, kPolicies.size()> all;
  for (const char* path : paths) {
    const Result<Trace> trace = read_trace(path);
    if (!trace) {
      std::fprintf(stderr, "%s\n", trace.error().message().c_str());
      return 1;
    }
    std::array<Error, kPolicies.size()> errors;
    for (const double share : kShares) {
      const auto cache_items =
          static_cast<std::size_t>(share * static_cast<double>(trace->unique_keys()));
      if (cache_items < kFewestItems) continue;
      for (std::size_t i = 0; i < kPolicies.size(); ++i)
        compare(kPolicies[i], *trace, cache_items, errors[i]);
    }
    for (std::size_t i = 0; i < kPolicies.size(); ++i)
      all[i].add(errors[i]);
    print(trace->name(), errors);
  }
  print("all", all);
  return 0;
}

}  // namespace
}  // namespace refrain

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: forecast_error TRACE...\n", stderr);
    return 2;
  }
  return refrain::run(std::span(argv + 1, static_cast<std::size_t>(argc - 1)));
}
