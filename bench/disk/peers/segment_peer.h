#pragma once

/// @file
/// The sketch of a segment store: what the kernel costs, and little else.

#include "refrain/cache/cache_key.h"
#include "refrain/disk/checksum.h"
#include "refrain/disk/file_descriptor.h"

#include "disk/peers/disk_peer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <unordered_map>

namespace refrain::bench {

/// One append-only file and an index in memory. No bound, no time, no erasure; a checksum is
/// written with each record, but a look-up does not verify it.
class SegmentPeer final : public DiskPeer {
public:
  SegmentPeer(const std::filesystem::path& directory, Sync sync)
      : sync_(sync),
        file_(::open((directory / "segment").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    require(file_.is_open(), "open a segment");
    recover();
  }

  void insert(const CacheKey& key, std::string_view body) override {
    const Header header{key, body.size(), checksum_before(body, body.size())};
    const std::array<iovec, 2> buffers{buffer_of(&header, sizeof header),
                                       buffer_of(body.data(), body.size())};
    const std::size_t size = sizeof header + body.size();
    require(::pwritev(file_.value(), buffers.data(), 2, end_) == static_cast<ssize_t>(size),
            "append a record");
    if (sync_ == Sync::kEachInsert) require(::fdatasync(file_.value()) == 0, "sync a segment");
    index_[key] = {end_ + static_cast<off_t>(sizeof header), body.size()};
    end_ += static_cast<off_t>(size);
  }

  std::unique_ptr<DiskReader> reader() override { return std::make_unique<Reader>(*this); }

private:
  struct Header {
    CacheKey key;
    std::size_t body_size = 0;
    std::uint64_t checksum = 0;
  };
  struct Location {
    off_t offset = 0;
    std::size_t size = 0;
  };

  class Reader final : public DiskReader {
  public:
    explicit Reader(const SegmentPeer& peer) : peer_(peer) {}

    std::optional<std::string_view> find(const CacheKey& key) override {
      const auto position = peer_.index_.find(key);
      if (position == peer_.index_.end()) return std::nullopt;
      const auto [offset, size] = position->second;
      body_.resize(size);
      require(
          ::pread(peer_.file_.value(), body_.data(), size, offset) == static_cast<ssize_t>(size),
          "read a record");
      return body_;
    }

  private:
    const SegmentPeer& peer_;
    std::string body_;
  };

  static iovec buffer_of(const void* bytes, std::size_t size) {
    // An iovec has no const; writing does not change the bytes.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
    return {const_cast<void*>(bytes), size};
  }

  void recover() {
    struct stat status{};
    require(::fstat(file_.value(), &status) == 0, "look at a segment");
    Header header;
    while (end_ < status.st_size) {
      require(::pread(file_.value(), &header, sizeof header, end_) == sizeof header,
              "read a record's header");
      end_ += static_cast<off_t>(sizeof header);
      index_[header.key] = {end_, header.body_size};
      end_ += static_cast<off_t>(header.body_size);
    }
  }

  Sync sync_;
  FileDescriptor file_;
  off_t end_ = 0;
  std::unordered_map<CacheKey, Location, CacheKeyHash> index_;
};

}  // namespace refrain::bench
