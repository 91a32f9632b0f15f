#include "refrain/disk/segment_header.h"

#include <gtest/gtest.h>

namespace refrain {
namespace {

SegmentHeader sample_header() {
  SegmentHeader header;
  header.id = 42;
  header.generation = 3;
  header.epoch = 9;
  return header;
}

TEST(SegmentHeader, DecodesWhatItEncoded) {
  const Result<SegmentHeader> decoded = decode_segment_header(encode(sample_header()));

  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->id, 42U);
  EXPECT_EQ(decoded->generation, 3U);
  EXPECT_EQ(decoded->epoch, 9U);
}

TEST(SegmentHeader, TellsEveryFlippedBit) {
  const auto bytes = encode(sample_header());

  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_FALSE(decode_segment_header(flipped).has_value()) << bit;
  }
}

TEST(SegmentHeader, TellsEveryTruncation) {
  const auto bytes = encode(sample_header());

  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_segment_header(std::span<const char>(bytes).first(size)).has_value());
  }
}

TEST(SegmentHeader, NamesFilesBySixteenHexadecimalDigits) {
  EXPECT_EQ(segment_file_name(42), "000000000000002a.seg");
  EXPECT_EQ(segment_id_of("000000000000002a.seg"), 42U);
}

TEST(SegmentHeader, TakesNoOtherNameForASegments) {
  for (const char* name : {"2a.seg",
                           "000000000000002A.seg",
                           "000000000000002a.SEG",
                           "000000000000002a.seg.bak",
                           "00000000000000zz.seg",
                           "0000000100000000.seg",
                           "../../etc/passwd.seg",
                           ".seg",
                           ""}) {
    EXPECT_FALSE(segment_id_of(name).has_value()) << name;
  }
}

}  // namespace
}  // namespace refrain
