#pragma once

/// @file
/// The index of a memory cache.

#include "refrain/cache/cache_key.h"
#include "refrain/cache/entry.h"
#include "refrain/cache/resident.h"

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace refrain {

/// Entries by key: open addressing with linear probing over words of 64 bits, each a pointer and,
/// in the 16 bits that pointers leave free, a part of the key's hash. Eight words share a cache
/// line, and an entry is only looked at when its tag fits, so a search touches one line of the
/// table, and of the entries the right one.
///
/// Thread safety: one writer at a time. Readers look through a `View`, beside it. Ownership: none
/// of the entries; the table only points.
class TagTable {
  using Word = std::atomic<std::uint64_t>;

public:
  /// A table as its readers see it: where its words are and how many, in one word that can be
  /// published at once.
  ///
  /// Thread safety: `find` may run beside the writer, within a read section that keeps alive what
  /// it may see. It may then overlook an entry that the writer is just moving: a miss is only
  /// certain when no writer is at work.
  class View {
  public:
    View() = default;

    /// The entry under `key`, or null.
    [[nodiscard]] Resident* find(const CacheKey& key, std::uint64_t hash) const {
      const auto* const words = reinterpret_cast<const Word*>(bits_ & ~kTagMask);
      const std::uint64_t mask = (std::uint64_t{1} << (bits_ >> kTagShift)) - 1;
      const std::uint64_t tag = hash & kTagMask;
      for (std::uint64_t i = hash & mask;; i = (i + 1) & mask) {
        const std::uint64_t word = words[i].load(std::memory_order_seq_cst);
        if (word == 0) return nullptr;
        if ((word & kTagMask) != tag) continue;
        Resident* const entry = pointer_of(word);
        Entry::prefetch(*entry);
        if (Entry::key_of(*entry) == key) return entry;
      }
    }

  private:
    friend class TagTable;
    View(const Word* words, std::size_t capacity)
        : bits_(reinterpret_cast<std::uint64_t>(words) |
                static_cast<std::uint64_t>(std::countr_zero(capacity)) << kTagShift) {}

    std::uint64_t bits_ = 0;
  };

  /// Room for `capacity` words, rounded up to a power of two of at least `kLeastCapacity`.
  explicit TagTable(std::size_t capacity);

  static constexpr std::size_t kLeastCapacity = 16;

  [[nodiscard]] View view() const { return {words_.get(), capacity()}; }

  /// Adds an entry whose key is not there.
  /// @pre `!is_full()`
  void insert(Resident& entry);

  /// Removes an entry that is there.
  void erase(const Resident& entry);

  /// Three quarters of the words are taken: an insert needs a larger table.
  [[nodiscard]] bool is_full() const { return size_ >= capacity() / 4 * 3; }
  /// Less than an eighth of the words is taken.
  [[nodiscard]] bool is_sparse() const {
    return capacity() > kLeastCapacity && size_ < capacity() / 8;
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return mask_ + 1; }
  [[nodiscard]] std::size_t bytes() const { return capacity() * sizeof(Word); }

  template <class Visit>
  void for_each(const Visit& visit) const {
    for (std::size_t i = 0; i <= mask_; ++i)
      if (const std::uint64_t word = words_[i].load(std::memory_order_relaxed); word != 0)
        visit(*pointer_of(word));
  }

private:
  static constexpr unsigned kTagShift = 48;
  static constexpr std::uint64_t kTagMask = std::uint64_t{0xFFFF} << kTagShift;

  [[nodiscard]] static Resident* pointer_of(std::uint64_t word) {
    return reinterpret_cast<Resident*>(word & ~kTagMask);
  }
  [[nodiscard]] static std::uint64_t word_for(Resident& entry);
  [[nodiscard]] std::size_t place_of(const Resident& entry) const;

  std::size_t mask_;
  std::size_t size_ = 0;
  std::unique_ptr<Word[]> words_;
};

}  // namespace refrain
