#include "refrain/memory/policy/forecaster.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace refrain {

namespace {

constexpr std::array kScales{0.5, 1.0, 2.0, 4.0};
constexpr std::array kExperts{PolicyKind::kTinyLfu,
                              PolicyKind::kLru,
                              PolicyKind::kS3Fifo,
                              PolicyKind::kCost};

// Keys that the shadow of the cache's own size holds: fewer are too few to tell, and more tell no
// more (docs/benchmarks.md). The memory for them is about a sixty-fourth of the cache's at most.
constexpr std::size_t kMostSampled = 1024;
constexpr std::size_t kLeastSampled = 32;
constexpr std::size_t kShareOfBytes = 64;
constexpr std::size_t kBytesPerKey = 224;  // of a shadow: entry, index, order, ghosts and sketch

// The shadows' sizes together, in caches.
std::size_t bytes_per_sampled(bool is_adaptive) {
  double scales = is_adaptive ? static_cast<double>(kExperts.size()) - 1 : 0;
  for (const double scale : kScales)
    scales += scale;
  return static_cast<std::size_t>(scales * static_cast<double>(kBytesPerKey));
}

// Chosen on the traces in docs/benchmarks.md. A period is half as many requests as the shadow holds
// keys, the last hundred periods count, and a policy must be better by half a percent of them.
constexpr double kPeriodsPerRound = 0.5;
constexpr std::size_t kShortestPeriod = 32;
constexpr double kAgeing = 0.99;
constexpr double kHysteresis = 0.005;

}  // namespace

Forecaster::Forecaster(PolicyKind kind, const CacheLimits& limits)
    : is_adaptive_(kind == PolicyKind::kAdaptive),
      limits_(limits),
      most_sampled_(std::clamp(limits.bytes / kShareOfBytes / bytes_per_sampled(is_adaptive_),
                               kLeastSampled,
                               kMostSampled)),
      choice_(is_adaptive_ ? kExperts.front() : kind) {
  if (is_adaptive_) {
    for (const PolicyKind expert : kExperts)
      rows_.emplace_back(expert, 1.0, limits_at(1));
  }
  for (const double scale : kScales)
    if (scale != 1 || !is_adaptive_) rows_.emplace_back(choice(), scale, limits_at(scale));
}

CacheLimits Forecaster::limits_at(double scale) const {
  CacheLimits limits = limits_.part(scale * sample_.rate());
  // No shadow holds more, since the sample is bounded: what it prepares for should be no more.
  const auto most = static_cast<std::size_t>(2 * scale * static_cast<double>(most_sampled_));
  const std::size_t least = std::min<std::size_t>(limits_.items, 1);
  limits.items = std::clamp(limits.items, least, most);
  return limits;
}

const Forecaster::Row& Forecaster::row_of(PolicyKind kind) const {
  return *std::find_if(rows_.begin(), rows_.end(), [kind](const Row& row) {
    return row.scale == 1 && row.cache.policy() == kind;
  });
}

void Forecaster::record(std::span<const CacheAccess> accesses, std::uint64_t total) {
  for (const CacheAccess& access : accesses)
    if (sample_.has(access.hash)) record_one(access);
  bound_sample();
  const double held = static_cast<double>(row_of(choice()).cache.load().items);
  const auto period = static_cast<std::size_t>(held * kPeriodsPerRound);
  if (sampled_ >= std::max(period, kShortestPeriod)) end_period(total);
}

void Forecaster::record_one(const CacheAccess& access) {
  ++sampled_;
  seconds_asked_ += static_cast<double>(access.cost);
  for (Row& row : rows_) {
    if (!row.cache.access(access)) continue;
    ++row.period.hits;
    row.period.seconds += static_cast<double>(access.cost);
  }
}

void Forecaster::bound_sample() {
  while (row_of(choice()).cache.load().items > most_sampled_) {
    sample_.halve();
    for (Row& row : rows_) {
      row.cache.keep_only([this](std::uint64_t hash) { return sample_.has(hash); });
      row.cache.set_limits(limits_at(row.scale));
    }
  }
}

void Forecaster::end_period(std::uint64_t total) {
  // A few keys make up much of most workloads, and the sample has more or less of them than its
  // share. The difference counts as hits, since such keys are always there (SHARDS's correction).
  const double expected = static_cast<double>(total - total_at_beginning_) * sample_.rate();
  const double missing = expected - static_cast<double>(sampled_);
  for (Row& row : rows_) {
    const double hits = std::clamp(row.period.hits + missing, 0.0, expected);
    const double seconds = row.period.hits == 0 ? 0 : row.period.seconds * hits / row.period.hits;
    row.recent.age(kAgeing);
    row.recent.hits += hits;
    row.recent.seconds += row.period.seconds;
    row.seconds_saved += seconds / sample_.rate();
    row.period = {};
  }
  recent_requests_ = recent_requests_ * kAgeing + expected;
  recent_seconds_ = recent_seconds_ * kAgeing + seconds_asked_;
  sampled_ = 0;
  seconds_asked_ = 0;
  total_at_beginning_ = total;
  if (is_adaptive_) choose();
}

void Forecaster::choose() {
  const Row* best = &row_of(choice());
  const double present = best->recent.seconds;
  for (const Row& row : rows_)
    if (row.scale == 1 && row.recent.seconds > best->recent.seconds) best = &row;
  if (best->recent.seconds <= present + kHysteresis * recent_seconds_) return;
  choice_.store(best->cache.policy(), std::memory_order_relaxed);
  for (Row& row : rows_)
    if (row.scale != 1) row.cache.set_policy(choice());
}

void Forecaster::erase(std::uint64_t hash) {
  if (!sample_.has(hash)) return;
  for (Row& row : rows_)
    row.cache.erase(hash);
}

void Forecaster::clear() {
  for (Row& row : rows_)
    row.cache.keep_only([](std::uint64_t) { return false; });
}

void Forecaster::set_limits(const CacheLimits& limits) {
  limits_ = limits;
  for (Row& row : rows_) {
    row.cache.set_limits(limits_at(row.scale));
    row.recent = {};
  }
  recent_requests_ = 0;
  recent_seconds_ = 0;
  bound_sample();
}

std::vector<SizeForecast> Forecaster::sizes() const {
  std::vector<SizeForecast> sizes;
  for (const double scale : kScales) {
    const auto is_row = [this, scale](const Row& row) {
      return row.scale == scale && row.cache.policy() == choice();
    };
    const Row& row = *std::find_if(rows_.begin(), rows_.end(), is_row);
    const double requests = recent_requests_ + static_cast<double>(sampled_);
    const double ratio = requests == 0 ? 0 : (row.recent.hits + row.period.hits) / requests;
    sizes.push_back({scale, ratio, row.seconds_saved + row.period.seconds / sample_.rate()});
  }
  return sizes;
}

std::size_t Forecaster::most_bytes() const {
  return sizeof *this + most_sampled_ * bytes_per_sampled(is_adaptive_);
}

std::size_t Forecaster::bytes() const {
  std::size_t sum = sizeof *this;
  for (const Row& row : rows_)
    sum += sizeof row + row.cache.bytes();
  return sum;
}

}  // namespace refrain
