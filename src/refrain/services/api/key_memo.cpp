#include "refrain/services/api/key_memo.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <random>

namespace refrain {

KeyMemo::KeyMemo()
    : seed_(std::random_device()()),
      mutexes_(std::make_unique<std::array<Mutex, kLocks>>()),
      slots_(kSlots) {}

std::size_t KeyMemo::slot_of(const http::Request& request, std::string_view tenant) const {
  const std::uint64_t of_target =
      XXH3_64bits_withSeed(request.target().data(), request.target().size(), seed_);
  const std::uint64_t of_body =
      XXH3_64bits_withSeed(request.body().data(), request.body().size(), of_target);
  return (tenant.empty() ? of_body : XXH3_64bits_withSeed(tenant.data(), tenant.size(), of_body)) %
         kSlots;
}

std::optional<CacheKey> KeyMemo::find(const http::Request& request,
                                      std::string_view tenant,
                                      std::uint64_t epoch) {
  const std::size_t place = slot_of(request, tenant);
  const MutexLock lock((*mutexes_)[place % kLocks]);
  const Slot& slot = slots_[place];
  const bool is_same = slot.epoch == epoch && slot.method == request.method() &&
                       slot.target == request.target() && slot.body == request.body() &&
                       slot.tenant == tenant;
  return is_same ? std::optional<CacheKey>(slot.key) : std::nullopt;
}

void KeyMemo::remember(const http::Request& request,
                       std::string_view tenant,
                       std::uint64_t epoch,
                       CacheKey key) {
  if (request.target().size() + request.body().size() + tenant.size() > kMaxBytes) return;
  const std::size_t place = slot_of(request, tenant);
  const MutexLock lock((*mutexes_)[place % kLocks]);
  Slot& slot = slots_[place];
  slot.target.assign(request.target());
  slot.tenant.assign(tenant);
  slot.body.assign(request.body());
  slot.method = request.method();
  slot.epoch = epoch;
  slot.key = key;
}

}  // namespace refrain
