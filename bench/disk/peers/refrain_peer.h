#pragma once

/// @file
/// The disk cache itself, as the service uses it.

#include "refrain/cache/entry.h"
#include "refrain/core/clock.h"
#include "refrain/core/log.h"
#include "refrain/disk/segment_store.h"

#include "disk/peers/disk_peer.h"
#include "disk/value_of.h"

#include <chrono>
#include <filesystem>
#include <stdexcept>

namespace refrain::bench {

/// `SegmentStore`. An insert includes making the entry, which copies the body and computes its
/// checksum; a look-up verifies the checksums of header and body.
class RefrainPeer final : public DiskPeer {
public:
  RefrainPeer(const std::filesystem::path& directory, Sync sync)
      : store_(value_of(SegmentStore::open(options(directory, sync), clock_, log_))) {}

  void insert(const CacheKey& key, std::string_view body) override {
    EntryMetadata metadata;
    metadata.key = key;
    metadata.created = clock_.now();
    metadata.fresh_until = metadata.created + std::chrono::hours(24);
    metadata.usable_until = metadata.fresh_until;
    metadata.cost = std::chrono::seconds(1);
    const Entry entry = Entry::make(metadata, "image/png", body);
    if (value_of(store_->insert(entry)) != InsertOutcome::kStored)
      throw std::runtime_error("the store refused an entry");
  }

  std::unique_ptr<DiskReader> reader() override { return std::make_unique<Reader>(*store_); }

private:
  static constexpr std::int64_t kMaxSizeBytes = std::int64_t{8} << 30U;  // nothing is evicted

  static SegmentStore::Options options(const std::filesystem::path& directory, Sync sync) {
    SegmentStore::Options options;
    options.directory = directory;
    options.max_size_bytes = kMaxSizeBytes;
    options.durability = sync == Sync::kEachInsert ? Durability::kAlways : Durability::kNone;
    return options;
  }

  class Reader final : public DiskReader {
  public:
    explicit Reader(SegmentStore& store) : store_(store) {}

    std::optional<std::string_view> find(const CacheKey& key) override {
      found_ = value_of(store_.find(key));
      if (!found_) return std::nullopt;
      return found_->body();
    }

  private:
    SegmentStore& store_;
    std::optional<Entry> found_;
  };

  SystemClock clock_;
  NullLog log_;
  std::unique_ptr<SegmentStore> store_;
};

}  // namespace refrain::bench
