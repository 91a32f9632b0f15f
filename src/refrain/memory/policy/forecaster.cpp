#include "refrain/memory/policy/forecaster.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

namespace refrain {

namespace {

constexpr std::array kScales{0.5, 1.0, 2.0, 4.0};
constexpr std::array kExperts{PolicyKind::kTinyLfu,
                              PolicyKind::kLru,
                              PolicyKind::kS3Fifo,
                              PolicyKind::kCost};

// Keys that the shadow of the cache's own size holds: fewer are too few to tell, and more tell no
// more (docs/benchmarks_policies.md). The memory for them is about a sixty-fourth of the cache's at
// most.
constexpr std::size_t kMostSampled = 1024;
constexpr std::size_t kLeastSampled = 32;
constexpr std::size_t kShareOfBytes = 64;
constexpr std::size_t kBytesPerKey = 280;  // of a shadow: entry, index, order, ghosts and sketch
// What a shadow may hold of the most sampled: the one of four times the size, or one whose policy
// prefers small entries.
constexpr std::size_t kMostHeldShare = 4;
// A sample of a cache that has become so much smaller tells nothing any more.
constexpr std::size_t kFewestHeldShare = 8;

// Bytes of all shadows together, for each key that is sampled.
std::size_t bytes_per_sampled(bool is_adaptive) {
  double scales = is_adaptive ? static_cast<double>(kExperts.size()) - 1 : 0;
  for (const double scale : kScales)
    scales += scale;
  return static_cast<std::size_t>(scales * static_cast<double>(kBytesPerKey));
}

// Chosen on the traces in docs/benchmarks_policies.md. A period is half as many requests as the
// shadow holds keys, the last hundred periods count, and a policy must be better by half a percent
// of them.
constexpr double kPeriodsPerRound = 0.5;
constexpr std::size_t kShortestPeriod = 32;
constexpr double kAgeing = 0.99;
constexpr double kHysteresis = 0.005;
// About how much more one policy than another hits by chance, in parts of the square root of the
// requests: two of its standard deviations where a fifth of them hits.
constexpr double kChance = 1.0;

}  // namespace

Forecaster::Forecaster(PolicyKind kind, const CacheLimits& limits)
    : is_adaptive_(kind == PolicyKind::kAdaptive),
      limits_(limits),
      most_sampled_(most_sampled(limits)),
      choice_(is_adaptive_ ? kExperts.front() : kind) {
  make_rows();
}

void Forecaster::make_rows() {
  if (is_adaptive_) {
    for (const PolicyKind expert : kExperts)
      rows_.emplace_back(expert, 1.0, limits_at(1));
  }
  for (const double scale : kScales)
    if (scale != 1 || !is_adaptive_) rows_.emplace_back(choice(), scale, limits_at(scale));
}

std::size_t Forecaster::most_sampled(const CacheLimits& limits) const {
  return std::clamp(
      limits.bytes / kShareOfBytes / bytes_per_sampled(is_adaptive_), kLeastSampled, kMostSampled);
}

std::size_t Forecaster::most_held() const {
  return kMostHeldShare * most_sampled_;
}

CacheLimits Forecaster::limits_at(double scale) const {
  CacheLimits limits = limits_.part(scale * sample_.rate());
  limits.items = std::max<std::size_t>(limits.items, std::min<std::size_t>(limits_.items, 1));
  // One more than is ever held: policies prepare for as many as the limits allow.
  limits.items = std::min(limits.items, most_held() + 1);
  return limits;
}

const Forecaster::Row& Forecaster::row_of(PolicyKind kind) const {
  return *std::find_if(rows_.begin(), rows_.end(), [kind](const Row& row) {
    return row.scale == 1 && row.cache.policy() == kind;
  });
}

void Forecaster::record(std::span<const CacheAccess> accesses, std::uint64_t total) {
  total_ = total;
  for (const CacheAccess& access : accesses)
    if (sample_.has(access.hash)) record_one(access);
  const double held = static_cast<double>(row_of(choice()).cache.load().items);
  const auto period = static_cast<std::size_t>(held * kPeriodsPerRound);
  if (sampled_ >= static_cast<double>(std::max(period, kShortestPeriod))) end_period();
}

void Forecaster::record_one(const CacheAccess& access) {
  const auto seconds = static_cast<double>(counted_seconds(access.cost));
  ++sampled_;
  seconds_asked_ += seconds;
  for (Row& row : rows_) {
    if (!row.cache.access(access)) continue;
    ++row.period.hits;
    row.period.seconds += seconds;
  }
  while (is_sample_too_large())
    halve_sample();
}

bool Forecaster::is_sample_too_large() const {
  const auto holds_too_many = [most = most_held()](const Row& row) {
    return row.cache.load().items > most;
  };
  return row_of(choice()).cache.load().items > most_sampled_ ||
         std::any_of(rows_.begin(), rows_.end(), holds_too_many);
}

void Forecaster::halve_sample() {
  sample_.halve();
  // What was seen was of twice as many keys as what will be, and is to count for no more.
  sampled_ /= 2;
  seconds_asked_ /= 2;
  lost_ /= 2;
  recent_requests_ /= 2;
  recent_seconds_ /= 2;
  for (Row& row : rows_) {
    row.period.age(0.5);
    row.recent.age(0.5);
    row.cache.keep_only([this](std::uint64_t hash) { return sample_.has(hash); });
    row.cache.set_limits(limits_at(row.scale));
  }
}

void Forecaster::end_period() {
  // A few keys make up much of most workloads, and the sample has more or less of them than its
  // share. The difference counts as hits, since such keys are always there (SHARDS's correction).
  const double asked = static_cast<double>(total_ - total_at_beginning_) * sample_.rate();
  const double expected = std::max(asked - lost_, 0.0);
  const double missing = expected - sampled_;
  for (Row& row : rows_) {
    const double hits = std::clamp(row.period.hits + missing, 0.0, expected);
    const double seconds = row.period.hits == 0 ? 0 : row.period.seconds * hits / row.period.hits;
    row.recent.age(kAgeing);
    row.recent.hits += hits;
    row.recent.seconds += row.period.seconds;
    row.seconds_saved += seconds / sample_.rate();
  }
  recent_requests_ = recent_requests_ * kAgeing + expected;
  recent_seconds_ = recent_seconds_ * kAgeing + seconds_asked_;
  begin_period();
  if (is_adaptive_) choose();
}

void Forecaster::begin_period() {
  for (Row& row : rows_)
    row.period = {};
  sampled_ = 0;
  seconds_asked_ = 0;
  lost_ = 0;
  total_at_beginning_ = total_;
}

void Forecaster::choose() {
  const Row* best = &row_of(choice());
  const double present = best->recent.seconds;
  for (const Row& row : rows_)
    if (row.scale == 1 && row.recent.seconds > best->recent.seconds) best = &row;
  // Of few requests, chance alone makes more difference than that.
  const double chance = kChance / std::sqrt(std::max(recent_requests_, 1.0));
  if (best->recent.seconds <= present + std::max(kHysteresis, chance) * recent_seconds_) return;
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
  const std::size_t held_before = row_of(choice()).cache.load().items;
  const std::size_t most_before = most_sampled_;
  limits_ = limits;
  most_sampled_ = most_sampled(limits);
  if (most_sampled_ < most_before) return begin_smaller();
  for (Row& row : rows_) {
    row.cache.set_limits(limits_at(row.scale));
    row.seconds_saved += row.period.seconds / sample_.rate();
    row.recent = {};
  }
  recent_requests_ = 0;
  recent_seconds_ = 0;
  begin_period();
  while (is_sample_too_large())
    halve_sample();
  const std::size_t held = row_of(choice()).cache.load().items;
  if (held < held_before && held < most_sampled_ / kFewestHeldShare) restart_sample();
}

void Forecaster::begin_smaller() {
  // Shadows that have grown do not give their memory back.
  std::vector<double> seconds_saved;
  seconds_saved.reserve(rows_.size());
  for (const Row& row : rows_)
    seconds_saved.push_back(row.seconds_saved + row.period.seconds / sample_.rate());
  rows_.clear();
  sample_.restart();
  make_rows();
  for (std::size_t i = 0; i < rows_.size(); ++i)
    rows_[i].seconds_saved = seconds_saved[i];
  recent_requests_ = 0;
  recent_seconds_ = 0;
  begin_period();
}

void Forecaster::restart_sample() {
  sample_.restart();
  for (Row& row : rows_)
    row.cache.set_limits(limits_at(row.scale));
}

std::vector<SizeForecast> Forecaster::sizes() const {
  std::vector<SizeForecast> sizes;
  for (const double scale : kScales) {
    const auto is_row = [this, scale](const Row& row) {
      return row.scale == scale && row.cache.policy() == choice();
    };
    const Row& row = *std::find_if(rows_.begin(), rows_.end(), is_row);
    const double requests = recent_requests_ + sampled_;
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
