#pragma once

/// @file
/// A file for each object.

#include "refrain/cache/cache_key.h"
#include "refrain/disk/file_descriptor.h"

#include "disk/peers/disk_peer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>

namespace refrain::bench {

/// Files in 256 folders by the first byte of the key, written under another name and renamed, so
/// that nobody reads half of one. No index: the file system has it.
class FilesPeer final : public DiskPeer {
public:
  FilesPeer(std::filesystem::path directory, Sync sync)
      : directory_(std::move(directory)),
        sync_(sync) {
    for (int byte = 0; byte < 256; ++byte) {
      std::array<char, 3> name{};
      std::snprintf(name.data(), name.size(), "%02x", static_cast<unsigned>(byte));
      std::filesystem::create_directory(directory_ / name.data());
    }
  }

  void insert(const CacheKey& key, std::string_view body) override {
    const std::string path = path_of(key);
    const std::string draft = path + ".tmp";
    {
      const FileDescriptor file(
          ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
      require(file.is_open(), "make a file");
      require(::write(file.value(), body.data(), body.size()) == static_cast<ssize_t>(body.size()),
              "write a file");
      if (sync_ == Sync::kEachInsert) require(::fdatasync(file.value()) == 0, "sync a file");
    }
    require(std::rename(draft.c_str(), path.c_str()) == 0, "rename a file");
    if (sync_ == Sync::kEachInsert) sync_folder_of(path);
  }

  std::unique_ptr<DiskReader> reader() override { return std::make_unique<Reader>(*this); }

private:
  class Reader final : public DiskReader {
  public:
    explicit Reader(const FilesPeer& peer) : peer_(peer) {}

    std::optional<std::string_view> find(const CacheKey& key) override {
      const FileDescriptor file(::open(peer_.path_of(key).c_str(), O_RDONLY | O_CLOEXEC));
      if (!file.is_open()) return std::nullopt;
      struct stat status{};
      require(::fstat(file.value(), &status) == 0, "look at a file");
      body_.resize(static_cast<std::size_t>(status.st_size));
      require(::read(file.value(), body_.data(), body_.size()) == status.st_size, "read a file");
      return body_;
    }

  private:
    const FilesPeer& peer_;
    std::string body_;
  };

  [[nodiscard]] std::string path_of(const CacheKey& key) const {
    const std::string name = key.to_hex();
    return directory_.native() + "/" + name.substr(0, 2) + "/" + name.substr(2);
  }

  /// Without this the new name may be lost with the power.
  static void sync_folder_of(const std::filesystem::path& path) {
    const FileDescriptor folder(
        ::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    require(folder.is_open() && ::fsync(folder.value()) == 0, "sync a folder");
  }

  std::filesystem::path directory_;
  Sync sync_;
};

}  // namespace refrain::bench
