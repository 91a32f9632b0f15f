#include "refrain/redis/client/latency_window.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace refrain {

namespace {

// 0, 1, 2, 3 µs have buckets of their own; from 4 on each power of two has four.
std::size_t bucket_of(std::uint64_t microseconds) {
  if (microseconds < 4) return static_cast<std::size_t>(microseconds);
  const auto power = static_cast<std::size_t>(std::bit_width(microseconds)) - 1;
  const auto quarter = static_cast<std::size_t>(microseconds >> (power - 2)) & 3U;
  return std::min(power * 4 - 4 + quarter, LatencyWindow::kBuckets - 1);
}

double middle_of(std::size_t bucket) {
  if (bucket < 4) return static_cast<double>(bucket);
  const std::size_t power = bucket / 4 + 1;
  const double width = std::ldexp(1.0, static_cast<int>(power) - 2);
  return (4.0 + static_cast<double>(bucket % 4) + 0.5) * width;
}

}  // namespace

void LatencyWindow::Half::clear() {
  for (auto& count : counts)
    count.store(0, std::memory_order_relaxed);
}

void LatencyWindow::turn(SteadyTime now) {
  current_ = 1 - current_;
  halves_[current_].clear();
  if (now - began_ >= 2 * kSpan) halves_[1 - current_].clear();
  recorded_ = 0;
  began_ = now;
}

void LatencyWindow::record(std::chrono::microseconds duration, SteadyTime now) {
  if (recorded_ == kWindow || now - began_ >= kSpan) turn(now);
  ++recorded_;
  const auto microseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
  auto& count = halves_[current_].counts[bucket_of(microseconds)];
  // One writer: no read-modify-write is needed.
  count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void LatencyWindow::add_to(Counts& counts) const {
  for (const Half& half : halves_) {
    for (std::size_t i = 0; i < kBuckets; ++i)
      counts[i] += half.counts[i].load(std::memory_order_relaxed);
  }
}

double LatencyWindow::quantile_ms(const Counts& counts, double fraction) {
  std::uint64_t total = 0;
  for (const std::uint64_t count : counts)
    total += count;
  if (total == 0) return 0;
  const auto rank = static_cast<std::uint64_t>(std::ceil(fraction * static_cast<double>(total)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += counts[i];
    if (seen >= std::max<std::uint64_t>(rank, 1)) return middle_of(i) / 1000.0;
  }
  return middle_of(kBuckets - 1) / 1000.0;
}

}  // namespace refrain
