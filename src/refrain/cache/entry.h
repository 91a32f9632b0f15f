#pragma once

/// @file
/// A generated answer, as it is kept and as it is sent.

#include "refrain/cache/cache_key.h"
#include "refrain/cache/file_body.h"
#include "refrain/cache/resident.h"
#include "refrain/core/clock.h"
#include "refrain/core/result.h"

#include <atomic>
#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <new>
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
/// the body, so a hit touches it once and copies a pointer. Or the body stays in a file, and the
/// entry knows where: for those who only send it on.
///
/// Thread safety: entries may be copied, read and destroyed from any thread.
/// Ownership: the bytes live, and the file stays open, as long as any copy of the entry.
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

  /// What a shared tier keeps in the place of an entry that was erased at `now`: it says that
  /// nothing older under this key is wanted, and ends as it is made.
  static Entry erasure(const CacheKey& key, WallTime now);

  /// An entry whose body stays where it is.
  /// @param checksum Of the content type and the body, as `checksum` says; taken on trust.
  /// @pre `content_type.size() <= kMaxContentTypeSize`
  static Entry in_file(const EntryMetadata& metadata,
                       std::string_view content_type,
                       std::size_t body_size,
                       std::uint64_t checksum,
                       FileBody body);

  Entry(const Entry& other) noexcept : block_(other.block_) { retain(); }
  Entry(Entry&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Entry& operator=(Entry other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Entry() { release(); }

  /// An entry of its own with the same content.
  [[nodiscard]] Entry copy() const;

  [[nodiscard]] EntryMetadata metadata() const {
    return {block_->key,
            block_->created,
            block_->fresh_until,
            block_->usable_until,
            block_->generation_time};
  }
  [[nodiscard]] const CacheKey& key() const { return block_->key; }
  [[nodiscard]] std::string_view content_type() const {
    return {block_->bytes(), block_->content_type_size};
  }
  /// @pre `file_body() == nullptr`
  [[nodiscard]] std::string_view body() const {
    assert(!block_->is_in_file);
    return {block_->bytes() + block_->content_type_size, block_->body_size};
  }
  /// Where the body lies, or null if it is in memory.
  [[nodiscard]] const FileBody* file_body() const {
    return block_->is_in_file ? &block_->file_body() : nullptr;
  }
  [[nodiscard]] std::size_t body_size() const { return block_->body_size; }

  /// XXH3-64 of the content type followed by the body.
  [[nodiscard]] std::uint64_t checksum() const { return block_->checksum; }

  /// Bytes of memory this entry takes, with what the allocator adds.
  [[nodiscard]] std::size_t charge() const {
    const std::size_t bytes = sizeof(Block) + block_->size_behind();
    return (bytes + kAllocatorHeader + kAllocatorUnit - 1) / kAllocatorUnit * kAllocatorUnit;
  }

  /// Whether it only says that what was here before was erased.
  [[nodiscard]] bool is_erasure() const { return block_->usable_until <= block_->created; }

  [[nodiscard]] bool is_fresh(WallTime now) const { return now < block_->fresh_until; }
  [[nodiscard]] bool is_usable(WallTime now) const { return now < block_->usable_until; }

  /// @name For a tier that holds entries by their resident part
  /// @{

  /// The part of this entry that belongs to the tier which holds it.
  [[nodiscard]] Resident& resident() const { return *block_; }

  /// Gives up this handle and not its reference: whoever has the resident part now owes a
  /// `reclaim`.
  [[nodiscard]] static Resident& detach(Entry entry) {
    return *std::exchange(entry.block_, nullptr);
  }

  /// The handle that `detach` gave up.
  /// @pre `resident` is part of an entry.
  [[nodiscard]] static Entry reclaim(Resident& resident) {
    return Entry(static_cast<Block*>(&resident));
  }

  /// A further handle on the entry that `resident` is part of.
  [[nodiscard]] static Entry share(Resident& resident) {
    auto* block = static_cast<Block*>(&resident);
    block->references.fetch_add(1, std::memory_order_relaxed);
    return Entry(block);
  }

  /// Begins to load what a hit touches of the entry that `resident` is part of.
  static void prefetch(const Resident& resident) {
    __builtin_prefetch(&resident.uses, 1);
    __builtin_prefetch(&static_cast<const Block&>(resident) + 1, 1);
  }

  /// The key of the entry that `resident` is part of.
  [[nodiscard]] static const CacheKey& key_of(const Resident& resident) {
    return static_cast<const Block&>(resident).key;
  }
  /// When the entry that `resident` is part of was made.
  [[nodiscard]] static WallTime created_of(const Resident& resident) {
    return static_cast<const Block&>(resident).created;
  }
  /// @}

private:
  // glibc's malloc: a size before the bytes, and all of it in units of sixteen.
  static constexpr std::size_t kAllocatorHeader = 8;
  static constexpr std::size_t kAllocatorUnit = 16;

  /// What a hit in memory does not look at.
  struct Cold {
    WallTime created;
    WallTime fresh_until;
    WallTime usable_until;
    std::chrono::microseconds generation_time{};
    std::uint64_t checksum = 0;
  };

  // What a hit in memory touches are 70 bytes in a row, up to where the content begins: the end of
  // the resident part, and what is declared here. With malloc's alignment that is two cache lines.
  struct Block : Cold, Resident {
    std::atomic<std::uint32_t> references{1};
    std::uint8_t content_type_size = 0;
    bool is_in_file = false;
    std::size_t body_size = 0;
    CacheKey key;

    void set(const EntryMetadata& metadata);
    [[nodiscard]] char* bytes() { return reinterpret_cast<char*>(this + 1); }
    [[nodiscard]] const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }

    // Behind the block lie the content type, and then the body or, aligned, where it is.
    [[nodiscard]] static std::size_t file_body_place(std::size_t content_type_size) {
      return (content_type_size + alignof(FileBody) - 1) / alignof(FileBody) * alignof(FileBody);
    }
    [[nodiscard]] std::size_t size_behind() const {
      return is_in_file ? file_body_place(content_type_size) + sizeof(FileBody)
                        : content_type_size + body_size;
    }
    [[nodiscard]] FileBody& file_body() {
      return *std::launder(
          reinterpret_cast<FileBody*>(bytes() + file_body_place(content_type_size)));
    }
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

  /// Moves the border between content type and body; their bytes, taken together, stay as they are.
  /// For a tier that reads both before it knows where one ends.
  /// @pre `content_type_size` is at most `kMaxContentTypeSize` and at most the bytes there are.
  void divide(std::size_t content_type_size);

  /// The finished entry, or `kCorrupt` if the bytes do not have `checksum`. Leaves the draft empty.
  [[nodiscard]] Result<Entry> seal(const EntryMetadata& metadata, std::uint64_t checksum);

private:
  Block* block_;
};

}  // namespace refrain
