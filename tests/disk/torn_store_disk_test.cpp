// A disk that fails, fills up, loses its power or is read while it forgets.
#include "refrain/disk/segment_store.h"

#include "faulty_store_fixture.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace refrain::testing {
namespace {

using Tail = FaultyFileSystem::Tail;

class TornDisk : public FaultyStoreFixture {
protected:
  [[nodiscard]] SegmentStore::Options in_small_segments() const {
    SegmentStore::Options small = options();
    small.segment_size_bytes = 2'000;
    return small;
  }
};

// --- Case 9

/// What a key's entry may be after a loss of power: one of the versions since it was erased, none
/// older than what was certain to be there.
struct Versions {
  std::vector<std::string> written;  // since the last erasure
  std::size_t certain = 0;           // so many of these had reached the medium

  [[nodiscard]] bool allows(const std::optional<std::string>& body) const {
    if (!body) return certain == 0;
    for (std::size_t i = certain == 0 ? 0 : certain - 1; i < written.size(); ++i)
      if (written[i] == *body) return true;
    return false;
  }
};

class PowerLoss : public TornDisk, public ::testing::WithParamInterface<Durability> {
protected:
  void write(SegmentStore& store, std::mt19937& random) {
    const std::string name = std::to_string(random() % 30);
    Versions& versions = versions_[name];
    const auto choice = random() % 100;
    if (choice < 80) {
      const std::string body = name + "#" + std::to_string(++version_);
      versions.written.push_back(body + std::string(random() % 300, '.'));
      ASSERT_TRUE(store.insert(lasting(name, versions.written.back())).has_value());
      if (GetParam() == Durability::kAlways) versions.certain = versions.written.size();
    } else if (choice < 97) {
      erase(store, name);
      versions = Versions();
    } else {
      if (choice == 99) pass_snapshot_interval();
      ASSERT_TRUE(store.sweep().has_value());
      if (GetParam() == Durability::kNone) return;
      for (auto& [key, known] : versions_)
        known.certain = known.written.size();
    }
  }

  void expect_invariants_after_power_loss(Tail tail) {
    SegmentStore::Options after = in_small_segments();
    after.directory = directory().string() + ".after";
    disk_->copy_after_power_loss(directory(), after.directory, tail);
    const auto store = open(after);
    for (const auto& [name, versions] : versions_) {
      const std::optional<std::string> body = body_of(*store, name);
      EXPECT_TRUE(versions.allows(body))
          << name << " is " << body.value_or("missing") << " with tail " << static_cast<int>(tail);
    }
    ASSERT_EQ(insert(*store, "new", "body"), InsertOutcome::kStored);
    EXPECT_EQ(body_of(*store, "new"), "body");
    expect_sums_hold(*store);
  }

  std::map<std::string, Versions> versions_;
  int version_ = 0;
};

TEST_P(PowerLoss, Case09BringsNothingBackAndLosesNothingThatWasCertain) {
  SegmentStore::Options durable = in_small_segments();
  durable.durability = GetParam();
  const auto store = open(durable);
  std::mt19937 random(9);

  for (int loss = 0; loss < 40; ++loss) {
    for (int step = 0; step < 12; ++step)
      write(*store, random);
    for (const Tail tail : {Tail::kGone, Tail::kHalf, Tail::kZeroed})
      expect_invariants_after_power_loss(tail);
    ASSERT_FALSE(HasFailure()) << "loss " << loss;
  }
}

INSTANTIATE_TEST_SUITE_P(Durabilities,
                         PowerLoss,
                         ::testing::Values(Durability::kNone,
                                           Durability::kInterval,
                                           Durability::kAlways));

TEST_F(TornDisk, Case09ASweepThatCannotSyncIsNotTakenForOneThatCould) {
  SegmentStore::Options durable = in_small_segments();
  durable.durability = Durability::kInterval;
  const auto store = open(durable);
  for (int i = 0; i < 4; ++i)
    insert(*store, std::to_string(i), std::string(1'500, 'x'));

  disk_->fail_nth(0, EIO, Calls::kSync);
  EXPECT_FALSE(store->sweep().has_value());
  ASSERT_TRUE(store->sweep().has_value());

  SegmentStore::Options after = in_small_segments();
  after.directory = directory().string() + ".after";
  disk_->copy_after_power_loss(directory(), after.directory, Tail::kGone);
  EXPECT_EQ(open(after)->stats().items, 4);
}

// --- Case 12

struct Trouble {
  const char* name = "";
  int error = 0;
  Calls calls = Calls::kNone;
};

class TroubledDisk : public TornDisk, public ::testing::WithParamInterface<Trouble> {};

TEST_P(TroubledDisk, Case12GivesErrorsOrMissesAndAllIsWellAfterwards) {
  SegmentStore::Options tight = in_small_segments();
  tight.max_size_bytes = 12'000;
  std::map<std::string, std::string> last;
  const auto store = open(tight);
  for (int i = 0; i < 5; ++i) {
    last[std::to_string(i)] = std::string(1'000, static_cast<char>('a' + i));
    insert(*store, std::to_string(i), last[std::to_string(i)]);
  }

  disk_->fail(GetParam().error, GetParam().calls);
  for (int i = 4; i < 20; ++i) {
    const std::string name = std::to_string(i);
    last[name] = std::string(1'000, static_cast<char>('A' + i));
    if (!store->insert(entry(name, last[name]))) {
      const Result<std::optional<Entry>> found = store->find(sample_key(name));
      EXPECT_FALSE(found && *found) << "an older value answers for " << name;
    }
  }
  for (const auto& [name, body] : last) {
    const Result<std::optional<Entry>> found = store->find(sample_key(name));
    if (found && *found) EXPECT_EQ((*found)->body(), body);
    Result<ImmediateLookup> now = store->find_now(sample_key(name), BodyPlace::kMemory);
    if (now && now->entry()) EXPECT_EQ(now->entry()->body(), body);
  }
  std::vector<std::string> erased;
  for (const std::string name : {"4", "19"}) {
    if (store->erase(sample_key(name))) erased.push_back(name);
    EXPECT_FALSE(store->find(sample_key(name)).value_or(std::nullopt).has_value());
  }
  pass_snapshot_interval();
  static_cast<void>(store->sweep());
  static_cast<void>(store->verify(SegmentStore::Repair::kYes));
  store->visit([](const SegmentStore::StoredEntry&) { return true; });
  EXPECT_LE(store->stats().size_bytes, tight.max_size_bytes);
  expect_sums_hold(*store);
  EXPECT_GT(disk_->failures(), 0);
  disk_->heal();

  insert(*store, "after", "well again");
  EXPECT_EQ(body_of(*store, "after"), "well again");
  EXPECT_EQ(body_of(*store, "4"), std::nullopt);
  EXPECT_TRUE(store->sweep().has_value());
  expect_sums_hold(*store);
  remove_snapshot();
  const auto reader = open_read_only();
  EXPECT_EQ(body_of(*reader, "after"), "well again");
  for (const std::string& name : erased)
    EXPECT_EQ(body_of(*reader, name), std::nullopt) << name << " was erased";
}

INSTANTIATE_TEST_SUITE_P(
    Troubles,
    TroubledDisk,
    ::testing::Values(Trouble{"EioRead", EIO, Calls::kRead | Calls::kReadNow},
                      Trouble{"EioWrite", EIO, Calls::kWrite},
                      Trouble{"EioSync", EIO, Calls::kSync},
                      Trouble{"EioUnlink", EIO, Calls::kUnlink},
                      Trouble{"EioRename", EIO, Calls::kRename},
                      Trouble{"EioOpen", EIO, Calls::kOpen},
                      Trouble{"EioTruncateAndWrite", EIO, Calls::kTruncate | Calls::kWrite},
                      Trouble{"EioEverything", EIO, Calls::kAll},
                      Trouble{"EnospcWrite", ENOSPC, Calls::kWrite},
                      Trouble{"EnospcOpen", ENOSPC, Calls::kOpen},
                      Trouble{"EmfileOpen", EMFILE, Calls::kOpen},
                      Trouble{"Erofs", EROFS, kChanges}),
    [](const auto& trouble) { return trouble.param.name; });

TEST_F(TornDisk, Case12ADiskThatCannotBeOpenedIsAnErrorAndOpensLater) {
  insert(*open(), "a", "one");

  for (const Calls calls :
       {Calls::kMakeDirectory, Calls::kOpenDirectory, Calls::kOpen, Calls::kList, Calls::kStatus}) {
    for (const int error : {EIO, EMFILE, EROFS}) {
      disk_->fail(error, calls);
      const Result<std::unique_ptr<SegmentStore>> store = try_open(options());
      EXPECT_FALSE(store.has_value());
      EXPECT_EQ(store.error().code(), ErrorCode::kIo);
      disk_->heal();
    }
  }

  EXPECT_EQ(body_of(*open(), "a"), "one");
}

TEST_F(TornDisk, Case12PartialWritesAreFinished) {
  disk_->write_at_most(7);
  {
    const auto store = open();
    insert(*store, "a", std::string(1'000, 'x'));
    EXPECT_EQ(body_of(*store, "a"), std::string(1'000, 'x'));
  }

  EXPECT_EQ(body_of(*open_by_scanning(), "a"), std::string(1'000, 'x'));
}

TEST_F(TornDisk, Case12AWriteThatStopsHalfwayLeavesNothingBehind) {
  const auto store = open();
  insert(*store, "a", "one");
  const std::uint64_t size = segment_bytes();
  disk_->write_at_most(50);
  disk_->fail_from(3, ENOSPC, Calls::kWrite);

  EXPECT_EQ(store->insert(entry("b", std::string(500, 'x'))).error().code(), ErrorCode::kTooLarge);

  EXPECT_EQ(segment_bytes(), size);
  disk_->heal();
  EXPECT_EQ(body_of(*open_read_only(), "a"), "one");
}

TEST_F(TornDisk, Case12WithoutItsDirectoryItGoesOnAndSaysSo) {
  const auto store = open();
  insert(*store, "a", "one");

  std::filesystem::remove_all(directory());

  EXPECT_FALSE(store->is_intact());
  EXPECT_EQ(body_of(*store, "a"), "one");
  static_cast<void>(store->insert(entry("b", "two")));
  static_cast<void>(store->erase(sample_key("a")));
  EXPECT_EQ(body_of(*store, "a"), std::nullopt);
  static_cast<void>(store->sweep());
  expect_sums_hold(*store);
}

TEST_F(TornDisk, Case12AFullFileSystemGivesBackWhatIsOldest) {
  SegmentStore::Options polite = in_small_segments();
  polite.min_free_bytes = 10'000;
  const auto store = open(polite);
  disk_->set_free_bytes(1'000'000);
  for (int i = 0; i < 10; ++i)
    insert(*store, std::to_string(i), std::string(1'500, 'x'));

  disk_->set_free_bytes(5'000);
  EXPECT_TRUE(store->sweep().has_value());
  EXPECT_FALSE(store->insert(entry("a", std::string(1'500, 'x'))).has_value());
  EXPECT_EQ(store->stats().items, 0);
  disk_->set_free_bytes(1'000'000);

  EXPECT_EQ(insert(*store, "a", "one"), InsertOutcome::kStored);
  expect_sums_hold(*store);
}

// --- Case 13

TEST_F(TornDisk, Case13AFailedInsertDoesNotLeaveTheOldValueReadable) {
  for (const Calls calls : {Calls::kWrite, Calls::kSync, Calls::kOpen}) {
    SegmentStore::Options durable = in_small_segments();
    durable.durability = Durability::kAlways;
    const auto store = open(durable);
    ASSERT_TRUE(store->clear(1).has_value());
    insert(*store, "a", std::string(1'500, 'o'));

    disk_->fail(EIO, calls);
    EXPECT_FALSE(store->insert(entry("a", std::string(1'500, 'n'))).has_value());
    disk_->heal();

    EXPECT_EQ(body_of(*store, "a"), std::nullopt);
    EXPECT_EQ(store->stats().removals.replaced, 1);
    expect_sums_hold(*store);
  }
}

TEST_F(TornDisk, Case13WhatWasForgottenAndThenErasedDoesNotComeBack) {
  {
    const auto store = open();
    insert(*store, "a", "old");
    disk_->fail(EIO, Calls::kWrite);
    EXPECT_FALSE(store->insert(entry("a", "new")).has_value());
    disk_->heal();
    EXPECT_TRUE(store->erase(sample_key("a")).has_value());
  }

  EXPECT_EQ(body_of(*open_by_scanning(), "a"), std::nullopt);
}

TEST_F(TornDisk, Case13WhatWasForgottenDoesNotComeBackWhenItsSuccessorLeaves) {
  const auto store = open(in_small_segments());
  ASSERT_TRUE(store->insert(lasting("a", "old")).has_value());
  ASSERT_TRUE(store->insert(lasting("b", "two")).has_value());
  store->forget(sample_key("a"), &Removals::replaced);
  insert(*store, "a", std::string(1'800, 'n'));
  ASSERT_TRUE(store->insert(lasting("c", std::string(500, 'c'))).has_value());
  ASSERT_TRUE(std::filesystem::exists(segment(3)));
  clock_.advance(std::chrono::hours(2));
  ASSERT_TRUE(store->sweep().has_value());
  remove_snapshot();

  const auto reader = open_read_only();

  EXPECT_EQ(body_of(*reader, "a"), std::nullopt);
  EXPECT_EQ(body_of(*reader, "b"), "two");
}

TEST_F(TornDisk, Case13WhatCouldNotBeReadWhenOpenedAndWasErasedDoesNotComeBack) {
  {
    const auto store = open(in_small_segments());
    insert(*store, "a", std::string(1'500, 'a'));
    insert(*store, "b", std::string(1'500, 'b'));
  }
  remove_snapshot();
  {
    // META, then the headers of the two segments.
    disk_->fail_nth(1, EIO, Calls::kRead);
    const auto store = open(in_small_segments());
    ASSERT_EQ(body_of(*store, "a"), std::nullopt);
    EXPECT_TRUE(store->erase(sample_key("a")).has_value());
  }

  EXPECT_EQ(body_of(*open_by_scanning(in_small_segments()), "a"), std::nullopt);
}

// --- Case 15

std::string read_body(const Entry& entry) {
  std::string bytes(entry.body_size(), '\0');
  const FileBody& body = *entry.file_body();
  const ssize_t count =
      ::pread(body.descriptor, bytes.data(), bytes.size(), static_cast<off_t>(body.offset));
  bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  return bytes;
}

TEST_F(TornDisk, Case15ABodyInAFileStaysRightWhileItsSegmentIsEvicted) {
  SegmentStore::Options tight = in_small_segments();
  tight.max_size_bytes = 12'000;
  const auto store = open(tight);
  const std::string body(1'500, 'a');
  insert(*store, "a", body);
  ASSERT_EQ(body_of(*store, "a"), body);
  Result<ImmediateLookup> found = store->find_now(sample_key("a"), BodyPlace::kMemoryOrFile);
  ASSERT_TRUE(found.has_value() && found->entry() && found->entry()->file_body() != nullptr);

  for (int i = 0; i < 30; ++i) {
    insert(*store, std::to_string(i), std::string(1'500, 'x'));
    ASSERT_EQ(read_body(*found->entry()), body);
    ASSERT_LE(store->stats().size_bytes, 12'000);
  }

  EXPECT_FALSE(std::filesystem::exists(segment(1)));
  const std::int64_t with_it = store->stats().size_bytes;
  EXPECT_GT(with_it, static_cast<std::int64_t>(kFixedBytes + segment_bytes()));
  found->entry().reset();
  EXPECT_EQ(store->stats().size_bytes, static_cast<std::int64_t>(kFixedBytes + segment_bytes()));
  EXPECT_LT(store->stats().size_bytes, with_it);
}

TEST_F(TornDisk, Case15ASlowReadOfAnEvictedSegmentGivesTheRightBytes) {
  SegmentStore::Options tight = in_small_segments();
  tight.max_size_bytes = 12'000;
  const auto store = open(tight);
  const std::string body(1'500, 'a');
  insert(*store, "a", body);
  insert(*store, "b", "not of the first segment: " + std::string(1'500, 'b'));
  disk_->close_gate(Calls::kRead);
  std::optional<std::string> read;
  std::thread reader([&] { read = body_of(*store, "a"); });
  disk_->await_waiting(1);

  // Clearing reads nothing, and so goes on while the disk hangs for readers.
  ASSERT_TRUE(store->clear(2).has_value());
  EXPECT_FALSE(std::filesystem::exists(segment(1)));
  EXPECT_GT(store->stats().size_bytes, static_cast<std::int64_t>(kFixedBytes + segment_bytes()));
  disk_->open_gate();
  reader.join();

  EXPECT_EQ(read, body);
  EXPECT_EQ(body_of(*store, "a"), std::nullopt);
  EXPECT_EQ(store->stats().size_bytes, static_cast<std::int64_t>(kFixedBytes + segment_bytes()));
  expect_sums_hold(*store);
}

TEST_F(TornDisk, Case15ManyReadersGetRightBytesFromAStoreThatEvictsAllTheTime) {
  SegmentStore::Options tight = in_small_segments();
  tight.max_size_bytes = 30'000;
  const auto store = open(tight);
  const auto body_for = [](std::uint32_t number) {
    return std::to_string(number) + std::string(900, static_cast<char>('a' + number % 26));
  };
  std::atomic<bool> is_over{false};
  std::atomic<int> wrong{0};
  const auto read = [&](unsigned seed) {
    std::mt19937 random(seed);
    while (!is_over) {
      const auto number = static_cast<std::uint32_t>(random() % 40);
      const CacheKey key = sample_key(std::to_string(number));
      const Result<std::optional<Entry>> found = store->find(key);
      if (!found || (*found && (*found)->body() != body_for(number))) ++wrong;
      Result<ImmediateLookup> now = store->find_now(key, BodyPlace::kMemoryOrFile);
      if (!now || !now->entry()) continue;
      const Entry& entry = *now->entry();
      if ((entry.file_body() ? read_body(entry) : entry.body()) != body_for(number)) ++wrong;
    }
  };
  std::vector<std::thread> readers;
  for (unsigned seed = 0; seed < 3; ++seed)
    readers.emplace_back(read, seed);

  std::mt19937 random(15);
  for (int i = 0; i < 1'500; ++i) {
    const auto number = static_cast<std::uint32_t>(random() % 40);
    // With everything pinned it may fail; that is counted, and the next one tries again.
    static_cast<void>(store->insert(entry(std::to_string(number), body_for(number))));
  }
  is_over = true;
  for (std::thread& reader : readers)
    reader.join();

  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(store->stats().removals.corrupt, 0);
  EXPECT_GT(store->stats().removals.capacity, 100);
  expect_sums_hold(*store);
}

// --- Case 17

TEST_F(TornDisk, Case17AnotherProcessIsRefusedWhileTheFirstLives) {
  const auto first = open();
  insert(*first, "a", "one");

  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const Result<std::unique_ptr<SegmentStore>> second = try_open(options());
    ::_exit(!second && second.error().code() == ErrorCode::kUnavailable ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);

  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_EQ(body_of(*first, "a"), "one");
}

TEST_F(TornDisk, Case17AWarmRestartReadsNoRecordAColdOneAllAndAfterAClearThereAreNone) {
  {
    const auto store = open();
    for (int i = 0; i < 100; ++i)
      insert(*store, std::to_string(i), "x");
  }

  const SegmentStore::Stats warm = open()->stats();
  const SegmentStore::Stats cold = open_by_scanning()->stats();
  ASSERT_TRUE(open()->clear(2).has_value());
  const SegmentStore::Stats ice = open()->stats();

  EXPECT_EQ(warm.items, 100);
  EXPECT_EQ(warm.scanned, 0);
  EXPECT_EQ(cold.items, 100);
  EXPECT_EQ(cold.scanned, 100);
  EXPECT_EQ(ice.items, 0);
  EXPECT_EQ(ice.scanned, 0);
  EXPECT_EQ(segment_bytes(), 0U);
}

}  // namespace
}  // namespace refrain::testing
