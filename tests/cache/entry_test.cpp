#include "refrain/cache/entry.h"

#include "support/manual_clock.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace refrain {
namespace {

using std::chrono::milliseconds;
using testing::ManualClock;
using testing::sample_entry;
using testing::sample_key;

EntryMetadata sample_metadata() {
  EntryMetadata metadata;
  metadata.key = sample_key("entry");
  metadata.created = WallTime(milliseconds(1000));
  metadata.fresh_until = WallTime(milliseconds(2000));
  metadata.usable_until = WallTime(milliseconds(3000));
  metadata.cost = std::chrono::microseconds(1234);
  return metadata;
}

void fill(Entry::Draft& draft, std::string_view content_type, std::string_view body) {
  std::ranges::copy(content_type, draft.content_type().begin());
  std::ranges::copy(body, draft.body().begin());
}

TEST(Entry, GivesBackWhatItWasMadeOf) {
  const Entry entry = Entry::make(sample_metadata(), "text/plain", "hello");

  EXPECT_EQ(entry.content_type(), "text/plain");
  EXPECT_EQ(entry.body(), "hello");
  EXPECT_EQ(entry.key(), sample_key("entry"));
  EXPECT_EQ(entry.metadata().created, WallTime(milliseconds(1000)));
  EXPECT_EQ(entry.metadata().cost, std::chrono::microseconds(1234));
}

TEST(Entry, CopiesTheBytesItIsGiven) {
  std::string body = "before";
  const Entry entry = Entry::make(sample_metadata(), "text/plain", body);

  body = "after!";

  EXPECT_EQ(entry.body(), "before");
}

TEST(Entry, KeepsEveryByteValue) {
  std::string body;
  for (int i = 0; i < 256; ++i)
    body.push_back(static_cast<char>(i));

  EXPECT_EQ(Entry::make(sample_metadata(), "application/octet-stream", body).body(), body);
}

TEST(Entry, MayHaveNoBodyAndNoContentType) {
  const Entry entry = Entry::make(sample_metadata(), {}, {});

  EXPECT_TRUE(entry.body().empty());
  EXPECT_TRUE(entry.content_type().empty());
}

TEST(Entry, TakesAContentTypeOf255Bytes) {
  const std::string longest(255, 't');

  EXPECT_EQ(Entry::make(sample_metadata(), longest, "x").content_type(), longest);
}

TEST(Entry, CopiesShareTheSameBytes) {
  const Entry entry = Entry::make(sample_metadata(), "text/plain", "shared");

  const Entry copy = entry;  // NOLINT(performance-unnecessary-copy-initialization)

  EXPECT_EQ(copy.body().data(), entry.body().data());
}

TEST(Entry, BytesOutliveTheFirstOwner) {
  std::optional<Entry> first = Entry::make(sample_metadata(), "text/plain", "still here");
  const Entry second = *first;

  first.reset();

  EXPECT_EQ(second.body(), "still here");
}

TEST(Entry, AssignmentReplacesWhatWasThere) {
  Entry entry = Entry::make(sample_metadata(), "text/plain", "old");
  const Entry other = Entry::make(sample_metadata(), "text/plain", "new");

  entry = other;
  Entry& same = entry;
  entry = same;

  EXPECT_EQ(entry.body(), "new");
  EXPECT_EQ(other.body(), "new");
}

TEST(Entry, MayBeSharedAmongThreads) {
  const Entry entry = Entry::make(sample_metadata(), "text/plain", "shared");
  std::vector<int> wrong(4, 0);
  {
    std::vector<std::jthread> threads;
    for (int& count : wrong) {
      threads.emplace_back([&count, mine = entry] {
        for (int i = 0; i < 2000; ++i) {
          const Entry copy = mine;  // NOLINT(performance-unnecessary-copy-initialization)
          count += copy.body() == "shared" ? 0 : 1;
        }
      });
    }
  }

  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST(Entry, IsFreshAndUsableUntilButNotAtItsTimes) {
  const Entry entry = Entry::make(sample_metadata(), "text/plain", "x");

  EXPECT_TRUE(entry.is_fresh(WallTime(milliseconds(1999))));
  EXPECT_FALSE(entry.is_fresh(WallTime(milliseconds(2000))));
  EXPECT_TRUE(entry.is_usable(WallTime(milliseconds(2999))));
  EXPECT_FALSE(entry.is_usable(WallTime(milliseconds(3000))));
}

TEST(Entry, AnErasureEndsAsItIsMade) {
  ManualClock clock;

  const Entry erasure = Entry::erasure(sample_key("a"), clock.now());

  EXPECT_TRUE(erasure.is_erasure());
  EXPECT_FALSE(erasure.is_usable(clock.now()));
  EXPECT_EQ(erasure.key(), sample_key("a"));
  EXPECT_FALSE(sample_entry(sample_key("a"), clock.now()).is_erasure());
}

TEST(Entry, ChargesForWhatTheAllocatorTakes) {
  for (std::size_t size = 0; size < 2000; size += 7) {
    const Entry entry = Entry::make(sample_metadata(), "a/b", std::string(size, 'x'));

    EXPECT_GE(entry.charge(), sizeof(EntryMetadata) + 3 + size);
    EXPECT_EQ(entry.charge() % 16, 0U);
  }
  const Entry small = Entry::make(sample_metadata(), "a/b", "");
  const Entry large = Entry::make(sample_metadata(), "a/b", std::string(1600, 'x'));
  EXPECT_EQ(large.charge() - small.charge(), 1600U);
}

TEST(Entry, ACopyHasTheSameContentAndBytesOfItsOwn) {
  const Entry entry = Entry::make(sample_metadata(), "text/plain", "hello");

  const Entry copy = entry.copy();

  EXPECT_EQ(copy.body(), "hello");
  EXPECT_EQ(copy.content_type(), "text/plain");
  EXPECT_EQ(copy.key(), entry.key());
  EXPECT_EQ(copy.checksum(), entry.checksum());
  EXPECT_EQ(copy.metadata().usable_until, entry.metadata().usable_until);
  EXPECT_NE(copy.body().data(), entry.body().data());
}

TEST(Entry, KnowsWhereABodyInAFileLies) {
  FileBody body;
  body.owner = std::make_shared<int>(0);
  body.descriptor = 42;
  body.offset = std::uint64_t{5} << 40U;

  const Entry entry = Entry::in_file(sample_metadata(), "image/png", 123, 0xABCD, body);

  ASSERT_NE(entry.file_body(), nullptr);
  EXPECT_EQ(entry.file_body()->descriptor, 42);
  EXPECT_EQ(entry.file_body()->offset, std::uint64_t{5} << 40U);
  EXPECT_EQ(entry.body_size(), 123U);
  EXPECT_EQ(entry.content_type(), "image/png");
  EXPECT_EQ(entry.checksum(), 0xABCDU);
  EXPECT_EQ(entry.key(), sample_key("entry"));
  EXPECT_EQ(entry.metadata().usable_until, WallTime(milliseconds(3000)));
}

TEST(Entry, OfMemoryLiesInNoFileAndKnowsItsSize) {
  const Entry entry = Entry::make(sample_metadata(), "text/plain", "hello");

  EXPECT_EQ(entry.file_body(), nullptr);
  EXPECT_EQ(entry.body_size(), 5U);
}

TEST(Entry, KeepsAFileOpenAsLongAsAnyCopyLives) {
  const auto owner = std::make_shared<int>(0);
  FileBody body;
  body.owner = owner;
  std::optional<Entry> entry = Entry::in_file(sample_metadata(), "image/png", 1, 0, body);
  body.owner.reset();
  std::optional<Entry> shared = entry;
  std::optional<Entry> copy = entry->copy();

  entry.reset();
  shared.reset();
  EXPECT_EQ(owner.use_count(), 2);
  EXPECT_NE(copy->file_body(), nullptr);

  copy.reset();
  EXPECT_EQ(owner.use_count(), 1);
}

TEST(Entry, ACopyOfABodyInAFileLiesInTheSamePlace) {
  FileBody body;
  body.descriptor = 42;
  body.offset = 7;
  const Entry entry = Entry::in_file(sample_metadata(), "image/png", 123, 0xABCD, body);

  const Entry copy = entry.copy();

  ASSERT_NE(copy.file_body(), nullptr);
  EXPECT_NE(copy.file_body(), entry.file_body());
  EXPECT_EQ(copy.file_body()->descriptor, 42);
  EXPECT_EQ(copy.file_body()->offset, 7U);
  EXPECT_EQ(copy.body_size(), 123U);
  EXPECT_EQ(copy.checksum(), 0xABCDU);
  EXPECT_EQ(copy.content_type(), "image/png");
}

TEST(Entry, TakesEveryContentTypeBesideABodyInAFile) {
  for (std::size_t size = 0; size <= Entry::kMaxContentTypeSize; ++size) {
    const std::string type(size, 't');
    FileBody body;
    body.offset = size;

    const Entry entry = Entry::in_file(sample_metadata(), type, 0, 0, body);

    ASSERT_EQ(entry.content_type(), type);
    ASSERT_EQ(entry.file_body()->offset, size);
  }
}

TEST(Entry, ChargesNothingForABodyInAFile) {
  const Entry small = Entry::in_file(sample_metadata(), "a/b", 1, 0, FileBody());
  const Entry large = Entry::in_file(sample_metadata(), "a/b", 1U << 30U, 0, FileBody());

  EXPECT_EQ(small.charge(), large.charge());
  EXPECT_GE(small.charge(), Entry::make(sample_metadata(), "a/b", "").charge() + sizeof(FileBody));
  EXPECT_EQ(small.charge() % 16, 0U);
}

TEST(Entry, ADetachedEntryLivesUntilItIsReclaimed) {
  const Entry entry = Entry::make(sample_metadata(), "text/plain", "hello");

  Resident& resident = Entry::detach(Entry(entry));
  const Entry shared = Entry::share(resident);
  const Entry reclaimed = Entry::reclaim(resident);

  EXPECT_EQ(Entry::key_of(resident), entry.key());
  EXPECT_EQ(shared.body().data(), entry.body().data());
  EXPECT_EQ(reclaimed.body().data(), entry.body().data());
}

// XXH3_64bits("text/plainhello", 15) of xxhash 0.8.1, from a C program of five lines: what is
// stored on disk and in Redis depends on it.
TEST(Entry, ChecksumIsThatOfContentTypeAndBodyTogether) {
  EXPECT_EQ(Entry::make(sample_metadata(), "text/plain", "hello").checksum(), 0x0b5ca78b6a6f891dU);
}

TEST(Entry, EqualBytesHaveEqualChecksumsWhateverTheTimes) {
  EntryMetadata later = sample_metadata();
  later.created += milliseconds(1);

  EXPECT_EQ(Entry::make(sample_metadata(), "a/b", "x").checksum(),
            Entry::make(later, "a/b", "x").checksum());
  EXPECT_NE(Entry::make(sample_metadata(), "a/b", "x").checksum(),
            Entry::make(sample_metadata(), "a/b", "y").checksum());
}

TEST(EntryDraft, SealsIntoAnEntryEqualToTheOneThatWasStored) {
  const Entry stored = Entry::make(sample_metadata(), "image/png", "pixels");
  Entry::Draft draft(9, 6);
  fill(draft, "image/png", "pixels");

  const Result<Entry> read = draft.seal(sample_metadata(), stored.checksum());

  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->content_type(), "image/png");
  EXPECT_EQ(read->body(), "pixels");
  EXPECT_EQ(read->checksum(), stored.checksum());
  EXPECT_EQ(read->key(), stored.key());
}

TEST(EntryDraft, FindsEverySingleFlippedBit) {
  const std::string content_type = "image/png";
  const std::string body = "pixels";
  const std::uint64_t checksum = Entry::make(sample_metadata(), content_type, body).checksum();
  for (std::size_t bit = 0; bit < 8 * (content_type.size() + body.size()); ++bit) {
    Entry::Draft draft(content_type.size(), body.size());
    fill(draft, content_type, body);
    char* bytes = draft.content_type().data();
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));

    const Result<Entry> read = draft.seal(sample_metadata(), checksum);

    ASSERT_FALSE(read.has_value()) << "bit " << bit;
    ASSERT_EQ(read.error().code(), ErrorCode::kCorrupt);
  }
}

TEST(EntryDraft, OfNothingSealsIntoAnEmptyEntry) {
  const Entry stored = Entry::make(sample_metadata(), {}, {});
  Entry::Draft draft(0, 0);

  const Result<Entry> read = draft.seal(sample_metadata(), stored.checksum());

  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(read->body().empty());
}

TEST(EntryDraft, IsDividedAnewWhereverTheBorderIs) {
  const std::string bytes = "image/pngpixels";
  for (std::size_t border = 0; border <= bytes.size(); ++border) {
    const Entry stored =
        Entry::make(sample_metadata(), bytes.substr(0, border), bytes.substr(border));
    Entry::Draft draft(0, bytes.size());
    fill(draft, "", bytes);

    draft.divide(border);
    const Result<Entry> read = draft.seal(sample_metadata(), stored.checksum());

    ASSERT_TRUE(read.has_value()) << border;
    EXPECT_EQ(read->content_type(), stored.content_type());
    EXPECT_EQ(read->body(), stored.body());
  }
}

TEST(EntryDraft, MayBeDividedMoreThanOnce) {
  Entry::Draft draft(9, 6);
  fill(draft, "image/png", "pixels");

  draft.divide(15);
  draft.divide(0);
  draft.divide(5);

  EXPECT_EQ(draft.content_type().size(), 5U);
  EXPECT_EQ(std::string(draft.body().begin(), draft.body().end()), "/pngpixels");
}

TEST(EntryDraft, IsDividedAtTheLongestContentType) {
  Entry::Draft draft(0, 1000);

  draft.divide(Entry::kMaxContentTypeSize);

  EXPECT_EQ(draft.content_type().size(), 255U);
  EXPECT_EQ(draft.body().size(), 745U);
}

TEST(EntryDraft, MayBeThrownAwayUnsealed) {
  // Nothing to assert: the leak check of the sanitised build is the judge.
  EXPECT_NO_THROW(Entry::Draft(10, 1000));
}

}  // namespace
}  // namespace refrain
