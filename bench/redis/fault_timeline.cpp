#include "redis/fault_timeline.h"

#include <algorithm>
#include <limits>

namespace refrain::bench {

namespace {

using testing::AnswerSource;
using testing::HttpLoad;
using Sample = HttpLoad::Sample;

// Of the share that Redis answered before.
constexpr double kRecovered = 0.9;

std::size_t share_of(AnswerSource source) {
  switch (source) {
    case AnswerSource::kRedis:
      return 0;
    case AnswerSource::kMemory:
      return 1;
    case AnswerSource::kGenerated:
    case AnswerSource::kShared:
      break;
  }
  return 2;
}

FaultTimeline::Latency latency_of(std::vector<double> milliseconds) {
  FaultTimeline::Latency latency;
  if (milliseconds.empty()) return latency;
  std::sort(milliseconds.begin(), milliseconds.end());
  const auto quantile = [&](double part) {
    const auto last = static_cast<double>(milliseconds.size() - 1);
    return milliseconds[static_cast<std::size_t>(part * last)];
  };
  latency.p50 = quantile(0.50);
  latency.p99 = quantile(0.99);
  latency.longest = milliseconds.back();
  return latency;
}

// Of the requests sent from `from` to `to`.
FaultTimeline::Latency latency_between(const std::vector<Sample>& samples,
                                       FaultTimeline::TimePoint from,
                                       FaultTimeline::TimePoint to) {
  std::vector<double> milliseconds;
  for (const Sample& sample : samples) {
    if (sample.begin >= from && sample.begin < to)
      milliseconds.push_back(static_cast<double>(sample.latency.count()) / 1000);
  }
  return latency_of(std::move(milliseconds));
}

}  // namespace

FaultTimeline::FaultTimeline(const std::vector<Sample>& samples, const Span& span) : span_(span) {
  std::vector<std::vector<double>> latencies;
  for (const Sample& sample : samples) {
    const auto index = static_cast<std::size_t>((sample.begin - span.load) / kStep);
    if (index >= buckets_.size()) {
      buckets_.resize(index + 1);
      latencies.resize(index + 1);
    }
    latencies[index].push_back(static_cast<double>(sample.latency.count()) / 1000);
    ++buckets_[index].requests;
    buckets_[index].shares[share_of(sample.source)] += 1;
  }
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    buckets_[i].latency = latency_of(std::move(latencies[i]));
    for (double& share : buckets_[i].shares)
      share /= static_cast<double>(std::max<std::size_t>(buckets_[i].requests, 1));
  }
  find_recovery();
  const auto recovered = span.end + std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::duration<double>(seconds_to_recover_));
  before_ = latency_between(samples, span.load, span.begin);
  during_ = latency_between(samples, span.begin, span.end);
  if (seconds_to_recover_ >= 0) after_ = latency_between(samples, recovered, TimePoint::max());
}

double FaultTimeline::redis_share_before() const {
  double answered = 0;
  double requests = 0;
  for (std::size_t i = 0; i < buckets_.size() && kStep * (i + 1) <= span_.begin - span_.load; ++i) {
    const auto sent = static_cast<double>(buckets_[i].requests);
    answered += buckets_[i].shares[0] * sent;
    requests += sent;
  }
  return answered / std::max(requests, 1.0);
}

void FaultTimeline::find_recovery() {
  const double step = std::chrono::duration<double>(kStep).count();
  const double wanted = kRecovered * redis_share_before();
  for (auto i = static_cast<std::size_t>(end() / step); i < buckets_.size(); ++i) {
    if (buckets_[i].requests == 0 || buckets_[i].shares[0] < wanted) continue;
    seconds_to_recover_ = std::max(0.0, static_cast<double>(i) * step - end());
    return;
  }
}

}  // namespace refrain::bench
