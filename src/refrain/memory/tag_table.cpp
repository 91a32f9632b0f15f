#include "refrain/memory/tag_table.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace refrain {

TagTable::TagTable(std::size_t capacity)
    : mask_(std::bit_ceil(std::max(capacity, kLeastCapacity)) - 1),
      words_(std::make_unique<Word[]>(mask_ + 1)) {}

std::uint64_t TagTable::word_for(Resident& entry) {
  const auto pointer = reinterpret_cast<std::uint64_t>(&entry);
  // 47 bits are what Linux gives a process that does not ask for more.
  assert((pointer & kTagMask) == 0);
  return pointer | (entry.hash & kTagMask);
}

void TagTable::insert(Resident& entry) {
  assert(!is_full());
  std::size_t i = entry.hash & mask_;
  while (words_[i].load(std::memory_order_relaxed) != 0)
    i = (i + 1) & mask_;
  words_[i].store(word_for(entry), std::memory_order_seq_cst);
  ++size_;
}

std::size_t TagTable::place_of(const Resident& entry) const {
  std::size_t i = entry.hash & mask_;
  while (pointer_of(words_[i].load(std::memory_order_relaxed)) != &entry)
    i = (i + 1) & mask_;
  return i;
}

void TagTable::erase(const Resident& entry) {
  // No marks of what was there: the entries behind the hole move up, if that brings them nearer to
  // where a search for them begins.
  std::size_t hole = place_of(entry);
  for (std::size_t i = hole;;) {
    i = (i + 1) & mask_;
    const std::uint64_t word = words_[i].load(std::memory_order_relaxed);
    if (word == 0) break;
    const std::size_t distance_of_word = (i - pointer_of(word)->hash) & mask_;
    if (distance_of_word < ((i - hole) & mask_)) continue;
    words_[hole].store(word, std::memory_order_seq_cst);
    hole = i;
  }
  words_[hole].store(0, std::memory_order_seq_cst);
  --size_;
}

}  // namespace refrain
