#include "refrain/disk/segment_scan.h"

#include "refrain/disk/segment_header.h"

#include "support/manual_clock.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace refrain {
namespace {

using testing::ManualClock;
using testing::sample_entry;
using testing::sample_key;

constexpr std::uint64_t kSegment = 5;

std::string segment_of(const std::vector<std::string>& bodies) {
  const ManualClock clock;
  SegmentHeader segment;
  segment.id = kSegment;
  const auto segment_head = encode(segment);
  std::string bytes(segment_head.begin(), segment_head.end());
  std::uint32_t ordinal = 0;
  for (const std::string& body : bodies) {
    const Entry entry = sample_entry(sample_key(body), clock.now(), body);
    RecordHeader header = entry_record(entry, clock.now());
    header.sequence = record_sequence(kSegment, ordinal++);
    const auto head = encode(header);
    bytes.append(head.begin(), head.end());
    bytes.append(entry.content_type());
    bytes.append(entry.body());
  }
  return bytes;
}

struct Scanned {
  ScanEnd end;
  std::vector<CacheKey> keys;
};

Scanned scan(const std::string& bytes, std::uint64_t id = kSegment) {
  Scanned scanned;
  const auto read_at = [&](std::uint64_t offset, std::span<char> buffer) -> Result<std::size_t> {
    return bytes.copy(buffer.data(), buffer.size(), static_cast<std::size_t>(offset));
  };
  const auto visit = [&](const RecordHeader& header, std::uint64_t) {
    scanned.keys.push_back(header.metadata.key);
  };
  scanned.end = scan_segment(id, bytes.size(), ScanBegin(), read_at, visit);
  return scanned;
}

TEST(SegmentScan, VisitsEveryRecordInOrder) {
  const std::string bytes = segment_of({"a", std::string(10'000, 'b'), "c"});

  const Scanned scanned = scan(bytes);

  EXPECT_EQ(scanned.end.reason, ScanEnd::Reason::kComplete);
  EXPECT_EQ(scanned.end.offset, bytes.size());
  EXPECT_EQ(scanned.end.records, 3U);
  EXPECT_EQ(scanned.keys,
            (std::vector{sample_key("a"), sample_key(std::string(10'000, 'b')), sample_key("c")}));
}

TEST(SegmentScan, FindsNothingInASegmentWithoutRecords) {
  const Scanned scanned = scan(segment_of({}));

  EXPECT_EQ(scanned.end.reason, ScanEnd::Reason::kComplete);
  EXPECT_TRUE(scanned.keys.empty());
}

TEST(SegmentScan, StopsBeforeATornRecordWhereverItIsTorn) {
  const std::string first = segment_of({"a"});
  const std::string both = segment_of({"a", "b"});

  for (std::size_t size = first.size() + 1; size < both.size(); ++size) {
    const Scanned scanned = scan(both.substr(0, size));
    ASSERT_EQ(scanned.end.reason, ScanEnd::Reason::kTorn) << size;
    ASSERT_EQ(scanned.end.offset, first.size()) << size;
    ASSERT_EQ(scanned.keys.size(), 1U) << size;
  }
}

TEST(SegmentScan, StopsAtADamagedHeader) {
  const std::size_t second = segment_of({"a"}).size();
  std::string bytes = segment_of({"a", "b", "c"});
  bytes[second + 40] = static_cast<char>(bytes[second + 40] ^ 1);

  const Scanned scanned = scan(bytes);

  EXPECT_EQ(scanned.end.reason, ScanEnd::Reason::kDamaged);
  EXPECT_EQ(scanned.end.offset, second);
  EXPECT_EQ(scanned.keys.size(), 1U);
}

TEST(SegmentScan, NeverTakesARecordInsideABodyForOne) {
  const std::string forged = segment_of({"forged"}).substr(SegmentHeader::kSize);
  const std::size_t first = segment_of({}).size();
  std::string bytes = segment_of({"a" + forged});
  bytes[first] = 'x';

  const Scanned scanned = scan(bytes);

  EXPECT_EQ(scanned.end.reason, ScanEnd::Reason::kDamaged);
  EXPECT_TRUE(scanned.keys.empty());
}

TEST(SegmentScan, RefusesRecordsOfAnotherSegment) {
  const Scanned scanned = scan(segment_of({"a"}), kSegment + 1);

  EXPECT_EQ(scanned.end.reason, ScanEnd::Reason::kDamaged);
  EXPECT_TRUE(scanned.keys.empty());
}

TEST(SegmentScan, RefusesARecordThatWasCopiedToAnotherPlace) {
  const std::string one = segment_of({"a"});
  const std::string twice = one + one.substr(SegmentHeader::kSize);

  const Scanned scanned = scan(twice);

  EXPECT_EQ(scanned.end.reason, ScanEnd::Reason::kDamaged);
  EXPECT_EQ(scanned.keys.size(), 1U);
}

TEST(SegmentScan, TreatsWhatCannotBeReadAsDamaged) {
  const auto read_at = [](std::uint64_t, std::span<char>) -> Result<std::size_t> {
    return fail(ErrorCode::kIo, "no");
  };

  const ScanEnd end =
      scan_segment(kSegment, 1000, ScanBegin(), read_at, [](const RecordHeader&, std::uint64_t) {});

  EXPECT_EQ(end.reason, ScanEnd::Reason::kDamaged);
  EXPECT_EQ(end.records, 0U);
}

}  // namespace
}  // namespace refrain
