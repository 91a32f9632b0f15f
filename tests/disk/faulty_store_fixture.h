#pragma once

/// @file
/// A store on a disk that obeys the test.

#include "refrain/disk/checksum.h"
#include "refrain/disk/little_endian.h"

#include "faulty_file_system.h"
#include "store_fixture.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace refrain::testing {

/// Writes over the bytes of a file, in place.
inline void overwrite(const std::filesystem::path& path,
                      std::uint64_t offset,
                      std::string_view bytes) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(offset));
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) throw std::runtime_error("cannot change " + path.string());
}

/// Puts another integer into a header on disk and mends the checksum at the header's end.
template <std::integral Integer>
void forge(const std::filesystem::path& path,
           std::uint64_t header_at,
           std::size_t header_size,
           std::size_t field_at,
           Integer value) {
  std::string header = read_file(path).substr(header_at, header_size);
  put_little_endian(std::span<char>(header), field_at, value);
  const std::size_t checksum_at = header_size - sizeof(std::uint64_t);
  put_little_endian(std::span<char>(header), checksum_at, checksum_before(header, checksum_at));
  overwrite(path, header_at, header);
}

class FaultyStoreFixture : public StoreFixture {
protected:
  FaultyStoreFixture() { file_system_ = disk_; }

  /// What a file holds, by its name.
  using Files = std::map<std::string, std::string>;
  [[nodiscard]] Files files() const {
    Files files;
    for (const auto& file : std::filesystem::directory_iterator(directory()))
      if (file.is_regular_file()) files[file.path().filename().string()] = read_file(file.path());
    return files;
  }

  /// Bytes of everything in the directory.
  [[nodiscard]] std::uint64_t bytes_on_disk() const {
    std::uint64_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(directory()))
      if (file.is_regular_file()) bytes += file.file_size();
    return bytes;
  }

  /// Where a record begins that follows entries with bodies of these sizes in the same segment.
  [[nodiscard]] static std::uint64_t record_after(std::initializer_list<std::size_t> bodies) {
    std::uint64_t offset = SegmentHeader::kSize;
    for (const std::size_t body : bodies)
      offset += RecordHeader::kSize + kContentType.size() + body;
    return offset;
  }

  /// Like `entry`, for as long as a test may last on its clock.
  [[nodiscard]] Entry lasting(std::string_view name, std::string_view body) const {
    EntryMetadata metadata = entry(name, body).metadata();
    metadata.fresh_until = clock_.now() + std::chrono::hours(24 * 365);
    metadata.usable_until = metadata.fresh_until;
    return Entry::make(metadata, kContentType, body);
  }

  [[nodiscard]] static std::int64_t corruptions(const SegmentStore& store, Corruption::Kind kind) {
    return store.stats().corruptions[static_cast<std::size_t>(kind)];
  }

  /// What the sweep needs to see a small snapshot due.
  void pass_snapshot_interval() { clock_.advance(std::chrono::minutes(6)); }

  static constexpr std::string_view kContentType = "text/plain";

  std::shared_ptr<FaultyFileSystem> disk_ = std::make_shared<FaultyFileSystem>();
};

}  // namespace refrain::testing
