#include "refrain/simulator/synthetic_workload.h"

#include "refrain/simulator/zipf.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace refrain {
namespace {

constexpr std::size_t kZipfKeys = 100'000;
constexpr double kZipfExponent = 0.99;
constexpr std::size_t kPrompts = 20'000;
constexpr double kPromptExponent = 0.9;
constexpr double kOneHitShare = 0.2;
constexpr std::size_t kLoopKeys = 10'000;
constexpr double kFloodShare = 0.5;
// Keys that are asked for once have numbers above all others.
constexpr std::uint64_t kOneHitKeys = std::uint64_t{1} << 32U;

/// The 53 upper bits, as a number from 0 up to, not including, 1.
double uniform(std::uint64_t bits) {
  return static_cast<double>(bits >> 11U) * 0x1p-53;
}

/// The same for the same key and seed, whenever it is asked for: log-normal, clipped.
class LogNormalOfKey {
public:
  struct Shape {
    double median;
    double sigma;
    double smallest;
    double largest;
  };

  LogNormalOfKey(const Shape& shape, std::uint64_t seed) : shape_(shape), seed_(seed) {}

  [[nodiscard]] double value(std::uint64_t key) const {
    const std::uint64_t bits = hash_of_key(hash_of_key(key) ^ seed_);
    // Box and Muller, 1958. The logarithm's argument is never 0.
    const double radius = std::sqrt(-2 * std::log(1 - uniform(bits)));
    const double angle = 2 * std::numbers::pi * uniform(hash_of_key(bits));
    const double value = shape_.median * std::exp(shape_.sigma * radius * std::cos(angle));
    return std::clamp(value, shape_.smallest, shape_.largest);
  }

private:
  Shape shape_;
  std::uint64_t seed_;
};

/// Makes one trace.
class Workload {
public:
  Workload(std::size_t requests, std::uint64_t seed)
      : count_(requests),
        seed_(seed),
        random_(seed) {
    requests_.reserve(requests);
  }

  std::vector<Trace::Request> zipf(double flood_share) {
    const Zipf popularity(kZipfKeys, kZipfExponent);
    while (requests_.size() < count_) {
      const bool is_flood = requests_.size() >= count_ / 2 && next() < flood_share;
      add(is_flood ? kOneHitKeys + requests_.size() : popularity.rank(next()));
    }
    return std::move(requests_);
  }

  std::vector<Trace::Request> stickers() {
    const Zipf popularity(kPrompts, kPromptExponent);
    const LogNormalOfKey size({40e3, 0.9, 5e3, 300e3}, hash_of_key(seed_));
    const LogNormalOfKey seconds({2, 1.2, 0.1, 30}, hash_of_key(~seed_));
    while (requests_.size() < count_) {
      const bool is_once = next() < kOneHitShare;
      const std::uint64_t key = is_once ? kOneHitKeys + requests_.size() : popularity.rank(next());
      Trace::Request& request = add(key);
      // Rounded, so that the last bit of a machine's logarithm does not matter.
      request.size = static_cast<std::uint32_t>(std::lround(size.value(key)));
      request.seconds = static_cast<float>(std::lround(seconds.value(key) * 1000)) / 1000;
    }
    return std::move(requests_);
  }

  std::vector<Trace::Request> loop() {
    while (requests_.size() < count_)
      add(requests_.size() % kLoopKeys);
    return std::move(requests_);
  }

private:
  double next() { return uniform(random_()); }

  Trace::Request& add(std::uint64_t key) {
    Trace::Request& request = requests_.emplace_back();
    request.hash = hash_of_key(key);
    return request;
  }

  std::size_t count_;
  std::uint64_t seed_;
  std::mt19937_64 random_;
  std::vector<Trace::Request> requests_;
};

}  // namespace

std::string_view name_of(SyntheticWorkload workload) {
  switch (workload) {
    case SyntheticWorkload::kZipf:
      return "zipf";
    case SyntheticWorkload::kStickers:
      return "stickers";
    case SyntheticWorkload::kLoop:
      return "loop";
    case SyntheticWorkload::kFlood:
      return "flood";
  }
  return "";
}

std::optional<SyntheticWorkload> synthetic_workload(std::string_view name) {
  for (const SyntheticWorkload workload : kSyntheticWorkloads)
    if (name == name_of(workload)) return workload;
  return std::nullopt;
}

Trace make_trace(SyntheticWorkload workload, std::size_t requests, std::uint64_t seed) {
  Workload made(requests, seed);
  const std::string name(name_of(workload));
  switch (workload) {
    case SyntheticWorkload::kZipf:
      return Trace(name, made.zipf(0), {});
    case SyntheticWorkload::kStickers:
      return Trace(name, made.stickers(), {true, true});
    case SyntheticWorkload::kLoop:
      return Trace(name, made.loop(), {});
    case SyntheticWorkload::kFlood:
      return Trace(name, made.zipf(kFloodShare), {});
  }
  return Trace(name, {}, {});
}

}  // namespace refrain
