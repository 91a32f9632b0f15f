#include "refrain/disk/index_snapshot.h"

#include "refrain/disk/checksum.h"
#include "refrain/disk/little_endian.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace refrain {
namespace {

SnapshotHeader sample_header() {
  SnapshotHeader header;
  header.generation = 3;
  header.erasures = 99;
  header.next_segment = 8;
  header.position = StorePosition{7, 4096, 12};
  header.ttl = std::chrono::hours(24);
  header.written = WallTime(std::chrono::milliseconds(1'700'000'000'123));
  header.entries = 5;
  return header;
}

IndexedEntry sample_entry(std::uint32_t number) {
  IndexedEntry entry;
  entry.fingerprint = 0x0123'4567'89AB'CDEF + number;
  entry.location = RecordLocation{7, 48 + number, 100 + number};
  entry.resident_until = WallTime(std::chrono::seconds(4'000'000'000));
  entry.last_read = WallTime(std::chrono::seconds(1'700'000'000 + number));
  entry.reads = static_cast<std::uint16_t>(IndexedEntry::kMaxReads - number);
  return entry;
}

std::vector<IndexedEntry> sample_entries(std::uint32_t count) {
  std::vector<IndexedEntry> entries;
  for (std::uint32_t i = 0; i < count; ++i)
    entries.push_back(sample_entry(i));
  return entries;
}

TEST(IndexSnapshot, DecodesTheHeaderThatItEncoded) {
  const Result<SnapshotHeader> decoded = decode_snapshot_header(encode(sample_header()));

  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->generation, 3U);
  EXPECT_EQ(decoded->erasures, 99U);
  EXPECT_EQ(decoded->next_segment, 8U);
  EXPECT_EQ(decoded->position.segment, 7U);
  EXPECT_EQ(decoded->position.offset, 4096U);
  EXPECT_EQ(decoded->position.records, 12U);
  EXPECT_EQ(decoded->ttl, std::chrono::hours(24));
  EXPECT_EQ(decoded->written, sample_header().written);
  EXPECT_EQ(decoded->entries, 5U);
}

TEST(IndexSnapshot, DecodesTheEntriesThatItEncoded) {
  const std::vector<IndexedEntry> entries = sample_entries(3);

  const Result<std::vector<IndexedEntry>> decoded =
      decode_snapshot_chunk(encode_snapshot_chunk(entries));

  ASSERT_TRUE(decoded.has_value());
  ASSERT_EQ(decoded->size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ((*decoded)[i].fingerprint, entries[i].fingerprint);
    EXPECT_EQ((*decoded)[i].location, entries[i].location);
    EXPECT_EQ((*decoded)[i].resident_until, entries[i].resident_until);
    EXPECT_EQ((*decoded)[i].last_read, entries[i].last_read);
    EXPECT_EQ((*decoded)[i].reads, entries[i].reads);
  }
}

TEST(IndexSnapshot, NothingThatWasVerifiedIsSoAfterReopening) {
  IndexedEntry entry = sample_entry(0);
  entry.is_verified = true;

  const Result<std::vector<IndexedEntry>> decoded =
      decode_snapshot_chunk(encode_snapshot_chunk(std::vector{entry}));

  EXPECT_FALSE(decoded->front().is_verified);
}

TEST(IndexSnapshot, TellsEveryFlippedBitOfItsHeader) {
  const auto bytes = encode(sample_header());

  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_FALSE(decode_snapshot_header(flipped).has_value()) << bit;
  }
}

TEST(IndexSnapshot, TellsEveryTruncationOfItsHeader) {
  const auto bytes = encode(sample_header());

  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_snapshot_header(std::span<const char>(bytes).first(size)).has_value());
}

TEST(IndexSnapshot, TellsAnotherVersion) {
  auto bytes = encode(sample_header());
  put_little_endian(std::span<char>(bytes), 8, SnapshotHeader::kFormatVersion + 1);
  put_little_endian(std::span<char>(bytes), 80, checksum_before(bytes, 80));

  EXPECT_EQ(decode_snapshot_header(bytes).error().code(), ErrorCode::kCorrupt);
}

TEST(IndexSnapshot, TellsEveryFlippedBitOfAChunk) {
  const std::string bytes = encode_snapshot_chunk(sample_entries(3));

  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    const Result<std::size_t> size = snapshot_chunk_size(flipped);
    if (!size || *size > flipped.size()) continue;
    ASSERT_FALSE(decode_snapshot_chunk(std::span<const char>(flipped).first(*size)).has_value())
        << bit;
  }
}

TEST(IndexSnapshot, AChunkSaysHowLongItIs) {
  for (const std::uint32_t count : {1U, 2U, 4096U}) {
    const std::string bytes = encode_snapshot_chunk(sample_entries(count));
    EXPECT_EQ(bytes.size(), SnapshotChunk::size_of(count));
    EXPECT_EQ(snapshot_chunk_size(bytes).value(), bytes.size());
  }
}

TEST(IndexSnapshot, NoChunkIsEmptyOrLargerThanTheLargest) {
  std::string bytes(SnapshotChunk::kHeaderSize, '\0');

  for (const std::uint32_t count : {0U, 4097U, 0x8000'0000U, 0xFFFF'FFFFU}) {
    put_little_endian(std::span<char>(bytes), 0, count);
    EXPECT_FALSE(snapshot_chunk_size(bytes).has_value()) << count;
  }
  EXPECT_FALSE(snapshot_chunk_size(std::span<const char>(bytes).first(15)).has_value());
}

TEST(IndexSnapshot, KnowsItsSizeBeforehand) {
  EXPECT_EQ(snapshot_size(0, 0), SnapshotHeader::kSize);
  EXPECT_EQ(snapshot_size(3, 3), SnapshotHeader::kSize + SnapshotChunk::size_of(3));
  EXPECT_EQ(snapshot_size(5000, 5000),
            SnapshotHeader::kSize + SnapshotChunk::size_of(4096) + SnapshotChunk::size_of(904));
  EXPECT_EQ(snapshot_size(2, 8192), SnapshotHeader::kSize + 2 * SnapshotChunk::size_of(1));
}

}  // namespace
}  // namespace refrain
