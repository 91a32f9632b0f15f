#pragma once

/// @file
/// Which keys left lately.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace refrain {

/// Remembers about the last `capacity` keys that were added, by their hashes, in a table of fixed
/// size: a key that falls on another's place takes it. What it says is a hint: it may forget a key
/// early, and takes one in 2^32 unknown keys for a known one.
class GhostTable {
public:
  explicit GhostTable(std::size_t capacity) { resize(capacity); }

  /// Forgets everything and follows a new capacity.
  void resize(std::size_t capacity);

  void add(std::uint64_t hash);

  /// Whether `hash` was among the last `capacity` that were added; if so it is forgotten.
  bool take(std::uint64_t hash);

  [[nodiscard]] std::size_t bytes() const { return places_.size() * sizeof(Place); }

private:
  /// Two keys share a row: the older gives way.
  static constexpr std::size_t kRow = 4;

  struct Place {
    std::uint32_t mark = 0;
    std::uint32_t added = 0;
  };

  [[nodiscard]] Place* row_of(std::uint64_t hash) { return &places_[(hash & mask_) * kRow]; }
  /// Never zero, which is a free place.
  static std::uint32_t mark_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32U) | 1U;
  }

  std::vector<Place> places_;
  std::uint64_t mask_ = 0;
  std::uint32_t capacity_ = 0;
  std::uint32_t additions_ = 0;
};

}  // namespace refrain
