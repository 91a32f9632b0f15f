#pragma once

/// @file
/// A cache without values beside a model of it, under any policy. Shared by a test, which makes
/// scripts at random, and by a fuzzer, which searches for them.

#include "refrain/memory/policy/cache_access.h"
#include "refrain/memory/policy/cache_limits.h"
#include "refrain/memory/policy/policy_kind.h"
#include "refrain/memory/policy/shadow_cache.h"

#include "memory/policy/policy_models.h"
#include "memory/policy/workloads.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <utility>

namespace refrain::testing {

/// What `ShadowCache` does, as a map.
class ShadowModel {
public:
  ShadowModel(PolicyKind kind, const CacheLimits& limits)
      : limits_(limits),
        policy_(make_model(kind, limits)) {}

  bool access(const CacheAccess& access) {
    ++now_;
    if (const auto found = held.find(access.hash); found != held.end()) {
      ModelEntry& entry = found->second;
      if (access.now < entry.until) {
        entry.last_use = now_;
        entry.uses = std::min(entry.uses + 1, 255);
        return true;
      }
      erase(access.hash);
    }
    if (limits_.items == 0 || access.charge > limits_.bytes) return false;
    const ModelEntry fresh{access.hash, access.charge, access.cost, access.until, now_, 0, 0, 0};
    policy_->insert(held.insert({access.hash, fresh}).first->second);
    evict_surplus();
    return false;
  }

  bool erase(std::uint64_t hash) {
    const auto found = held.find(hash);
    if (found == held.end()) return false;
    policy_->erase(found->second);
    held.erase(found);
    return true;
  }

  void set_limits(const CacheLimits& limits) {
    limits_ = limits;
    policy_->set_limits(limits);
    evict_surplus();
  }

  void set_policy(PolicyKind kind) {
    const std::unique_ptr<PolicyModel> old = std::move(policy_);
    policy_ = make_model(kind, limits_);
    for (ModelEntry* entry : old->all())
      policy_->insert(*entry);
  }

  [[nodiscard]] CacheLimits load() const {
    CacheLimits load;
    for (const auto& [hash, entry] : held)
      load = {load.items + 1, load.bytes + entry.charge};
    return load;
  }

  std::map<std::uint64_t, ModelEntry> held;

private:
  void evict_surplus() {
    while (load().exceeds(limits_))
      held.erase(policy_->evict().hash);
  }

  CacheLimits limits_;
  std::unique_ptr<PolicyModel> policy_;
  std::uint64_t now_ = 0;
};

/// Runs a script of operations, any bytes at all, on a shadow cache and on its model. Throws
/// `std::logic_error` at the first difference.
class PolicyModelRun {
public:
  PolicyModelRun(PolicyKind kind, std::span<const std::uint8_t> script)
      : script_(script.first(std::min(script.size(), kLongestScript))),
        limits_(next_limits()),
        cache_(kind, limits_),
        model_(kind, limits_) {}

  void run() {
    while (!script_.empty()) {
      step();
      compare();
    }
    // An entry that a queue had lost could not be evicted now.
    limits_ = {};
    set_limits();
    compare();
  }

private:
  // Longer ones find no more, and slowly.
  static constexpr std::size_t kLongestScript = 1024;
  static constexpr std::uint64_t kKeys = 40;

  static constexpr std::array kScriptedKinds{PolicyKind::kLru,
                                             PolicyKind::kS3Fifo,
                                             PolicyKind::kTinyLfu,
                                             PolicyKind::kCost};

  static void require(bool holds, const char* what) {
    if (!holds) throw std::logic_error(what);
  }

  std::uint8_t next() {
    if (script_.empty()) return 0;
    const std::uint8_t byte = script_.front();
    script_ = script_.subspan(1);
    return byte;
  }

  CacheLimits next_limits() {
    const std::size_t items = next() % 32;
    const std::size_t bytes = next();
    // Sometimes one of them binds, sometimes the other, and sometimes both.
    return {items == 31 ? std::numeric_limits<std::size_t>::max() : items, bytes * bytes};
  }

  void step() {
    switch (next() % 16) {
      case 10:
        return erase();
      case 11:
        limits_ = next_limits();
        return set_limits();
      case 12:
        now_ += next();
        return;
      case 13: {
        const PolicyKind kind = kScriptedKinds.at(next() % kScriptedKinds.size());
        cache_.set_policy(kind);
        return model_.set_policy(kind);
      }
      case 14:
        return access_often();
      case 15:
        return access_strangers();
      default:
        return access(next() % kKeys);
    }
  }

  void access(std::uint64_t key) {
    CacheAccess access;
    access.hash = hash_of(key);
    const std::uint32_t size = next();
    access.charge = 1 + size * size / 16;
    // No two keys have costs in a simple ratio: among equal priorities a heap may choose any.
    access.cost = 1 + static_cast<float>(hash_of(key + 1000) >> 40U) / 1e6F;
    access.now = now_;
    if (size % 4 == 0) access.until = now_ + static_cast<std::int64_t>(size);
    require(cache_.access(access) == model_.access(access), "hits differ");
  }

  void access_often() {
    const std::uint64_t key = next() % kKeys;
    for (int times = next() % 20; times > 0; --times)
      access(key);
  }

  void access_strangers() {
    for (int count = next() % 20; count > 0; --count)
      access(++last_stranger_);
  }

  void erase() {
    const std::uint64_t hash = hash_of(next() % kKeys);
    require(cache_.erase(hash) == model_.erase(hash), "erase differs");
  }

  void set_limits() {
    cache_.set_limits(limits_);
    model_.set_limits(limits_);
  }

  void compare() const {
    require(cache_.load() == model_.load(), "loads differ");
    require(!cache_.load().exceeds(limits_), "the load exceeds the limits");
    for (const auto& [hash, entry] : model_.held)
      require(cache_.holds(hash), "evictions differ");
  }

  std::span<const std::uint8_t> script_;
  CacheLimits limits_;
  ShadowCache cache_;
  ShadowModel model_;
  std::int64_t now_ = 0;
  std::uint64_t last_stranger_ = kKeys;
};

}  // namespace refrain::testing
