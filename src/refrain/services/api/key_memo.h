#pragma once

/// @file
/// From the bytes of a request that was seen before straight to its key.

#include "refrain/cache/cache_key.h"
#include "refrain/core/mutex.h"
#include "refrain/http/request.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace refrain {

/// Remembers the keys of the latest requests by their method, target, tenant and body, byte for
/// byte: a repeated request is neither parsed nor hashed with SHA-256 again. The bytes are
/// compared, so no collision can lead to another request's key.
///
/// Thread safety: any; a look-up takes one of many locks, each for a few slots.
class KeyMemo {
public:
  KeyMemo();

  /// The key that was remembered for the same bytes in the same epoch.
  [[nodiscard]] std::optional<CacheKey> find(const http::Request& request,
                                             std::string_view tenant,
                                             std::uint64_t epoch);

  /// Remembers `key`, in place of what had its slot. Requests longer than a slot are not
  /// remembered.
  void remember(const http::Request& request,
                std::string_view tenant,
                std::uint64_t epoch,
                CacheKey key);

private:
  static constexpr std::size_t kSlots = 4096;
  static constexpr std::size_t kLocks = 64;
  static constexpr std::size_t kMaxBytes = 1024;

  struct Slot {
    std::string target;
    std::string tenant;
    std::string body;
    CacheKey key;
    std::uint64_t epoch = 0;  // 0: empty, since epochs begin at 1
    http::Method method = http::Method::kOther;
  };

  [[nodiscard]] std::size_t slot_of(const http::Request& request, std::string_view tenant) const;

  const std::uint64_t seed_;
  std::unique_ptr<std::array<Mutex, kLocks>> mutexes_;
  std::vector<Slot> slots_;  // slot i is guarded by mutex i % kLocks
};

}  // namespace refrain
