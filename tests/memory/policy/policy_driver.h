#pragma once

/// @file
/// A policy's owner in a test.

#include "refrain/cache/resident.h"
#include "refrain/memory/policy/eviction_policy.h"

#include "memory/policy/workloads.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace refrain::testing {

/// Keeps numbered entries for a policy and calls it as a cache does, but for the limits: what
/// leaves when is the test's to say.
class PolicyDriver {
public:
  explicit PolicyDriver(EvictionPolicy& policy) : policy_(policy) {}

  void insert(std::uint64_t key, std::uint32_t charge = 1, float cost = 1) {
    Resident& entry = entries_[key];
    entry.hash = hash_of(key);
    entry.charge = charge;
    entry.cost = cost;
    entry.last_use = ++now_;
    keys_[&entry] = key;
    policy_.insert(entry);
  }

  void use(std::uint64_t key, int times = 1) {
    for (; times > 0; --times)
      note_use(entries_.at(key), ++now_);
  }

  void erase(std::uint64_t key) {
    policy_.erase(entries_.at(key));
    entries_.erase(key);
  }

  std::uint64_t evict() {
    const std::uint64_t key = keys_.at(&policy_.evict());
    entries_.erase(key);
    return key;
  }

  /// As a cache that is full: makes room after the entry is in. Returns what left for it.
  std::uint64_t insert_for_another(std::uint64_t key, std::uint32_t charge = 1, float cost = 1) {
    insert(key, charge, cost);
    return evict();
  }

  std::vector<std::uint64_t> evict_all() {
    std::vector<std::uint64_t> keys;
    while (!entries_.empty())
      keys.push_back(evict());
    return keys;
  }

  std::vector<std::uint64_t> release() {
    std::vector<std::uint64_t> keys;
    policy_.release([&](Resident& entry) { keys.push_back(keys_.at(&entry)); });
    entries_.clear();
    return keys;
  }

  [[nodiscard]] bool holds(std::uint64_t key) const { return entries_.contains(key); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
  EvictionPolicy& policy_;
  std::map<std::uint64_t, Resident> entries_;
  std::map<const Resident*, std::uint64_t> keys_;
  std::uint64_t now_ = 0;
};

}  // namespace refrain::testing
