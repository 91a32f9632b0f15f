#include "refrain/memory/policy/cost_policy.h"

#include "refrain/memory/policy/cache_access.h"
#include "refrain/memory/policy/expected_items.h"

#include <algorithm>
#include <vector>

namespace refrain {

namespace {

// Accesses for each entry, then half of what is remembered counts (the paper of TinyLFU).
constexpr std::size_t kAccessesPerItem = 10;
// A generation that seems to have cost nothing still takes a request's time.
constexpr float kLeastCost = 1e-4F;

}  // namespace

CostPolicy::CostPolicy(const CacheLimits& limits) : sketch_(0) {
  set_limits(limits);
}

void CostPolicy::set_limits(const CacheLimits& limits) {
  const std::size_t items = expected_items(limits);
  sketch_.resize(items);
  period_ = kAccessesPerItem * std::max<std::size_t>(items, 1);
}

double CostPolicy::worth_of(const Resident& entry) {
  return static_cast<double>(entry.frequency) *
         static_cast<double>(std::max(counted_seconds(entry.cost), kLeastCost)) /
         static_cast<double>(std::max<std::uint32_t>(entry.charge, 1));
}

void CostPolicy::insert(Resident& entry) {
  count_accesses(1);
  entry.frequency = static_cast<std::uint8_t>(sketch_.estimate(entry.hash) + 1);
  heap_.push(entry, floor_ + worth_of(entry));
}

void CostPolicy::erase(Resident& entry) {
  // It may be asked for again at once, as what is over or replaced often is.
  const int frequency = entry.frequency + take_uses(entry);
  sketch_.raise(entry.hash, static_cast<std::uint8_t>(std::min(frequency, 15)));
  heap_.erase(entry);
}

Resident& CostPolicy::evict() {
  for (;;) {
    Resident& entry = heap_.top();
    const std::uint8_t uses = take_uses(entry);
    if (uses == 0) {
      floor_ = std::max(floor_, heap_.top_priority());
      heap_.erase(entry);
      sketch_.raise(entry.hash, std::min<std::uint8_t>(entry.frequency, 15));
      return entry;
    }
    count_accesses(uses);
    entry.frequency = static_cast<std::uint8_t>(std::min<int>(entry.frequency + uses, 255));
    heap_.raise_top(std::max(floor_ + worth_of(entry), heap_.top_priority()));
  }
}

void CostPolicy::count_accesses(std::size_t count) {
  accesses_ += count;
  if (accesses_ < period_) return;
  accesses_ = 0;
  sketch_.halve();
}

void CostPolicy::release(const std::function<void(Resident&)>& take) {
  struct Item {
    double priority;
    Resident* entry;
  };
  std::vector<Item> all;
  all.reserve(heap_.size());
  heap_.drain([&all](Resident& entry, double priority) { all.push_back({priority, &entry}); });
  std::sort(
      all.begin(), all.end(), [](const Item& a, const Item& b) { return a.priority < b.priority; });
  for (const Item& item : all)
    take(*item.entry);
}

}  // namespace refrain
