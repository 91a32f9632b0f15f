#pragma once

/// @file
/// Which keys left lately.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace refrain {

/// Remembers about the last `capacity` keys that were added, by their hashes, in a table of fixed
/// size, 10 bytes for each: where a row is full, the oldest gives way. What it says is a hint: it
/// forgets one key in fifteen or so early, and takes one unknown key in 2^28 for a known one.
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
  /// Places that are looked at for a key: a line of memory.
  static constexpr std::size_t kRow = 8;

  struct Place {
    std::uint32_t mark = 0;
    std::uint32_t added = 0;
  };

  // Of a mixed hash, the upper half chooses the row and the lower half is the mark.
  [[nodiscard]] static std::uint64_t mixed(std::uint64_t hash);
  [[nodiscard]] Place* row_of(std::uint64_t mixed_hash);
  /// Never zero, which is a free place.
  static std::uint32_t mark_of(std::uint64_t mixed_hash) {
    return static_cast<std::uint32_t>(mixed_hash) | 1U;
  }

  std::vector<Place> places_;
  std::uint32_t capacity_ = 0;
  std::uint32_t additions_ = 0;
};

}  // namespace refrain
