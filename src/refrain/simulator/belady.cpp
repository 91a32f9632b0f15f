#include "refrain/simulator/belady.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <utility>

namespace refrain {
namespace {

constexpr std::size_t kProgressStep = 65'536;

/// The entries of the cache, each known by the request that will ask for it next.
class FutureQueue {
public:
  explicit FutureQueue(std::size_t requests) : charges_(requests) {}

  [[nodiscard]] std::uint64_t load() const { return load_; }
  [[nodiscard]] bool has(std::uint32_t request) const { return charges_[request] != 0; }

  void insert(std::uint32_t request, std::uint32_t charge) {
    charges_[request] = charge;
    load_ += charge;
    ++count_;
    farthest_.push_back(request);
    std::push_heap(farthest_.begin(), farthest_.end());
  }

  void erase(std::uint32_t request) {
    load_ -= std::exchange(charges_[request], 0);
    --count_;
  }

  /// @pre There is an entry. What was erased is of the past, and so below it in the heap.
  void evict_farthest() {
    erase(farthest_.front());
    std::pop_heap(farthest_.begin(), farthest_.end());
    farthest_.pop_back();
  }

  /// Forgets erased entries when they are most of the heap.
  void tidy() {
    constexpr std::size_t kSlack = 1024;
    if (farthest_.size() < 2 * count_ + kSlack) return;
    std::erase_if(farthest_, [this](std::uint32_t request) { return !has(request); });
    std::make_heap(farthest_.begin(), farthest_.end());
  }

private:
  std::vector<std::uint32_t> charges_;  // by request; 0 for what is not held
  std::vector<std::uint32_t> farthest_;
  std::uint64_t load_ = 0;
  std::size_t count_ = 0;
};

}  // namespace

Belady::Belady(const Trace& trace) : trace_(trace), next_use_(trace.requests().size()) {
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> next;
  next.reserve(trace.unique_keys());
  const auto none = static_cast<std::uint32_t>(next_use_.size());
  for (std::size_t i = next_use_.size(); i-- > 0;) {
    const auto request = static_cast<std::uint32_t>(i);
    const auto [found, is_last] = next.try_emplace(trace.requests()[i].hash, request);
    next_use_[i] = is_last ? none : std::exchange(found->second, request);
  }
}

Score Belady::run(CacheUnit unit, std::uint64_t capacity, const OnProgress& progress) const {
  FutureQueue held(next_use_.size());
  Score score;
  for (std::uint32_t i = 0; i < next_use_.size(); ++i) {
    const Trace::Request& request = trace_.requests()[i];
    const bool is_hit = held.has(i);
    score.count(request.size, static_cast<double>(request.seconds), is_hit);
    if (is_hit) held.erase(i);
    const std::uint32_t charge = unit == CacheUnit::kItems ? 1 : request.size;
    if (next_use_[i] != next_use_.size() && charge <= capacity) held.insert(next_use_[i], charge);
    while (held.load() > capacity)
      held.evict_farthest();
    held.tidy();
    if ((i + 1) % kProgressStep == 0) progress(kProgressStep);
  }
  progress(next_use_.size() % kProgressStep);
  return score;
}

}  // namespace refrain
