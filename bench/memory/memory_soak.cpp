/// @file
/// Whether a cache's memory stays flat: many operations on a full cache, with the process's
/// resident memory and what the cache says of itself after each tenth.
///
/// usage: memory_soak [OPERATIONS] [POLICY]      100000000 and adaptive by default

#include "refrain/memory/memory_cache.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace refrain {
namespace {

constexpr std::size_t kLimitBytes = std::size_t{256} << 20U;
constexpr std::uint64_t kKeys = 2'000'000;

double resident_mebibytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}

CacheKey key_of(std::uint64_t number) {
  std::array<std::uint8_t, CacheKey::kSize> digest{};
  for (std::size_t word = 0; word < 4; ++word) {
    const std::uint64_t mixed = (number + word + 1) * 0x9E37'79B9'7F4A'7C15U;
    std::memcpy(&digest[word * 8], &mixed, sizeof mixed);
  }
  return CacheKey(digest);
}

class Soak {
public:
  explicit Soak(PolicyKind policy) : cache_(config_of(policy)) {}

  void step() {
    // The product of two is skewed enough for hits, and every key comes.
    const std::uint64_t number = random_() % kKeys * (random_() % kKeys) / kKeys;
    if (++steps_ % 1024 == 0) clean();
    if (cache_.find(key_of(number), now_)) return;
    EntryMetadata metadata;
    metadata.key = key_of(number);
    metadata.created = now_;
    metadata.fresh_until = now_ + std::chrono::seconds(30 + random_() % 600);
    metadata.usable_until = metadata.fresh_until;
    metadata.cost = std::chrono::milliseconds(100 + random_() % 900);
    const std::size_t size = 100 + random_() % (random_() % 20 == 0 ? 20'000 : 1'000);
    cache_.insert(Entry::make(metadata, "text/plain", std::string_view(body_).substr(0, size)),
                  now_);
  }

  void report() const {
    const TierStats stats = cache_.stats();
    constexpr double kMebi = 1 << 20U;
    std::printf("%12llu %10.1f %10.1f %10lld %12lld %12lld  %s\n",
                static_cast<unsigned long long>(steps_),
                resident_mebibytes(),
                static_cast<double>(stats.size_bytes + stats.memory->overhead_bytes) / kMebi,
                static_cast<long long>(stats.items),
                static_cast<long long>(stats.removals.capacity),
                static_cast<long long>(stats.removals.expired),
                stats.memory->present_policy.c_str());
    std::fflush(stdout);
  }

private:
  static MemoryCache::Config config_of(PolicyKind policy) {
    MemoryCache::Config config;
    config.max_items = 1'000'000;
    config.max_size_bytes = kLimitBytes;
    config.ttl = std::chrono::seconds(600);
    config.policy = policy;
    return config;
  }

  void clean() {
    now_ += std::chrono::milliseconds(20);
    cache_.sweep(now_, 4096);
    if (random_() % 4096 == 0) cache_.clear();
    cache_.erase(key_of(random_() % kKeys));
  }

  MemoryCache cache_;
  std::mt19937_64 random_{1};
  WallTime now_{std::chrono::seconds(1'700'000'000)};
  std::uint64_t steps_ = 0;
  const std::string body_ = std::string(21'000, 'b');
};

}  // namespace
}  // namespace refrain

int main(int argc, char** argv) {
  const std::uint64_t operations = argc > 1 ? std::stoull(argv[1]) : 100'000'000;
  const auto policy = refrain::policy_kind(argc > 2 ? argv[2] : "adaptive");
  if (!policy || argc > 3) {
    std::fputs("usage: memory_soak [OPERATIONS] [lru|s3fifo|tinylfu|cost|adaptive]\n", stderr);
    return 2;
  }
  refrain::Soak soak(*policy);
  std::printf("%12s %10s %10s %10s %12s %12s  %s\n",
              "operations",
              "RSS MiB",
              "told MiB",
              "entries",
              "evicted",
              "expired",
              "policy");
  for (int tenth = 0; tenth < 10; ++tenth) {
    for (std::uint64_t i = 0; i < operations / 10; ++i)
      soak.step();
    soak.report();
  }
}
