#pragma once

/// @file
/// A cache without values.

#include "refrain/cache/resident.h"
#include "refrain/memory/policy/cache_access.h"
#include "refrain/memory/policy/cache_limits.h"
#include "refrain/memory/policy/eviction_policy.h"
#include "refrain/memory/policy/policy_kind.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace refrain {

/// What a policy would do with a sequence of requests, in a cache of any size: the same code that
/// runs in the real cache, over keys alone. The simulator, the miss-ratio curve and the adaptive
/// policy are made of it.
///
/// Thread safety: none.
class ShadowCache {
public:
  /// @pre `kind` is not `kAdaptive`.
  ShadowCache(PolicyKind kind, const CacheLimits& limits);

  /// A request: true if the cache would have answered. A key that is missed, or whose time is over,
  /// is inserted.
  bool access(const CacheAccess& access);

  /// Forgets a key. Returns whether it was there.
  bool erase(std::uint64_t hash);

  /// Follows new limits at once.
  void set_limits(const CacheLimits& limits);

  /// Goes on with another policy, over what is held.
  void set_policy(PolicyKind kind);

  /// Forgets the keys for which `is_kept` is false.
  template <class IsKept>
  void keep_only(const IsKept& is_kept) {
    std::vector<std::uint64_t> dropped;
    for (const auto& [hash, entry] : index_)
      if (!is_kept(hash)) dropped.push_back(hash);
    for (const std::uint64_t hash : dropped)
      erase(hash);
  }

  /// Whether it holds the key, its time being over or not. No use of it.
  [[nodiscard]] bool holds(std::uint64_t hash) const { return index_.contains(hash); }

  [[nodiscard]] PolicyKind policy() const { return kind_; }
  [[nodiscard]] const CacheLimits& load() const { return load_; }
  /// Bytes of memory that the shadow itself takes.
  [[nodiscard]] std::size_t bytes() const;

private:
  /// Evicts until the load is within the limits.
  void evict_surplus();
  void forget(Resident& entry);
  Resident& new_entry(const CacheAccess& access);

  PolicyKind kind_;
  CacheLimits limits_;
  CacheLimits load_;
  std::uint64_t now_ = 0;  // counts requests
  std::unique_ptr<EvictionPolicy> policy_;
  std::deque<Resident> entries_;
  std::vector<Resident*> free_;
  boost::unordered_flat_map<std::uint64_t, Resident*> index_;
};

}  // namespace refrain
