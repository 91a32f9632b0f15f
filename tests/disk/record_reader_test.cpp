#include "refrain/disk/record_reader.h"

#include "faulty_store_fixture.h"

#include <gtest/gtest.h>

#include <fcntl.h>

#include <algorithm>
#include <memory>
#include <string>

namespace refrain::testing {
namespace {

using Outcome = RecordRead::Outcome;
using Residency = RecordReader::Residency;

/// A segment with one record of `a`.
class RecordReaderTest : public FaultyStoreFixture {
protected:
  RecordReaderTest() {
    insert(*open(), "a", kBody);
    location_.segment = 1;
    location_.offset = SegmentHeader::kSize;
    location_.payload_size = static_cast<std::uint32_t>(kContentType.size() + kBody.size());
  }

  [[nodiscard]] RecordReader reader() const { return reader(location_); }
  [[nodiscard]] RecordReader reader(const RecordLocation& location) const {
    SegmentFile::Surroundings surroundings;
    surroundings.file_system = disk_;
    surroundings.usage = std::make_shared<DiskUsage>(1);
    surroundings.capacity = 1 << 20;
    return RecordReader(
        std::make_shared<SegmentFile>(FileDescriptor(::open(segment(1).c_str(), O_RDONLY)),
                                      1,
                                      std::filesystem::file_size(segment(1)),
                                      surroundings),
        location);
  }
  [[nodiscard]] RecordRead read() const { return reader().read(key_.hash(), &key_); }

  const std::string kBody = "the body";
  const CacheKey key_ = sample_key("a");
  RecordLocation location_;
};

TEST_F(RecordReaderTest, FindsTheEntryWithAndWithoutWaiting) {
  for (const RecordRead& found : {read(), reader().read_now(key_)}) {
    ASSERT_EQ(found.outcome, Outcome::kFound);
    EXPECT_EQ(found.entry->body(), kBody);
    EXPECT_EQ(found.entry->content_type(), kContentType);
    EXPECT_EQ(found.entry->key(), key_);
  }
}

TEST_F(RecordReaderTest, RefersToTheBodyInItsFile) {
  const RecordRead found = reader().refer_now(key_, Residency::kUnknown);

  ASSERT_EQ(found.outcome, Outcome::kFound);
  ASSERT_NE(found.entry->file_body(), nullptr);
  EXPECT_EQ(found.entry->body_size(), kBody.size());
  EXPECT_EQ(found.entry->content_type(), kContentType);
  EXPECT_EQ(read_file(segment(1)).substr(found.entry->file_body()->offset), kBody);
}

TEST_F(RecordReaderTest, DescribesWithoutTheBody) {
  const RecordRead found = reader().describe(key_.hash());

  ASSERT_EQ(found.outcome, Outcome::kFound);
  EXPECT_EQ(found.entry->content_type(), kContentType);
  EXPECT_EQ(found.header.body_size, kBody.size());
}

TEST_F(RecordReaderTest, DoesNotWaitForWhatIsNotInThePageCache) {
  disk_->set_cold(true);

  EXPECT_EQ(reader().read_now(key_).outcome, Outcome::kMustWait);
  EXPECT_EQ(reader().refer_now(key_, Residency::kUnknown).outcome, Outcome::kMustWait);
  EXPECT_EQ(read().outcome, Outcome::kFound);
}

TEST_F(RecordReaderTest, TellsAnotherKeyOfTheSameFingerprint) {
  std::array<std::uint8_t, CacheKey::kSize> digest = key_.digest();
  digest.back() ^= 1U;
  const CacheKey other(digest);

  EXPECT_EQ(reader().read(other.hash(), &other).outcome, Outcome::kOtherKey);
  EXPECT_EQ(reader().read_now(other).outcome, Outcome::kOtherKey);
  EXPECT_EQ(reader().refer_now(other, Residency::kUnknown).outcome, Outcome::kOtherKey);
  EXPECT_EQ(reader().read(other.hash(), nullptr).outcome, Outcome::kFound);
}

TEST_F(RecordReaderTest, TellsARecordThatIsNotThatOfItsPlace) {
  RecordLocation of_other_segment = location_;
  of_other_segment.segment = 2;
  RecordLocation of_other_size = location_;
  --of_other_size.payload_size;

  for (const RecordLocation& location : {of_other_segment, of_other_size}) {
    const RecordRead found = reader(location).read(key_.hash(), &key_);
    EXPECT_EQ(found.outcome, Outcome::kDamaged);
    EXPECT_EQ(found.kind, Corruption::Kind::kRecord);
  }
  EXPECT_EQ(reader().read(key_.hash() + 1, nullptr).outcome, Outcome::kDamaged);
}

TEST_F(RecordReaderTest, TellsWhichPartIsDamaged) {
  flip_bit(segment(1), (SegmentHeader::kSize + 40) * 8);
  EXPECT_EQ(read().kind, Corruption::Kind::kRecord);
  EXPECT_EQ(read().outcome, Outcome::kDamaged);
  flip_bit(segment(1), (SegmentHeader::kSize + 40) * 8);

  flip_bit(segment(1), (segment_bytes() - 1) * 8);
  EXPECT_EQ(read().outcome, Outcome::kDamaged);
  EXPECT_EQ(read().kind, Corruption::Kind::kPayload);
  EXPECT_EQ(read().header.metadata.key, key_) << "so that it can be erased";
  EXPECT_EQ(reader().read_now(key_).kind, Corruption::Kind::kPayload);
}

TEST_F(RecordReaderTest, TellsARecordThatIsCut) {
  for (std::uint64_t size = segment_bytes() - 1; size > SegmentHeader::kSize; size -= 20) {
    std::filesystem::resize_file(segment(1), size);
    const RecordRead found = read();
    EXPECT_EQ(found.outcome, Outcome::kDamaged);
    EXPECT_EQ(found.kind, Corruption::Kind::kCut);
    EXPECT_NE(reader().describe(key_.hash()).outcome, Outcome::kFailed);
    if (size < SegmentHeader::kSize + 20) break;
  }
}

TEST_F(RecordReaderTest, ATombstoneIsNoEntry) {
  erase(*open(), "a");
  location_.offset = static_cast<std::uint32_t>(record_after({kBody.size()}));
  location_.payload_size = 0;

  EXPECT_EQ(read().outcome, Outcome::kDamaged);
}

TEST_F(RecordReaderTest, SaysWhatTheSystemSays) {
  disk_->fail(EIO, Calls::kRead | Calls::kReadNow);

  for (const RecordRead& found : {read(),
                                  reader().read_now(key_),
                                  reader().refer_now(key_, Residency::kUnknown),
                                  reader().describe(key_.hash())}) {
    EXPECT_EQ(found.outcome, Outcome::kFailed);
    EXPECT_EQ(found.reason, "cannot read a segment: Input/output error");
  }
}

}  // namespace
}  // namespace refrain::testing
