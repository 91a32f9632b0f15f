#pragma once

/// @file
/// Files with an index in SQLite: python-diskcache's design, without Python.

#include "refrain/cache/cache_key.h"

#include "disk/peers/disk_peer.h"
#include "disk/peers/files_peer.h"

#include <sqlite3.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace refrain::bench {

/// A connection to the table of python-diskcache 5.4, with its settings. Nothing is ever over or
/// evicted, and so its triggers, which count items and bytes, are left out.
class DiskcacheTable {
public:
  DiskcacheTable(const std::filesystem::path& directory, Sync sync) {
    check(sqlite3_open((directory / "cache.db").c_str(), &database_));
    check(sqlite3_busy_timeout(database_, 10'000));
    execute(
        "PRAGMA auto_vacuum = 1; PRAGMA journal_mode = wal; PRAGMA cache_size = 8192; PRAGMA "
        "mmap_size = 67108864;");
    execute(sync == Sync::kEachInsert ? "PRAGMA synchronous = FULL"
                                      : "PRAGMA synchronous = NORMAL");
    execute(
        "CREATE TABLE IF NOT EXISTS Cache (rowid INTEGER PRIMARY KEY, key BLOB, raw INTEGER,"
        " store_time REAL, expire_time REAL, access_time REAL, access_count INTEGER DEFAULT 0,"
        " tag BLOB, size INTEGER DEFAULT 0, mode INTEGER DEFAULT 0, filename TEXT, value BLOB);"
        "CREATE UNIQUE INDEX IF NOT EXISTS Cache_key_raw ON Cache (key, raw);"
        "CREATE INDEX IF NOT EXISTS Cache_expire_time ON Cache (expire_time);"
        "CREATE INDEX IF NOT EXISTS Cache_store_time ON Cache (store_time);");
    prepare_statements();
  }
  DiskcacheTable(const DiskcacheTable&) = delete;
  DiskcacheTable& operator=(const DiskcacheTable&) = delete;
  ~DiskcacheTable() {
    sqlite3_finalize(insert_);
    sqlite3_finalize(select_);
    sqlite3_close(database_);
  }

  /// Without a value the body is in a file.
  void insert(const CacheKey& key, std::size_t size, std::optional<std::string_view> value) {
    bind_key(insert_, key);
    check(sqlite3_bind_int64(insert_, 3, static_cast<sqlite3_int64>(size)));
    if (value) {
      check(sqlite3_bind_null(insert_, 4));
      check(sqlite3_bind_blob64(insert_, 5, value->data(), value->size(), SQLITE_STATIC));
    } else {
      const std::string name = key.to_hex();
      check(sqlite3_bind_text(
          insert_, 4, name.data(), static_cast<int>(name.size()), SQLITE_TRANSIENT));
      check(sqlite3_bind_null(insert_, 5));
    }
    if (sqlite3_step(insert_) != SQLITE_DONE) fail();
    check(sqlite3_reset(insert_));
  }

  enum class Where : std::uint8_t { kNowhere, kTable, kFile };

  /// Where the body is; copies one that is in the table to `body`.
  Where find(const CacheKey& key, std::string& body) {
    bind_key(select_, key);
    const int step = sqlite3_step(select_);
    if (step != SQLITE_ROW && step != SQLITE_DONE) fail();
    Where where = Where::kNowhere;
    if (step == SQLITE_ROW) {
      where = sqlite3_column_type(select_, 0) == SQLITE_NULL ? Where::kFile : Where::kTable;
      if (where == Where::kTable) {
        body.assign(static_cast<const char*>(sqlite3_column_blob(select_, 0)),
                    static_cast<std::size_t>(sqlite3_column_bytes(select_, 0)));
      }
    }
    check(sqlite3_reset(select_));
    return where;
  }

private:
  [[noreturn]] void fail() const {
    throw std::runtime_error(std::string("SQLite: ") + sqlite3_errmsg(database_));
  }
  void check(int status) const {
    if (status != SQLITE_OK) fail();
  }
  void execute(const char* statements) const {
    check(sqlite3_exec(database_, statements, nullptr, nullptr, nullptr));
  }
  void prepare_statements() {
    insert_ = prepare(
        "INSERT OR REPLACE INTO Cache (key, raw, store_time, access_time, size, mode, filename,"
        " value) VALUES (?1, 1, ?2, ?2, ?3, 1, ?4, ?5)");
    select_ = prepare(
        "SELECT value FROM Cache WHERE key = ?1 AND raw = 1"
        " AND (expire_time IS NULL OR expire_time > ?2)");
  }
  [[nodiscard]] sqlite3_stmt* prepare(const char* statement) const {
    sqlite3_stmt* prepared = nullptr;
    check(sqlite3_prepare_v2(database_, statement, -1, &prepared, nullptr));
    return prepared;
  }
  void bind_key(sqlite3_stmt* statement, const CacheKey& key) const {
    const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
    check(sqlite3_bind_blob(statement, 1, key.digest().data(), CacheKey::kSize, SQLITE_TRANSIENT));
    check(sqlite3_bind_double(statement, 2, now.count()));
  }

  sqlite3* database_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  sqlite3_stmt* select_ = nullptr;
};

/// Bodies below 32 KB lie in the table, others in files.
class FilesSqlitePeer final : public DiskPeer {
public:
  FilesSqlitePeer(const std::filesystem::path& directory, Sync sync)
      : directory_(directory),
        sync_(sync),
        files_(directory, sync),
        table_(directory, sync) {}

  void insert(const CacheKey& key, std::string_view body) override {
    if (body.size() < kSmallestFile) {
      table_.insert(key, body.size(), body);
    } else {
      files_.insert(key, body);
      table_.insert(key, body.size(), std::nullopt);
    }
  }

  std::unique_ptr<DiskReader> reader() override { return std::make_unique<Reader>(*this); }

private:
  static constexpr std::size_t kSmallestFile = 32'768;  // its `disk_min_file_size`

  class Reader final : public DiskReader {
  public:
    explicit Reader(FilesSqlitePeer& peer)
        : table_(peer.directory_, peer.sync_),
          files_(peer.files_.reader()) {}

    std::optional<std::string_view> find(const CacheKey& key) override {
      switch (table_.find(key, body_)) {
        case DiskcacheTable::Where::kTable:
          return body_;
        case DiskcacheTable::Where::kFile:
          return files_->find(key);
        case DiskcacheTable::Where::kNowhere:
          break;
      }
      return std::nullopt;
    }

  private:
    DiskcacheTable table_;
    std::unique_ptr<DiskReader> files_;
    std::string body_;
  };

  std::filesystem::path directory_;
  Sync sync_;
  FilesPeer files_;
  DiskcacheTable table_;
};

}  // namespace refrain::bench
