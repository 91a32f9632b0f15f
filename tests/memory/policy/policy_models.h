#pragma once

/// @file
/// The eviction policies as plain containers: obvious, slow, and too simple to be wrong.
///
/// Where a policy asks a sketch, a climber or ghosts, so does its model: these have tests of their
/// own. All that the policies do with queues, heaps, loads and notes is done here in another way.

#include "refrain/memory/policy/cache_access.h"
#include "refrain/memory/policy/cache_limits.h"
#include "refrain/memory/policy/expected_items.h"
#include "refrain/memory/policy/frequency_sketch.h"
#include "refrain/memory/policy/ghost_table.h"
#include "refrain/memory/policy/policy_kind.h"
#include "refrain/memory/policy/window_climber.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace refrain::testing {

/// An entry as a model keeps it.
struct ModelEntry {
  std::uint64_t hash = 0;
  std::uint32_t charge = 0;
  float cost = 0;
  std::int64_t until = 0;
  std::uint64_t last_use = 0;
  int uses = 0;  // not noticed by the policy yet, up to 255
  int frequency = 0;
  double priority = 0;

  int take_uses() { return std::exchange(uses, 0); }
};

/// The oldest first.
using ModelQueue = std::vector<ModelEntry*>;

inline CacheLimits load_of(const ModelQueue& queue) {
  CacheLimits load;
  for (const ModelEntry* entry : queue)
    load = {load.items + 1, load.bytes + entry->charge};
  return load;
}

inline ModelEntry& pop_oldest(ModelQueue& queue) {
  ModelEntry& oldest = *queue.front();
  queue.erase(queue.begin());
  return oldest;
}

inline void append(ModelQueue& to, const ModelQueue& from) {
  to.insert(to.end(), from.begin(), from.end());
}

/// What `EvictionPolicy` says, with one function fewer.
class PolicyModel {
public:
  PolicyModel() = default;
  PolicyModel(const PolicyModel&) = delete;
  PolicyModel& operator=(const PolicyModel&) = delete;
  virtual ~PolicyModel() = default;

  virtual void insert(ModelEntry& entry) = 0;
  virtual void erase(ModelEntry& entry) = 0;
  virtual ModelEntry& evict() = 0;
  /// All entries, in the order in which the policy releases them.
  virtual ModelQueue all() = 0;
  virtual void set_limits(const CacheLimits& limits) = 0;
};

/// Looks through everything for the entry whose last use is the longest ago.
class LruModel final : public PolicyModel {
public:
  void insert(ModelEntry& entry) override { held_.push_back(&entry); }
  void erase(ModelEntry& entry) override { std::erase(held_, &entry); }
  ModelEntry& evict() override {
    held_ = all();
    return pop_oldest(held_);
  }
  ModelQueue all() override {
    ModelQueue sorted = held_;
    std::sort(sorted.begin(), sorted.end(), [](const ModelEntry* a, const ModelEntry* b) {
      return a->last_use < b->last_use;
    });
    return sorted;
  }
  void set_limits(const CacheLimits& /*limits*/) override {}

private:
  ModelQueue held_;
};

/// Two vectors and the ghosts.
class S3FifoModel final : public PolicyModel {
public:
  void insert(ModelEntry& entry) override {
    entry.frequency = 0;
    (ghosts_.take(entry.hash) ? main_ : small_).push_back(&entry);
  }
  void erase(ModelEntry& entry) override {
    const bool was_in_main = std::count(main_.begin(), main_.end(), &entry) != 0;
    if (was_in_main || entry.take_uses() != 0) ghosts_.add(entry.hash);
    std::erase(small_, &entry);
    std::erase(main_, &entry);
  }
  ModelEntry& evict() override {
    while (main_.empty() || (small_.size() > 1 && load_of(small_).exceeds(small_limits_))) {
      ModelEntry& oldest = pop_oldest(small_);
      if (oldest.take_uses() == 0) return ghosts_.add(oldest.hash), oldest;
      main_.push_back(&oldest);
    }
    for (;;) {
      ModelEntry& oldest = pop_oldest(main_);
      oldest.frequency = std::min(oldest.frequency + oldest.take_uses(), 3);
      if (oldest.frequency-- == 0) return oldest;
      main_.push_back(&oldest);
    }
  }
  ModelQueue all() override {
    ModelQueue all = small_;
    append(all, main_);
    return all;
  }
  void set_limits(const CacheLimits& limits) override {
    small_limits_ = limits.part(0.1);
    ghosts_.resize(std::max<std::size_t>(expected_items(limits), 8));
  }

private:
  CacheLimits small_limits_;
  ModelQueue small_;
  ModelQueue main_;
  GhostTable ghosts_{0};
};

/// Three vectors, the sketch and the climber. Frequencies are halved when their time comes.
class TinyLfuModel final : public PolicyModel {
public:
  void insert(ModelEntry& entry) override {
    count(0, 1);
    entry.frequency = std::min(sketch_.estimate(entry.hash) + 1, 15);
    window_.push_back(&entry);
    while (load_of(window_).exceeds(window_limits_)) {
      ModelEntry& oldest = *window_.front();
      const bool was_used = notice_uses(oldest);
      pop_oldest(window_);
      (was_used ? window_ : probation_).push_back(&oldest);
      if (!was_used) candidate_ = &oldest;
    }
  }
  void erase(ModelEntry& entry) override {
    if (candidate_ == &entry) candidate_ = nullptr;
    notice_uses(entry);
    sketch_.raise(entry.hash, static_cast<std::uint8_t>(entry.frequency));
    for (ModelQueue* queue : {&window_, &probation_, &protected_})
      std::erase(*queue, &entry);
  }
  ModelEntry& evict() override {
    items_when_full_ = std::min(items_, all().size());
    ModelEntry* leaving = &find_victim();
    if (ModelEntry* const candidate = std::exchange(candidate_, nullptr)) {
      notice_uses(*candidate);
      if (!wins(*candidate, *leaving)) leaving = candidate;
    }
    sketch_.raise(leaving->hash, static_cast<std::uint8_t>(leaving->frequency));
    for (ModelQueue* queue : {&window_, &probation_, &protected_})
      std::erase(*queue, leaving);
    return *leaving;
  }
  ModelQueue all() override {
    ModelQueue all = probation_;
    append(all, window_);
    append(all, protected_);
    return all;
  }
  void set_limits(const CacheLimits& limits) override {
    limits_ = limits;
    items_ = std::max<std::size_t>(expected_items(limits), 1);
    items_when_full_ = items_;
    sketch_.resize(items_);
    divide_room();
  }

private:
  void divide_room() {
    window_limits_ = limits_.part(climber_.window_share());
    window_limits_.items = std::max<std::size_t>(window_limits_.items, 1);
    protected_limits_ = limits_.part((1 - climber_.window_share()) * 0.8);
  }
  void count(std::size_t hits, std::size_t misses) {
    if (climber_.count(hits, misses, items_when_full_)) divide_room();
    accesses_ += hits + misses;
    if (accesses_ < 30 * items_when_full_) return;
    accesses_ /= 2;
    sketch_.halve();
    for (ModelEntry* entry : all())
      entry->frequency /= 2;
  }
  bool notice_uses(ModelEntry& entry) {
    const int uses = entry.take_uses();
    entry.frequency = std::min(entry.frequency + uses, 15);
    count(static_cast<std::size_t>(uses), 0);
    return uses != 0;
  }
  ModelEntry& find_victim() {
    while (!probation_.empty()) {
      ModelEntry& oldest = *probation_.front();
      if (!notice_uses(oldest)) return oldest;
      if (candidate_ == &oldest) candidate_ = nullptr;
      protected_.push_back(&pop_oldest(probation_));
      demote_surplus();
    }
    ModelQueue& queue = protected_.empty() ? window_ : protected_;
    while (notice_uses(*queue.front()))
      queue.push_back(&pop_oldest(queue));
    return *queue.front();
  }
  void demote_surplus() {
    while (load_of(protected_).exceeds(protected_limits_)) {
      const bool was_used = notice_uses(*protected_.front());
      (was_used ? protected_ : probation_).push_back(&pop_oldest(protected_));
    }
  }
  bool wins(const ModelEntry& candidate, const ModelEntry& victim) {
    if (candidate.frequency > victim.frequency) return true;
    if (candidate.frequency < 6) return false;
    dice_ = dice_ * 1664525U + 1013904223U;
    return dice_ < 1U << 25U;
  }

  CacheLimits limits_;
  CacheLimits window_limits_;
  CacheLimits protected_limits_;
  std::size_t items_ = 1;
  std::size_t items_when_full_ = 1;
  ModelQueue window_;
  ModelQueue probation_;
  ModelQueue protected_;
  ModelEntry* candidate_ = nullptr;
  FrequencySketch sketch_{0};
  WindowClimber climber_;
  std::size_t accesses_ = 0;
  std::uint32_t dice_ = 1;
};

/// Looks through everything for the least priority.
class CostModel final : public PolicyModel {
public:
  void insert(ModelEntry& entry) override {
    count(1);
    entry.frequency = sketch_.estimate(entry.hash) + 1;
    entry.priority = floor_ + worth_of(entry);
    held_.push_back(&entry);
  }
  void erase(ModelEntry& entry) override {
    const int frequency = std::min(entry.frequency + entry.take_uses(), 15);
    sketch_.raise(entry.hash, static_cast<std::uint8_t>(frequency));
    std::erase(held_, &entry);
  }
  ModelEntry& evict() override {
    for (;;) {
      held_ = all();
      ModelEntry& least = *held_.front();
      const int uses = least.take_uses();
      if (uses == 0) break;
      count(static_cast<std::size_t>(uses));
      least.frequency = std::min(least.frequency + uses, 255);
      least.priority = floor_ + worth_of(least);
    }
    ModelEntry& leaving = pop_oldest(held_);
    floor_ = leaving.priority;
    sketch_.raise(leaving.hash, static_cast<std::uint8_t>(std::min(leaving.frequency, 15)));
    return leaving;
  }
  ModelQueue all() override {
    ModelQueue sorted = held_;
    std::sort(sorted.begin(), sorted.end(), [](const ModelEntry* a, const ModelEntry* b) {
      return a->priority < b->priority;
    });
    return sorted;
  }
  void set_limits(const CacheLimits& limits) override {
    sketch_.resize(expected_items(limits));
    period_ = 10 * std::max<std::size_t>(expected_items(limits), 1);
  }

private:
  static double worth_of(const ModelEntry& entry) {
    return static_cast<double>(entry.frequency) * static_cast<double>(entry.cost) /
           static_cast<double>(entry.charge);
  }
  void count(std::size_t accesses) {
    accesses_ += accesses;
    if (accesses_ < period_) return;
    accesses_ = 0;
    sketch_.halve();
  }

  ModelQueue held_;
  double floor_ = 0;
  FrequencySketch sketch_{0};
  std::size_t period_ = 0;
  std::size_t accesses_ = 0;
};

inline std::unique_ptr<PolicyModel> make_model(PolicyKind kind, const CacheLimits& limits) {
  std::unique_ptr<PolicyModel> model;
  if (kind == PolicyKind::kLru) model = std::make_unique<LruModel>();
  if (kind == PolicyKind::kS3Fifo) model = std::make_unique<S3FifoModel>();
  if (kind == PolicyKind::kTinyLfu) model = std::make_unique<TinyLfuModel>();
  if (kind == PolicyKind::kCost) model = std::make_unique<CostModel>();
  model->set_limits(limits);
  return model;
}

}  // namespace refrain::testing
