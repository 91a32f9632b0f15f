// One scenario over and over, each time with the next system call failing.
#include "refrain/disk/segment_store.h"

#include "faulty_store_fixture.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <map>
#include <set>
#include <string>

namespace refrain::testing {
namespace {

constexpr std::int64_t kLimit = 9'000;

/// What may be found under a key.
struct Possible {
  std::set<std::string>
      bodies;  // an empty set: nothing, since nothing was written or all is erased
};

/// How the failing goes on.
enum class Extent : std::uint8_t { kOneCall, kAllCalls };

class FaultSweep : public FaultyStoreFixture {
protected:
  [[nodiscard]] SegmentStore::Options sweep_options() const {
    SegmentStore::Options tight = options();
    tight.max_size_bytes = kLimit;
    tight.segment_size_bytes = 1'000;
    return tight;
  }

  void try_insert(SegmentStore& store, const std::string& name, std::size_t size) {
    const std::string body = name + " " + std::to_string(++version_) +
                             std::string(size, static_cast<char>('a' + size % 26));
    // Whether or not it is acknowledged, it may be there.
    Possible& possible = possible_[name];
    const Result<InsertOutcome> outcome = store.insert(entry(name, body));
    if (outcome && *outcome == InsertOutcome::kStored) possible.bodies.clear();
    if (!outcome) EXPECT_FALSE(found_in(store, name)) << "an older value answers for " << name;
    possible.bodies.insert(body);
    expect_limit(store);
  }

  void try_erase(SegmentStore& store, const std::string& name) {
    Result<bool> erased = store.erase(sample_key(name));
    if (!erased) erased = store.erase(sample_key(name));  // nothing is known of it any more
    EXPECT_FALSE(found_in(store, name)) << name << " was erased";
    if (erased) possible_[name].bodies.clear();
    expect_limit(store);
  }

  void try_clear(SegmentStore& store) {
    const Result<void> cleared = store.clear(2);
    EXPECT_EQ(store.stats().items, 0);
    if (cleared) possible_.clear();
  }

  static bool found_in(SegmentStore& store, const std::string& name) {
    const Result<std::optional<Entry>> found = store.find(sample_key(name));
    return found && found->has_value();
  }

  void expect_possible(SegmentStore& store) {
    for (const std::string name : {"a", "b", "c", "d", "e", "f", "g", "h", "i"}) {
      const Result<std::optional<Entry>> found = store.find(sample_key(name));
      if (!found || !*found) continue;
      EXPECT_TRUE(possible_[name].bodies.contains(std::string((*found)->body())))
          << name << " is " << (*found)->body().substr(0, 20);
    }
  }

  static void expect_limit(const SegmentStore& store) {
    EXPECT_LE(store.stats().size_bytes, kLimit);
    expect_sums_hold(store);
  }

  /// Everything that a store does, in several segments, once around.
  void play() {
    for (const bool is_first : {true, false}) {
      Result<std::unique_ptr<SegmentStore>> opened = try_open(sweep_options());
      if (!opened) continue;
      SegmentStore& store = **opened;
      expect_possible(store);
      for (const std::string name : {"a", "b", "c", "d"})
        try_insert(store, name, 300);
      try_insert(store, "a", 310);  // in place of another, in another segment
      try_erase(store, "b");
      try_erase(store, "a");
      pass_snapshot_interval();
      static_cast<void>(store.sweep());
      expect_limit(store);
      for (const std::string name : {"e", "f", "g", "h", "i"}) {
        try_insert(store, name, 700);
        static_cast<void>(found_in(store, "c"));  // read, and so rewritten
      }
      try_erase(store, "e");
      if (!is_first) try_clear(store);
      try_insert(store, "a", 100);
      try_erase(store, "d");
      expect_possible(store);
    }
  }

  void expect_invariants_when_reopened(bool by_scanning) {
    if (by_scanning) remove_snapshot();
    const auto store = open(sweep_options());
    expect_limit(*store);
    expect_possible(*store);
    EXPECT_LE(bytes_on_disk(), static_cast<std::uint64_t>(kLimit));
    EXPECT_FALSE(std::filesystem::exists(directory() / StoreDirectory::kMetaDraftName));
    EXPECT_FALSE(std::filesystem::exists(directory() / StoreDirectory::kIndexDraftName));
    EXPECT_EQ(insert(*store, "a", "well again"), InsertOutcome::kStored);
    EXPECT_EQ(body_of(*store, "a"), "well again");
    possible_["a"].bodies = {"well again"};
  }

  /// Returns whether any call failed.
  bool play_with_failure(std::int64_t n, int error, Extent extent) {
    std::filesystem::remove_all(directory());
    possible_.clear();
    const std::int64_t failures = disk_->failures();
    extent == Extent::kOneCall ? disk_->fail_nth(n, error) : disk_->fail_from(n, error);
    play();
    disk_->heal();
    expect_invariants_when_reopened(n % 2 == 0);
    expect_invariants_when_reopened(true);
    return disk_->failures() > failures;
  }

  void sweep_all(int error, Extent extent, std::int64_t step) {
    std::int64_t n = 0;
    while (play_with_failure(n, error, extent)) {
      ASSERT_FALSE(HasFailure()) << "call " << n << " failed with " << error;
      n += step;
    }
    ASSERT_FALSE(HasFailure()) << "with no failure";
    EXPECT_GT(n, 150) << "the scenario is short";
    RecordProperty("calls", std::to_string(n));
  }

private:
  std::map<std::string, Possible> possible_;
  int version_ = 0;
};

TEST_F(FaultSweep, AnyOneCallMayFailWithEio) {
  sweep_all(EIO, Extent::kOneCall, 1);
}

TEST_F(FaultSweep, AnyOneCallMayFailWithEnospc) {
  sweep_all(ENOSPC, Extent::kOneCall, 1);
}

TEST_F(FaultSweep, AllCallsMayFailFromAnyOneOn) {
  sweep_all(EIO, Extent::kAllCalls, 3);
}

TEST_F(FaultSweep, TheDiskMayBeFullFromAnyCallOn) {
  sweep_all(ENOSPC, Extent::kAllCalls, 3);
}

}  // namespace
}  // namespace refrain::testing
