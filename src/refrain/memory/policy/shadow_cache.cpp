#include "refrain/memory/policy/shadow_cache.h"

#include <utility>

namespace refrain {

ShadowCache::ShadowCache(PolicyKind kind, const CacheLimits& limits)
    : kind_(kind),
      limits_(limits),
      policy_(make_policy(kind, limits)) {}

bool ShadowCache::access(const CacheAccess& access) {
  ++now_;
  if (const auto found = index_.find(access.hash); found != index_.end()) {
    Resident& entry = *found->second;
    if (access.now < entry.until.load(std::memory_order_relaxed)) {
      note_use(entry, now_);
      return true;
    }
    policy_->erase(entry);
    forget(entry);
  }
  if (limits_.items == 0 || access.charge > limits_.bytes) return false;
  Resident& entry = new_entry(access);
  index_.emplace(access.hash, &entry);
  load_.add(access.charge);
  policy_->insert(entry);
  evict_surplus();
  return false;
}

Resident& ShadowCache::new_entry(const CacheAccess& access) {
  if (free_.empty()) free_.push_back(&entries_.emplace_back());
  Resident& entry = *free_.back();
  free_.pop_back();
  entry.hash = access.hash;
  entry.charge = access.charge;
  entry.cost = access.cost;
  entry.uses.store(0, std::memory_order_relaxed);
  entry.until.store(access.until, std::memory_order_relaxed);
  entry.last_use.store(now_, std::memory_order_relaxed);
  return entry;
}

bool ShadowCache::erase(std::uint64_t hash) {
  const auto found = index_.find(hash);
  if (found == index_.end()) return false;
  Resident& entry = *found->second;
  policy_->erase(entry);
  forget(entry);
  return true;
}

void ShadowCache::forget(Resident& entry) {
  index_.erase(entry.hash);
  load_.subtract(entry.charge);
  free_.push_back(&entry);
}

void ShadowCache::set_limits(const CacheLimits& limits) {
  limits_ = limits;
  policy_->set_limits(limits);
  evict_surplus();
}

void ShadowCache::set_policy(PolicyKind kind) {
  kind_ = kind;
  const std::unique_ptr<EvictionPolicy> old = std::exchange(policy_, make_policy(kind, limits_));
  old->release([this](Resident& entry) { policy_->insert(entry); });
}

void ShadowCache::evict_surplus() {
  while (load_.exceeds(limits_))
    forget(policy_->evict());
}

std::size_t ShadowCache::bytes() const {
  constexpr std::size_t kSlot = sizeof(decltype(index_)::value_type) + 1;
  constexpr std::size_t kOrder = 32;  // a place in a policy's heap, which grows by doubling
  return entries_.size() * (sizeof(Resident) + kOrder) + free_.capacity() * sizeof(Resident*) +
         index_.bucket_count() * kSlot + policy_->fixed_bytes();
}

}  // namespace refrain
