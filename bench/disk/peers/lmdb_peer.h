#pragma once

/// @file
/// LMDB: a B+ tree in one mapped file.

#include "refrain/cache/cache_key.h"

#include "disk/peers/disk_peer.h"

#include <lmdb.h>

#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace refrain::bench {

/// A transaction for each insert and for each look-up, which copies the body out of the map: after
/// the transaction it may change there.
class LmdbPeer final : public DiskPeer {
public:
  LmdbPeer(const std::filesystem::path& directory, Sync sync) {
    check(mdb_env_create(&environment_));
    check(mdb_env_set_mapsize(environment_, kMapSize));
    const unsigned when = sync == Sync::kEachInsert ? 0 : MDB_NOSYNC;
    check(mdb_env_open(environment_, directory.c_str(), MDB_NORDAHEAD | MDB_NOTLS | when, 0600));
    MDB_txn* transaction = begin(0);
    check(mdb_dbi_open(transaction, nullptr, 0, &database_));
    check(mdb_txn_commit(transaction));
  }
  ~LmdbPeer() override { mdb_env_close(environment_); }

  void insert(const CacheKey& key, std::string_view body) override {
    MDB_txn* transaction = begin(0);
    MDB_val name = value_of(key);
    // An MDB_val has no const; `mdb_put` does not change the bytes.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
    MDB_val value{body.size(), const_cast<char*>(body.data())};
    check(mdb_put(transaction, database_, &name, &value, 0));
    check(mdb_txn_commit(transaction));
  }

  std::unique_ptr<DiskReader> reader() override { return std::make_unique<Reader>(*this); }

private:
  static constexpr std::size_t kMapSize = std::size_t{8} << 30U;  // address space, not memory

  class Reader final : public DiskReader {
  public:
    explicit Reader(const LmdbPeer& peer)
        : database_(peer.database_),
          transaction_(peer.begin(MDB_RDONLY)) {
      mdb_txn_reset(transaction_);
    }
    ~Reader() override { mdb_txn_abort(transaction_); }

    std::optional<std::string_view> find(const CacheKey& key) override {
      check(mdb_txn_renew(transaction_));
      MDB_val name = value_of(key);
      MDB_val value{};
      const int status = mdb_get(transaction_, database_, &name, &value);
      if (status == 0) body_.assign(static_cast<const char*>(value.mv_data), value.mv_size);
      mdb_txn_reset(transaction_);
      if (status == MDB_NOTFOUND) return std::nullopt;
      check(status);
      return body_;
    }

  private:
    MDB_dbi database_;
    MDB_txn* transaction_;
    std::string body_;
  };

  static void check(int status) {
    if (status != 0) throw std::runtime_error(std::string("LMDB: ") + mdb_strerror(status));
  }
  static MDB_val value_of(const CacheKey& key) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): as in `insert`
    return {CacheKey::kSize, const_cast<std::uint8_t*>(key.digest().data())};
  }
  [[nodiscard]] MDB_txn* begin(unsigned flags) const {
    MDB_txn* transaction = nullptr;
    check(mdb_txn_begin(environment_, nullptr, flags, &transaction));
    return transaction;
  }

  MDB_env* environment_ = nullptr;
  MDB_dbi database_ = 0;
};

}  // namespace refrain::bench
