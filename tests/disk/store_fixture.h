#pragma once

/// @file
/// A store in a folder of its own, and ways to damage it.

#include "refrain/core/log.h"
#include "refrain/disk/segment_header.h"
#include "refrain/disk/segment_store.h"

#include "support/manual_clock.h"
#include "support/sample_entry.h"
#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace refrain::testing {

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

inline void write_file(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path.string());
}

/// Turns one bit over, in place.
inline void flip_bit(const std::filesystem::path& path, std::size_t bit) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  const auto offset = static_cast<std::streamoff>(bit / 8);
  file.seekg(offset);
  const auto byte = static_cast<unsigned>(file.get());
  file.seekp(offset);
  file.put(static_cast<char>(byte ^ (1U << (bit % 8))));
  file.close();
  if (!file) throw std::runtime_error("cannot change " + path.string());
}

/// A file system that hands out single bytes, so that tests can count with lengths.
class ByteBlocks : public FileSystem {
public:
  int file_system_status(int file, struct statfs& status) override {
    const int done = FileSystem::file_system_status(file, status);
    status.f_bavail *= static_cast<decltype(status.f_bavail)>(status.f_bsize);
    status.f_bsize = 1;
    return done;
  }
};

class StoreFixture : public ::testing::Test {
protected:
  [[nodiscard]] std::filesystem::path directory() const { return dir_.path() / "cache"; }
  [[nodiscard]] std::filesystem::path segment(std::uint64_t id) const {
    return directory() / segment_file_name(id);
  }
  [[nodiscard]] std::filesystem::path meta() const {
    return directory() / StoreDirectory::kMetaName;
  }

  [[nodiscard]] std::filesystem::path snapshot() const {
    return directory() / StoreDirectory::kIndexName;
  }

  [[nodiscard]] SegmentStore::Options options() const {
    SegmentStore::Options options;
    options.directory = directory();
    options.max_size_bytes = 1 << 20;
    options.ttl = std::chrono::hours(24);
    options.file_system = file_system_;
    return options;
  }

  [[nodiscard]] Result<std::unique_ptr<SegmentStore>> try_open(
      const SegmentStore::Options& options) {
    return SegmentStore::open(options, clock_, log_);
  }
  [[nodiscard]] std::unique_ptr<SegmentStore> open(const SegmentStore::Options& options) {
    Result<std::unique_ptr<SegmentStore>> store = try_open(options);
    if (!store) throw std::runtime_error("cannot open: " + store.error().message());
    return std::move(*store);
  }
  [[nodiscard]] std::unique_ptr<SegmentStore> open() { return open(options()); }
  /// As after a crash: the last owner left no snapshot of its index.
  [[nodiscard]] std::unique_ptr<SegmentStore> open_by_scanning(
      const SegmentStore::Options& options) {
    remove_snapshot();
    return open(options);
  }
  [[nodiscard]] std::unique_ptr<SegmentStore> open_by_scanning() {
    return open_by_scanning(options());
  }
  void remove_snapshot() const { std::filesystem::remove(snapshot()); }
  [[nodiscard]] std::unique_ptr<SegmentStore> open_read_only() {
    SegmentStore::Options read_only = options();
    read_only.mode = OpenMode::kReadOnly;
    return open(read_only);
  }

  [[nodiscard]] Entry entry(std::string_view name, std::string_view body) const {
    return sample_entry(sample_key(name), clock_.now(), body, "text/plain");
  }
  InsertOutcome insert(SegmentStore& store, std::string_view name, std::string_view body) {
    Result<InsertOutcome> outcome = store.insert(entry(name, body));
    if (!outcome) throw std::runtime_error("cannot insert: " + outcome.error().message());
    return *outcome;
  }
  bool erase(SegmentStore& store, std::string_view name) {
    Result<bool> erased = store.erase(sample_key(name));
    if (!erased) throw std::runtime_error("cannot erase: " + erased.error().message());
    return *erased;
  }
  /// The body under `name`, or nothing.
  static std::optional<std::string> body_of(SegmentStore& store, std::string_view name) {
    Result<std::optional<Entry>> found = store.find(sample_key(name));
    if (!found) throw std::runtime_error("cannot find: " + found.error().message());
    if (!*found) return std::nullopt;
    return std::string((*found)->body());
  }

  /// What a store counts besides segments and snapshot: META three times, and LOCK.
  static constexpr std::uint64_t kFixedBytes = 3 * StoreMeta::kSize + 24;

  /// What a store that has no snapshot says it takes.
  [[nodiscard]] static std::uint64_t bytes_in_segments(const SegmentStore& store) {
    return static_cast<std::uint64_t>(store.stats().size_bytes) - kFixedBytes;
  }

  /// Bytes of all files with a segment's name.
  [[nodiscard]] std::uint64_t segment_bytes() const {
    std::uint64_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(directory())) {
      if (file.path().extension() == ".seg") bytes += file.file_size();
    }
    return bytes;
  }

  static void expect_sums_hold(const SegmentStore& store) {
    const SegmentStore::Stats stats = store.stats();
    EXPECT_EQ(stats.insertions - stats.removals.total(), stats.items);
  }

  ManualClock clock_;
  NullLog log_;
  std::shared_ptr<FileSystem> file_system_ = std::make_shared<ByteBlocks>();

private:
  TempDir dir_;
};

}  // namespace refrain::testing
