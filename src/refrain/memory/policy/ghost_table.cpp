#include "refrain/memory/policy/ghost_table.h"

#include <algorithm>

namespace refrain {

void GhostTable::resize(std::size_t capacity) {
  capacity_ = static_cast<std::uint32_t>(std::min<std::size_t>(capacity, std::size_t{1} << 31U));
  // A quarter more places than keys, since rows do not fill evenly.
  const std::size_t rows = (std::size_t{capacity_} + std::size_t{capacity_} / 4) / kRow + 1;
  places_.assign(rows * kRow, {});
  places_.shrink_to_fit();
  additions_ = 0;
}

std::uint64_t GhostTable::mixed(std::uint64_t hash) {
  // The keys of a shard have bits of the hash in common. Otherwise than `KeySample` does it, or the
  // keys of a sample would share rows.
  return (hash ^ hash >> 32U) * 0xD6E8'FEB8'6659'FD93U;
}

GhostTable::Place* GhostTable::row_of(std::uint64_t mixed_hash) {
  return &places_[((mixed_hash >> 32U) * (places_.size() / kRow) >> 32U) * kRow];
}

void GhostTable::add(std::uint64_t hash) {
  if (capacity_ == 0) return;
  ++additions_;
  const std::uint64_t bits = mixed(hash);
  Place* const row = row_of(bits);
  const std::uint32_t mark = mark_of(bits);
  // Its own place if it has one: a key in two places could be taken twice. Else a free one.
  Place* chosen = row;
  for (Place* place = row; place != row + kRow; ++place) {
    if (place->mark == mark) {
      chosen = place;
      break;
    }
    if (chosen->mark == 0) continue;
    if (place->mark == 0 || additions_ - place->added > additions_ - chosen->added) chosen = place;
  }
  *chosen = {mark, additions_};
}

bool GhostTable::take(std::uint64_t hash) {
  const std::uint64_t bits = mixed(hash);
  Place* const row = row_of(bits);
  const std::uint32_t mark = mark_of(bits);
  for (Place* place = row; place != row + kRow; ++place) {
    if (place->mark != mark) continue;
    place->mark = 0;
    return additions_ - place->added < capacity_;
  }
  return false;
}

}  // namespace refrain
