#pragma once

/// @file
/// A generated answer, as it is kept and as it is sent.

#include "refrain/cache/cache_key.h"
#include "refrain/core/clock.h"
#include "refrain/core/result.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace refrain {

/// What an entry says of itself besides its bytes. Trivially copyable.
struct EntryMetadata {
  CacheKey key;                      ///< Checked whenever an entry is read back.
  WallTime created;                  ///< When the generation ended.
  WallTime fresh_until;              ///< Until then it answers without question.
  WallTime usable_until;             ///< Until then it may answer while a refresh runs or fails.
  std::chrono::microseconds cost{};  ///< How long the generation took.
};

/// An immutable answer in shared memory: one allocation holds the metadata, the content type and
/// the body, so a hit touches it once and copies a pointer.
///
/// Thread safety: entries may be copied, read and destroyed from any thread.
/// Ownership: the bytes live as long as any copy of the entry.
class Entry {
public:
  /// An entry under construction: a tier reads the stored bytes straight into their final place.
  class Draft;

  static constexpr std::size_t kMaxContentTypeSize = 255;  ///< Formats keep the size in one byte.

  /// Copies the bytes and computes their checksum.
  /// @pre `content_type.size() <= kMaxContentTypeSize`
  static Entry make(const EntryMetadata& metadata,
                    std::string_view content_type,
                    std::string_view body);

  Entry(const Entry& other) noexcept : block_(other.block_) { retain(); }
  Entry(Entry&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Entry& operator=(Entry other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Entry() { release(); }

  [[nodiscard]] const EntryMetadata& metadata() const { return block_->metadata; }
  [[nodiscard]] const CacheKey& key() const { return block_->metadata.key; }
  [[nodiscard]] std::string_view content_type() const {
    return {block_->bytes(), block_->content_type_size};
  }
  [[nodiscard]] std::string_view body() const {
    return {block_->bytes() + block_->content_type_size, block_->body_size};
  }

  /// XXH3-64 of the content type followed by the body.
  [[nodiscard]] std::uint64_t checksum() const { return block_->checksum; }

  /// Bytes of memory this entry takes, allocator and bookkeeping included.
  [[nodiscard]] std::size_t charge() const {
    return kBlockOverhead + sizeof(Block) + block_->content_type_size + block_->body_size;
  }

  [[nodiscard]] bool is_fresh(WallTime now) const { return now < block_->metadata.fresh_until; }
  [[nodiscard]] bool is_usable(WallTime now) const { return now < block_->metadata.usable_until; }

private:
  // What malloc keeps beside an allocation (glibc: 8 bytes, rounded up to 16).
  static constexpr std::size_t kBlockOverhead = 16;

  struct Block {
    std::atomic<std::uint32_t> references{1};
    std::uint32_t content_type_size = 0;
    std::size_t body_size = 0;
    std::uint64_t checksum = 0;
    EntryMetadata metadata;

    [[nodiscard]] char* bytes() { return reinterpret_cast<char*>(this + 1); }
    [[nodiscard]] const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
  };

  explicit Entry(Block* block) : block_(block) {}

  static Block* allocate(std::size_t content_type_size, std::size_t body_size);
  static void free(Block* block) noexcept;
  static std::uint64_t checksum_of(const Block& block);

  void retain() const noexcept {
    if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
  }
  void release() noexcept {
    if (block_ != nullptr && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
      free(block_);
  }

  Block* block_;  // null only when moved from
};

class Entry::Draft {
public:
  /// Room for an entry of these sizes. Throws `std::bad_alloc`.
  /// @pre `content_type_size <= kMaxContentTypeSize`; the caller has checked `body_size` against
  /// its own limit.
  Draft(std::size_t content_type_size, std::size_t body_size);
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft();

  [[nodiscard]] std::span<char> content_type() {
    return {block_->bytes(), block_->content_type_size};
  }
  [[nodiscard]] std::span<char> body() {
    return {block_->bytes() + block_->content_type_size, block_->body_size};
  }

  /// The finished entry, or `kCorrupt` if the bytes do not have `checksum`. Leaves the draft empty.
  [[nodiscard]] Result<Entry> seal(const EntryMetadata& metadata, std::uint64_t checksum);

private:
  Block* block_;
};

}  // namespace refrain
