#include "refrain/memory/policy/ghost_table.h"

#include <algorithm>
#include <bit>

namespace refrain {

void GhostTable::resize(std::size_t capacity) {
  capacity_ = static_cast<std::uint32_t>(std::min<std::size_t>(capacity, std::size_t{1} << 31U));
  const std::size_t rows = std::bit_ceil(std::max<std::size_t>(capacity_ / kRow, 1) * 5 / 4);
  places_.assign(rows * kRow, {});
  places_.shrink_to_fit();
  mask_ = rows - 1;
  additions_ = 0;
}

void GhostTable::add(std::uint64_t hash) {
  if (capacity_ == 0) return;
  ++additions_;
  Place* const row = row_of(hash);
  const std::uint32_t mark = mark_of(hash);
  Place* oldest = row;
  for (Place* place = row; place != row + kRow; ++place) {
    if (place->mark == mark || place->mark == 0) {
      oldest = place;
      break;
    }
    if (additions_ - place->added > additions_ - oldest->added) oldest = place;
  }
  *oldest = {mark, additions_};
}

bool GhostTable::take(std::uint64_t hash) {
  Place* const row = row_of(hash);
  const std::uint32_t mark = mark_of(hash);
  for (Place* place = row; place != row + kRow; ++place) {
    if (place->mark != mark) continue;
    place->mark = 0;
    return additions_ - place->added < capacity_;
  }
  return false;
}

}  // namespace refrain
