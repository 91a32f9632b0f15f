#include "refrain/disk/segment_store.h"

#include "store_fixture.h"

#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <map>
#include <random>
#include <thread>
#include <vector>

namespace refrain::testing {
namespace {

/// While it lives, no file of this process may grow beyond `bytes`: writes stop in the middle and
/// then fail, as on a full disk.
class FileSizeLimit {
public:
  explicit FileSizeLimit(rlim_t bytes) {
    old_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &old_limit_);
    rlimit limit = old_limit_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_limit_);
    [[maybe_unused]] const auto ignored = std::signal(SIGXFSZ, old_handler_);
  }

private:
  rlimit old_limit_{};
  void (*old_handler_)(int) = nullptr;
};

class SegmentStoreTest : public StoreFixture {};

TEST_F(SegmentStoreTest, MakesItsDirectoryForItsUserAlone) {
  const auto store = open();

  struct stat status{};
  ASSERT_EQ(::stat(directory().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(SegmentStoreTest, OpensADirectoryWhosePathEndsInASlash) {
  SegmentStore::Options slashed = options();
  slashed.directory = directory().string() + "/";

  const auto store = open(slashed);

  EXPECT_EQ(insert(*store, "a", "1"), InsertOutcome::kStored);
  EXPECT_TRUE(store->is_intact());
}

TEST_F(SegmentStoreTest, FindsWhatWasInserted) {
  const auto store = open();

  EXPECT_EQ(insert(*store, "a", "one"), InsertOutcome::kStored);

  EXPECT_EQ(body_of(*store, "a"), "one");
  EXPECT_EQ(body_of(*store, "b"), std::nullopt);
  EXPECT_TRUE(store->may_hold(sample_key("a")));
  EXPECT_FALSE(store->may_hold(sample_key("b")));
}

TEST_F(SegmentStoreTest, CountsRecoveredEntriesAsInsertions) {
  insert(*open(), "a", "one");

  const auto store = open();

  EXPECT_EQ(store->stats().insertions, 1);
  EXPECT_EQ(store->stats().items, 1);
  expect_sums_hold(*store);
}

TEST_F(SegmentStoreTest, GoesOnInTheSameSegmentAfterReopening) {
  insert(*open(), "a", "one");
  insert(*open(), "b", "two");

  const auto store = open();

  EXPECT_TRUE(std::filesystem::exists(segment(1)));
  EXPECT_FALSE(std::filesystem::exists(segment(2)));
  EXPECT_EQ(body_of(*store, "a"), "one");
  EXPECT_EQ(body_of(*store, "b"), "two");
}

TEST_F(SegmentStoreTest, RefusesASizeLimitOfZero) {
  SegmentStore::Options off = options();
  off.max_size_bytes = 0;

  const auto store = try_open(off);

  ASSERT_FALSE(store.has_value());
  EXPECT_EQ(store.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(std::filesystem::exists(directory()));
}

TEST_F(SegmentStoreTest, RefusesASecondOwnerAndNamesTheFirst) {
  const auto first = open();

  const auto second = try_open(options());

  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(second.error().message().find(std::to_string(::getpid())), std::string::npos);
}

TEST_F(SegmentStoreTest, RefusesADirectoryThatIsAFile) {
  write_file(directory(), "precious");

  EXPECT_FALSE(try_open(options()).has_value());
  EXPECT_EQ(read_file(directory()), "precious");
}

TEST_F(SegmentStoreTest, RefusesAnEntryThatCannotFitWithoutEvictingAnother) {
  const auto store = open();
  insert(*store, "a", "one");

  EXPECT_EQ(insert(*store, "b", std::string(1 << 20, 'x')), InsertOutcome::kRefused);

  EXPECT_EQ(body_of(*store, "a"), "one");
  EXPECT_EQ(store->stats().refusals, 1);
}

TEST_F(SegmentStoreTest, RefusesAnEntryOverItsOwnLimit) {
  SegmentStore::Options small = options();
  small.max_entry_bytes = 20;
  const auto store = open(small);

  EXPECT_EQ(insert(*store, "a", std::string(10, 'x')), InsertOutcome::kStored);
  EXPECT_EQ(insert(*store, "b", std::string(11, 'x')), InsertOutcome::kRefused);
}

TEST_F(SegmentStoreTest, NeverExceedsItsSize) {
  SegmentStore::Options tight = options();
  tight.max_size_bytes = 20'000 + kFixedBytes;
  const auto store = open(tight);
  std::mt19937 random(3);

  for (int i = 0; i < 500; ++i) {
    insert(*store, std::to_string(i), std::string(random() % 3000, 'x'));
    ASSERT_LE(segment_bytes(), 20'000U);
    ASSERT_EQ(segment_bytes(), bytes_in_segments(*store));
  }

  EXPECT_GT(store->stats().removals.capacity, 400);
  EXPECT_GT(store->stats().items, 3);
  expect_sums_hold(*store);
}

TEST_F(SegmentStoreTest, FillsItsSizeToTheLastByteWithOneEntry) {
  SegmentStore::Options tight = options();
  tight.max_size_bytes = 1000 + kFixedBytes;
  const auto store = open(tight);
  // A thirty-second of the whole is kept for entries that outlive their segment.
  const std::size_t room = 1000 - (1000 + kFixedBytes) / 32;
  const std::size_t fitting = room - SegmentHeader::kSize - RecordHeader::kSize - 10;

  EXPECT_EQ(insert(*store, "a", std::string(fitting + 1, 'x')), InsertOutcome::kRefused);
  EXPECT_EQ(insert(*store, "a", std::string(fitting, 'x')), InsertOutcome::kStored);
  EXPECT_EQ(segment_bytes(), room);
  EXPECT_EQ(insert(*store, "b", std::string(fitting, 'y')), InsertOutcome::kStored);
  EXPECT_EQ(segment_bytes(), room);
  EXPECT_TRUE(erase(*store, "b"));
  EXPECT_LE(segment_bytes(), 1000U);
  EXPECT_EQ(body_of(*open_read_only(), "b"), std::nullopt);
}

TEST_F(SegmentStoreTest, EvictsTheOldestFirst) {
  SegmentStore::Options tight = options();
  tight.max_size_bytes = 20'000;
  const auto store = open(tight);
  for (int i = 0; i < 40; ++i)
    insert(*store, std::to_string(i), std::string(1000, 'x'));

  bool was_found = false;
  for (int i = 0; i < 40; ++i) {
    const bool is_found = body_of(*store, std::to_string(i)).has_value();
    EXPECT_TRUE(is_found || !was_found) << i << " left before an older one";
    was_found = is_found;
  }
  EXPECT_TRUE(was_found);
}

TEST_F(SegmentStoreTest, ShrinksToALowerLimitWhenOpened) {
  {
    const auto store = open();
    for (int i = 0; i < 50; ++i)
      insert(*store, std::to_string(i), std::string(15'000, 'x'));
  }
  SegmentStore::Options lower = options();
  lower.max_size_bytes = 400'000;

  const auto store = open(lower);

  EXPECT_LE(segment_bytes(), 400'000U);
  EXPECT_GT(store->stats().items, 0);
  EXPECT_GT(store->stats().removals.capacity, 0);
  EXPECT_TRUE(body_of(*store, "49").has_value());
  expect_sums_hold(*store);
}

TEST_F(SegmentStoreTest, AnErasedEntryDoesNotComeBack) {
  {
    const auto store = open();
    insert(*store, "a", "oldest");
    insert(*store, "a", "old");
    insert(*store, "b", "two");
    EXPECT_TRUE(erase(*store, "a"));
    EXPECT_FALSE(erase(*store, "a"));
  }

  const auto store = open();

  EXPECT_EQ(body_of(*store, "a"), std::nullopt);
  EXPECT_EQ(body_of(*store, "b"), "two");
  EXPECT_FALSE(erase(*store, "a"));
}

TEST_F(SegmentStoreTest, ATombstoneOutlivesWhatItErased) {
  SegmentStore::Options tight = options();
  tight.max_size_bytes = 8'500;
  tight.segment_size_bytes = 1'000;
  {
    const auto store = open(tight);
    insert(*store, "a", std::string(800, 'x'));
    insert(*store, "b", std::string(800, 'x'));
    erase(*store, "a");
    for (int i = 0; i < 4; ++i)
      insert(*store, std::to_string(i), std::string(800, 'x'));
    EXPECT_TRUE(store->sweep().has_value());
  }

  const auto store = open(tight);

  EXPECT_EQ(body_of(*store, "a"), std::nullopt);
  EXPECT_TRUE(body_of(*store, "b").has_value());
}

TEST_F(SegmentStoreTest, ClearForgetsEverythingAndRemembersTheEpoch) {
  {
    const auto store = open();
    EXPECT_EQ(store->epoch(), 1U);
    insert(*store, "a", "one");
    ASSERT_TRUE(store->clear(7).has_value());
    EXPECT_EQ(segment_bytes(), 0U);
    EXPECT_EQ(store->stats().removals.invalidated, 1);
    insert(*store, "b", "two");
  }

  const auto store = open();

  EXPECT_EQ(store->epoch(), 7U);
  EXPECT_EQ(body_of(*store, "a"), std::nullopt);
  EXPECT_EQ(body_of(*store, "b"), "two");
}

TEST_F(SegmentStoreTest, ClearWithALowerEpochForgetsAllTheSame) {
  const auto store = open();
  ASSERT_TRUE(store->clear(7).has_value());
  insert(*store, "a", "one");

  ASSERT_TRUE(store->clear(3).has_value());

  EXPECT_EQ(store->epoch(), 7U);
  EXPECT_EQ(body_of(*store, "a"), std::nullopt);
}

TEST_F(SegmentStoreTest, SweepRemovesSegmentsOfExpiredEntries) {
  SegmentStore::Options small = options();
  small.segment_size_bytes = 5'000;
  const auto store = open(small);
  for (int i = 0; i < 20; ++i)
    insert(*store, std::to_string(i), std::string(1000, 'x'));
  clock_.advance(std::chrono::hours(2));
  insert(*store, "new", "one");

  EXPECT_TRUE(store->sweep().has_value());

  EXPECT_EQ(store->stats().items, 1);
  EXPECT_EQ(store->stats().removals.expired, 20);
  EXPECT_LT(segment_bytes(), 5'500U);
  EXPECT_EQ(body_of(*store, "new"), "one");
  expect_sums_hold(*store);
}

TEST_F(SegmentStoreTest, ASpentSegmentThatVoidsNothingLeavesBeforeItsTurn) {
  SegmentStore::Options small = options();
  small.segment_size_bytes = 1'000;
  const auto store = open(small);
  insert(*store, "a", std::string(900, 'x'));
  insert(*store, "b", std::string(900, 'x'));
  insert(*store, "c", std::string(900, 'x'));
  erase(*store, "b");

  EXPECT_TRUE(store->sweep().has_value());

  EXPECT_TRUE(std::filesystem::exists(segment(1)));
  EXPECT_FALSE(std::filesystem::exists(segment(2)));
  EXPECT_TRUE(body_of(*store, "a").has_value());
}

TEST_F(SegmentStoreTest, ASpentSegmentThatReplacedAnotherWaitsForItsTurn) {
  SegmentStore::Options small = options();
  small.segment_size_bytes = 1'000;
  {
    const auto store = open(small);
    insert(*store, "a", std::string(700, 'x'));
    insert(*store, "b", std::string(100, 'x'));
    insert(*store, "a", std::string(900, 'y'));
    insert(*store, "c", std::string(900, 'x'));
    erase(*store, "a");

    EXPECT_TRUE(store->sweep().has_value());

    EXPECT_TRUE(std::filesystem::exists(segment(2)));
  }
  EXPECT_EQ(body_of(*open_by_scanning(small), "a"), std::nullopt);
}

TEST_F(SegmentStoreTest, ReadsAnEntryWhoseSegmentIsEvictedMeanwhile) {
  const auto writer = open();
  insert(*writer, "a", "one");
  const auto reader = open_read_only();

  ASSERT_TRUE(writer->clear(2).has_value());

  EXPECT_EQ(body_of(*reader, "a"), "one");
}

TEST_F(SegmentStoreTest, ReadOnlyChangesNothing) {
  insert(*open(), "a", "one");
  const std::string before = read_file(segment(1));
  write_file(segment(1), before + "torn");
  const auto owner_elsewhere =
      StoreLock::acquire(*StoreDirectory::open(directory(), OpenMode::kOwner));
  ASSERT_TRUE(owner_elsewhere.has_value());

  const auto store = open_read_only();

  EXPECT_EQ(body_of(*store, "a"), "one");
  EXPECT_EQ(store->insert(entry("b", "two")).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(store->erase(sample_key("a")).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(store->clear(9).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(store->verify(SegmentStore::Repair::kYes).has_value());
  EXPECT_TRUE(store->sweep().has_value());
  EXPECT_EQ(read_file(segment(1)), before + "torn");
}

TEST_F(SegmentStoreTest, ReadOnlyDoesNotMakeADirectory) {
  SegmentStore::Options read_only = options();
  read_only.mode = OpenMode::kReadOnly;

  EXPECT_FALSE(try_open(read_only).has_value());
  EXPECT_FALSE(std::filesystem::exists(directory()));
}

TEST_F(SegmentStoreTest, ACorruptBodyIsAMissThatIsCountedOnce) {
  const auto store = open();
  insert(*store, "a", "a body of some length");
  flip_bit(segment(1), (segment_bytes() - 1) * 8);

  EXPECT_EQ(body_of(*store, "a"), std::nullopt);
  EXPECT_EQ(body_of(*store, "a"), std::nullopt);

  EXPECT_EQ(store->stats().removals.corrupt, 1);
  EXPECT_EQ(store->stats().items, 0);
  expect_sums_hold(*store);
}

TEST_F(SegmentStoreTest, AFileThatWasCutUnderTheStoreIsAMiss) {
  const auto store = open();
  insert(*store, "a", "a body of some length");
  std::filesystem::resize_file(segment(1), 100);

  EXPECT_EQ(body_of(*store, "a"), std::nullopt);
  EXPECT_EQ(store->stats().removals.corrupt, 1);
}

TEST_F(SegmentStoreTest, AFailedInsertLeavesNothingBehindAndTheStoreGoesOn) {
  const auto store = open();
  insert(*store, "a", "one");
  const std::uint64_t size = segment_bytes();

  {
    const FileSizeLimit limit(size + 10'000);
    const Result<InsertOutcome> outcome = store->insert(entry("b", std::string(30'000, 'x')));
    ASSERT_FALSE(outcome.has_value());
    EXPECT_EQ(outcome.error().code(), ErrorCode::kIo);
  }

  EXPECT_EQ(segment_bytes(), size);
  EXPECT_EQ(bytes_in_segments(*store), size);
  EXPECT_EQ(body_of(*store, "a"), "one");
  EXPECT_EQ(body_of(*store, "b"), std::nullopt);
  EXPECT_EQ(insert(*store, "b", "two"), InsertOutcome::kStored);
  expect_sums_hold(*store);
  EXPECT_EQ(body_of(*open_read_only(), "b"), "two");
}

TEST_F(SegmentStoreTest, ASegmentThatCannotBeBegunLeavesNoFile) {
  const auto store = open();

  {
    const FileSizeLimit limit(10);
    EXPECT_FALSE(store->insert(entry("a", "one")).has_value());
  }

  EXPECT_EQ(segment_bytes(), 0U);
  EXPECT_FALSE(std::filesystem::exists(segment(1)));
  EXPECT_EQ(insert(*store, "a", "one"), InsertOutcome::kStored);
}

TEST_F(SegmentStoreTest, AFailedInsertForgetsWhatItWasToReplace) {
  const auto store = open();
  insert(*store, "a", "old");

  {
    const FileSizeLimit limit(segment_bytes() + 10);
    EXPECT_FALSE(store->insert(entry("a", "new")).has_value());
  }

  EXPECT_EQ(body_of(*store, "a"), std::nullopt);
  EXPECT_EQ(store->stats().removals.replaced, 1);
  expect_sums_hold(*store);
}

TEST_F(SegmentStoreTest, EraseHoldsOnAFullDisk) {
  SegmentStore::Options small = options();
  small.segment_size_bytes = 5'000;
  {
    const auto store = open(small);
    insert(*store, "a", std::string(4'000, 'x'));
    insert(*store, "b", std::string(4'000, 'x'));
    const FileSizeLimit limit(std::filesystem::file_size(segment(2)));
    EXPECT_TRUE(erase(*store, "a"));
    EXPECT_EQ(body_of(*store, "a"), std::nullopt);
    EXPECT_TRUE(body_of(*store, "b").has_value());
    expect_sums_hold(*store);
  }

  const auto store = open(small);

  EXPECT_EQ(body_of(*store, "a"), std::nullopt);
  EXPECT_TRUE(body_of(*store, "b").has_value());
}

TEST_F(SegmentStoreTest, SaysWhenItsDirectoryWasReplaced) {
  const auto store = open();
  insert(*store, "a", "one");
  EXPECT_TRUE(store->is_intact());

  std::filesystem::rename(directory(), directory().string() + ".old");
  std::filesystem::create_directory(directory());

  EXPECT_FALSE(store->is_intact());
}

TEST_F(SegmentStoreTest, SaysWhenItsSegmentWasRemoved) {
  const auto store = open();
  insert(*store, "a", "one");

  std::filesystem::remove(segment(1));

  EXPECT_FALSE(store->is_intact());
  EXPECT_EQ(body_of(*store, "a"), "one");
}

TEST_F(SegmentStoreTest, VisitsWhatItHolds) {
  const auto store = open();
  insert(*store, "a", "one");
  insert(*store, "b", "three");
  erase(*store, "a");

  std::vector<SegmentStore::StoredEntry> listed;
  store->visit([&](const SegmentStore::StoredEntry& stored) {
    listed.push_back(stored);
    return true;
  });

  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].metadata.key, sample_key("b"));
  EXPECT_EQ(listed[0].content_type, "text/plain");
  EXPECT_EQ(listed[0].body_size, 5U);
  EXPECT_EQ(listed[0].inserted, clock_.now());
  EXPECT_EQ(listed[0].resident_until, entry("b", "").metadata().usable_until);
}

TEST_F(SegmentStoreTest, VisitsNoMoreThanItWasAskedTo) {
  const auto store = open();
  for (int i = 0; i < 20; ++i)
    insert(*store, std::to_string(i), "x");

  int listed = 0;
  store->visit([&](const SegmentStore::StoredEntry&) { return ++listed < 5; });

  EXPECT_EQ(listed, 5);
}

TEST_F(SegmentStoreTest, VerifyFindsAndRepairsWhatIsCorrupt) {
  insert(*open(), "a", "a body of some length");
  flip_bit(segment(1), (segment_bytes() - 1) * 8);
  insert(*open(), "b", "two");
  {
    const auto store = open_read_only();

    const auto report = store->verify(SegmentStore::Repair::kNo);
    ASSERT_TRUE(report.has_value());
    EXPECT_EQ(report->entries, 1);
    EXPECT_EQ(report->corrupt, 1);
    EXPECT_EQ(report->bytes, static_cast<std::int64_t>(segment_bytes() - SegmentHeader::kSize));
  }
  {
    const auto store = open();
    EXPECT_EQ(store->stats().items, 2);

    ASSERT_TRUE(store->verify(SegmentStore::Repair::kYes).has_value());
    EXPECT_EQ(store->stats().items, 1);
    EXPECT_EQ(store->stats().removals.corrupt, 1);
    expect_sums_hold(*store);
  }

  const auto store = open();

  EXPECT_EQ(store->stats().items, 1);
  EXPECT_EQ(store->verify(SegmentStore::Repair::kNo)->corrupt, 0);
  EXPECT_EQ(body_of(*store, "b"), "two");
}

/// What the store must hold, kept beside it.
using Model = std::map<std::string, std::string>;

TEST_F(SegmentStoreTest, AgreesWithAModelThroughManyReopenings) {
  SegmentStore::Options roomy = options();
  roomy.max_size_bytes = 64 << 20;
  roomy.segment_size_bytes = 64 << 10;
  std::mt19937 random(2024);
  Model model;

  for (int reopening = 0; reopening < 12; ++reopening) {
    const auto store = open(roomy);
    ASSERT_EQ(store->stats().items, static_cast<std::int64_t>(model.size()));
    for (int step = 0; step < 1000; ++step) {
      const std::string name = "key " + std::to_string(random() % 200);
      const auto choice = random() % 100;
      if (choice < 60) {
        const auto expected = model.find(name);
        ASSERT_EQ(body_of(*store, name),
                  expected == model.end() ? std::nullopt : std::optional(expected->second));
      } else if (choice < 99) {
        const std::string body =
            name + " " + std::to_string(random()) + std::string(random() % 500, '.');
        insert(*store, name, body);
        model[name] = body;
      } else {
        ASSERT_EQ(erase(*store, name), model.erase(name) == 1);
      }
    }
    expect_sums_hold(*store);
  }
}

TEST_F(SegmentStoreTest, ManyThreadsSeeWholeEntriesAndTheLimitHolds) {
  SegmentStore::Options tight = options();
  tight.max_size_bytes = 100'000;
  tight.segment_size_bytes = 10'000;
  const auto store = open(tight);
  std::atomic<int> wrong{0};
  std::atomic<int> found{0};
  std::atomic<bool> is_over{false};
  const auto work = [&](unsigned seed) {
    std::mt19937 random(seed);
    for (int step = 0; step < 2000; ++step) {
      const std::string name = "key " + std::to_string(random() % 60);
      const auto choice = random() % 100;
      if (choice < 60) {
        const std::optional<std::string> body = body_of(*store, name);
        if (body && !body->starts_with(name + "=")) ++wrong;
        if (body) ++found;
      } else if (choice < 97) {
        insert(*store, name, name + "=" + std::string(random() % 3000, 'x'));
      } else if (choice < 98) {
        erase(*store, name);
      } else {
        static_cast<void>(store->sweep());
      }
      if (store->stats().size_bytes > 100'000) is_over = true;
    }
  };

  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 4; ++seed)
    threads.emplace_back(work, seed);
  for (std::thread& thread : threads)
    thread.join();

  EXPECT_EQ(wrong, 0);
  EXPECT_GT(found, 0);
  EXPECT_FALSE(is_over);
  EXPECT_EQ(segment_bytes(), bytes_in_segments(*store));
  expect_sums_hold(*store);
}

}  // namespace
}  // namespace refrain::testing
