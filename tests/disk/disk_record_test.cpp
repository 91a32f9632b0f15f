#include "refrain/disk/disk_record.h"

#include "support/manual_clock.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace refrain {
namespace {

using testing::ManualClock;
using testing::sample_entry;
using testing::sample_key;

RecordHeader sample_header() {
  const ManualClock clock;
  RecordHeader header = entry_record(sample_entry(sample_key("a"), clock.now()), clock.now());
  header.sequence = record_sequence(7, 3);
  header.erasures = 5;
  return header;
}

TEST(DiskRecord, DecodesWhatItEncoded) {
  const RecordHeader header = sample_header();

  const Result<RecordHeader> decoded = decode_record_header(encode(header));

  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->kind, RecordKind::kEntry);
  EXPECT_EQ(decoded->content_type_size, 16);
  EXPECT_EQ(decoded->body_size, 16U);
  EXPECT_EQ(decoded->sequence, (7ULL << 32U) + 3);
  EXPECT_EQ(decoded->erasures, 5U);
  EXPECT_EQ(decoded->metadata.key, header.metadata.key);
  EXPECT_EQ(decoded->metadata.created, header.metadata.created);
  EXPECT_EQ(decoded->metadata.fresh_until, header.metadata.fresh_until);
  EXPECT_EQ(decoded->metadata.usable_until, header.metadata.usable_until);
  EXPECT_EQ(decoded->metadata.cost, header.metadata.cost);
  EXPECT_EQ(decoded->inserted, header.inserted);
  EXPECT_EQ(decoded->payload_checksum, header.payload_checksum);
  EXPECT_EQ(decoded->record_size(), RecordHeader::kSize + 32);
}

TEST(DiskRecord, DecodesATombstone) {
  const ManualClock clock;

  const Result<RecordHeader> decoded =
      decode_record_header(encode(tombstone_record(sample_key("a"), clock.now())));

  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->kind, RecordKind::kTombstone);
  EXPECT_EQ(decoded->metadata.key, sample_key("a"));
  EXPECT_EQ(decoded->inserted, clock.now());
  EXPECT_EQ(decoded->record_size(), RecordHeader::kSize);
}

TEST(DiskRecord, TellsEveryTruncation) {
  const auto bytes = encode(sample_header());

  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Result<RecordHeader> decoded =
        decode_record_header(std::span<const char>(bytes).first(size));
    ASSERT_FALSE(decoded.has_value()) << size;
    EXPECT_EQ(decoded.error().code(), ErrorCode::kCorrupt);
  }
}

TEST(DiskRecord, TellsEveryFlippedBit) {
  const auto bytes = encode(sample_header());

  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    const Result<RecordHeader> decoded = decode_record_header(flipped);
    ASSERT_FALSE(decoded.has_value()) << bit;
    EXPECT_EQ(decoded.error().code(), ErrorCode::kCorrupt);
  }
}

TEST(DiskRecord, RefusesRandomBytes) {
  std::mt19937 random(11);
  std::array<char, RecordHeader::kSize> bytes{};

  for (int round = 0; round < 1000; ++round) {
    for (char& byte : bytes)
      byte = static_cast<char>(random());
    EXPECT_FALSE(decode_record_header(bytes).has_value());
  }
}

TEST(DiskRecord, RefusesATombstoneThatHasAPayload) {
  RecordHeader header = sample_header();
  header.kind = RecordKind::kTombstone;

  EXPECT_FALSE(decode_record_header(encode(header)).has_value());
}

TEST(DiskRecord, RefusesAnUnknownKind) {
  RecordHeader header = sample_header();
  header.kind = static_cast<RecordKind>(3);

  EXPECT_FALSE(decode_record_header(encode(header)).has_value());
}

TEST(DiskRecord, BytesOfVersionTwoStayReadable) {
  // The worked example of docs/formats/disk-segment.md. If this fails, raise the format version.
  EntryMetadata metadata;
  metadata.key = sample_key("hello");
  metadata.created = WallTime(std::chrono::milliseconds(1'700'000'000'000));
  metadata.fresh_until = WallTime(std::chrono::milliseconds(1'700'003'600'000));
  metadata.usable_until = WallTime(std::chrono::milliseconds(1'700'003'660'000));
  metadata.cost = std::chrono::microseconds(800'000);
  RecordHeader header = entry_record(Entry::make(metadata, "text/plain", "hi\n"), metadata.created);
  header.sequence = record_sequence(1, 0);

  std::string hex;
  for (const char byte : encode(header)) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex += kDigits[static_cast<unsigned char>(byte) >> 4U];
    hex += kDigits[static_cast<unsigned char>(byte) & 15U];
  }

  EXPECT_EQ(hex,
            "52464e52"                          // magic
            "0200010a03000000"                  // version 1, entry, sizes 10 and 3
            "00000000"                          // reserved
            "0000000001000000"                  // sequence: segment 1, record 0
            "0000000000000000"                  // erasures
            "2cf24dba5fb0a30e26e83b2ac5b9e29e"  // key: SHA-256 of "hello"
            "1b161e5c1fa7425e73043362938b9824"
            "0068e5cf8b010000"  // created
            "80561cd08b010000"  // fresh until
            "e0401dd08b010000"  // usable until
            "0068e5cf8b010000"  // inserted
            "00350c0000000000"
            "0000000000000000"    // cost
            "b88bf823e6b8c7c1"    // payload checksum
            "dd2fec73de3dfb2c");  // header checksum
}

}  // namespace
}  // namespace refrain
