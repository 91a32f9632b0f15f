#pragma once

/// @file
/// RocksDB with BlobDB: keys in a log-structured merge tree, bodies in blob files.

#include "refrain/cache/cache_key.h"

#include "disk/peers/disk_peer.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>

#include <cstddef>
#include <filesystem>
#include <stdexcept>

namespace refrain::bench {

/// Bodies from 1 KB on are blobs. Bloom filters, a small cache for the tree's blocks, no
/// compression, since there is nothing to gain; RocksDB verifies a blob's checksum on every read.
class RocksdbPeer final : public DiskPeer {
public:
  RocksdbPeer(const std::filesystem::path& directory, Sync sync) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.enable_blob_files = true;
    options.min_blob_size = 1024;
    options.blob_file_size = 128U << 20U;
    options.compression = rocksdb::kNoCompression;
    options.max_background_jobs = 2;
    options.info_log_level = rocksdb::WARN_LEVEL;
    rocksdb::BlockBasedTableOptions table;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.block_cache = rocksdb::NewLRUCache(std::size_t{32} << 20U);
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    rocksdb::DB* database = nullptr;
    check(rocksdb::DB::Open(options, directory.native(), &database));
    database_.reset(database);
    write_options_.sync = sync == Sync::kEachInsert;
  }

  void insert(const CacheKey& key, std::string_view body) override {
    check(database_->Put(write_options_, slice_of(key), rocksdb::Slice(body.data(), body.size())));
  }

  std::unique_ptr<DiskReader> reader() override { return std::make_unique<Reader>(*database_); }

private:
  class Reader final : public DiskReader {
  public:
    explicit Reader(rocksdb::DB& database) : database_(database) {}

    std::optional<std::string_view> find(const CacheKey& key) override {
      body_.Reset();
      const rocksdb::Status status =
          database_.Get({}, database_.DefaultColumnFamily(), slice_of(key), &body_);
      if (status.IsNotFound()) return std::nullopt;
      check(status);
      return body_.ToStringView();
    }

  private:
    rocksdb::DB& database_;
    rocksdb::PinnableSlice body_;
  };

  static void check(const rocksdb::Status& status) {
    if (!status.ok()) throw std::runtime_error("RocksDB: " + status.ToString());
  }
  static rocksdb::Slice slice_of(const CacheKey& key) {
    return {reinterpret_cast<const char*>(key.digest().data()), CacheKey::kSize};
  }

  std::unique_ptr<rocksdb::DB> database_;
  rocksdb::WriteOptions write_options_;
};

}  // namespace refrain::bench
