#include "refrain/cache/entry.h"

#include <xxhash.h>
#if defined(__x86_64__)
// The same function with the widest instructions that the processor has: twice as fast for a
// sticker, and a disk hit spends a quarter of its time in it.
#include <xxh_x86dispatch.h>
#endif

#include <algorithm>
#include <cassert>
#include <memory>
#include <new>

namespace refrain {

Entry::Block* Entry::allocate(std::size_t content_type_size, std::size_t body_size) {
  assert(content_type_size <= kMaxContentTypeSize);
  void* memory = ::operator new(sizeof(Block) + content_type_size + body_size);
  auto* block = new (memory) Block();
  block->content_type_size = static_cast<std::uint8_t>(content_type_size);
  block->body_size = body_size;
  return block;
}

void Entry::free(Block* block) noexcept {
  if (block->is_in_file) std::destroy_at(&block->file_body());
  block->~Block();
  ::operator delete(block);
}

void Entry::Block::set(const EntryMetadata& metadata) {
  key = metadata.key;
  created = metadata.created;
  fresh_until = metadata.fresh_until;
  usable_until = metadata.usable_until;
  generation_time = metadata.cost;
}

std::uint64_t Entry::checksum_of(const Block& block) {
  return XXH3_64bits(block.bytes(), block.content_type_size + block.body_size);
}

Entry Entry::make(const EntryMetadata& metadata,
                  std::string_view content_type,
                  std::string_view body) {
  Block* block = allocate(content_type.size(), body.size());
  block->set(metadata);
  // An algorithm, not memcpy: an empty view may be null, which memcpy may not be given.
  char* const body_begin = std::ranges::copy(content_type, block->bytes()).out;
  std::ranges::copy(body, body_begin);
  block->checksum = checksum_of(*block);
  return Entry(block);
}

Entry Entry::erasure(const CacheKey& key, WallTime now) {
  EntryMetadata metadata;
  metadata.key = key;
  metadata.created = now;
  metadata.fresh_until = now;
  metadata.usable_until = now;
  return make(metadata, "application/json", "null");
}

Entry Entry::in_file(const EntryMetadata& metadata,
                     std::string_view content_type,
                     std::size_t body_size,
                     std::uint64_t checksum,
                     FileBody body) {
  static_assert(alignof(Block) % alignof(FileBody) == 0);
  const std::size_t place = Block::file_body_place(content_type.size());
  Block* block = allocate(content_type.size(), place - content_type.size() + sizeof(FileBody));
  block->set(metadata);
  block->checksum = checksum;
  block->is_in_file = true;
  block->body_size = body_size;
  std::ranges::copy(content_type, block->bytes());
  new (block->bytes() + place) FileBody(std::move(body));
  return Entry(block);
}

// What docs/operations.md says an entry takes besides its content.
static_assert(sizeof(Resident) == 80);

Entry Entry::copy() const {
  if (const FileBody* body = file_body())
    return in_file(metadata(), content_type(), body_size(), checksum(), *body);
  Block* block = allocate(block_->content_type_size, block_->body_size);
  block->set(metadata());
  block->checksum = block_->checksum;
  std::copy_n(block_->bytes(), block_->content_type_size + block_->body_size, block->bytes());
  return Entry(block);
}

Entry::Draft::Draft(std::size_t content_type_size, std::size_t body_size)
    : block_(allocate(content_type_size, body_size)) {}

Entry::Draft::~Draft() {
  if (block_ != nullptr) Entry::free(block_);
}

void Entry::Draft::divide(std::size_t content_type_size) {
  const std::size_t total = block_->content_type_size + block_->body_size;
  assert(content_type_size <= kMaxContentTypeSize && content_type_size <= total);
  block_->content_type_size = static_cast<std::uint8_t>(content_type_size);
  block_->body_size = total - content_type_size;
}

Result<Entry> Entry::Draft::seal(const EntryMetadata& metadata, std::uint64_t checksum) {
  block_->set(metadata);
  block_->checksum = checksum_of(*block_);
  if (block_->checksum != checksum) {
    return fail(ErrorCode::kCorrupt, "the stored bytes do not match their checksum");
  }
  return Entry(std::exchange(block_, nullptr));
}

}  // namespace refrain
