#pragma once

/// @file
/// What every tier promises, as one suite of tests that each kind of tier passes.
///
/// A tier's own test defines a `Traits` class and instantiates, in namespace `refrain::testing`,
/// the suites whose promises it makes:
///
///     INSTANTIATE_TYPED_TEST_SUITE_P(Memory, TierContract, MemoryTraits);
///     INSTANTIATE_TYPED_TEST_SUITE_P(Memory, ClockedTierContract, MemoryTraits);
///     // GoogleTest wants to hear of a suite that is left out on purpose:
///     GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PersistentTierContract);
///
/// - `TierContract`: every tier.
/// - `ClockedTierContract`: a tier whose entries leave when the injected clock says so (not Redis,
///   whose server has a clock of its own). Requires `kFollowsClock`.
/// - `PersistentTierContract`: a tier whose entries are there when it is opened again. Requires
///   `kPersists`.
///
/// A `Traits` object is made for each test and destroyed before the loop and the clock:
///
///     class Traits {
///     public:
///       static constexpr bool kPersists;        // What was stored is there after `reopen`.
///       static constexpr bool kFollowsClock;    // The ManualClock governs when entries leave.
///       static constexpr bool kAnswersNow;      // `find_now` knows of an entry that is there.
///       static constexpr bool kCountsReplaced;  // `insert` knows that it replaced another entry.
///       static constexpr int kMaxSweeps;        // So many sweeps clean 100 entries.
///
///       // Makes a tier that holds nothing, is available, has a ttl of 3600 s, and has room for
///       // 100 small entries and one of 1 MiB without evicting.
///       Traits(ManualClock& clock, boost::asio::io_context& loop);
///       Tier& tier();
///       // Closes the tier and opens it again on the same storage. Only if kPersists.
///       void reopen();
///       // Optional, for a tier that writes behind: returns when all that was inserted is written.
///       void settle();
///     };

#include "refrain/cache/entry.h"
#include "refrain/cache/tier.h"

#include "support/manual_clock.h"
#include "support/run.h"
#include "support/sample_entry.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace refrain::testing {

/// The tier under test, its clock and its loop, with its operations as plain functions.
template <class Traits>
class TierContract : public ::testing::Test {
protected:
  void SetUp() override {
    // A reader of the report sees what was not asked of this tier.
    ::testing::Test::RecordProperty("persists", Traits::kPersists ? "yes" : "no");
    ::testing::Test::RecordProperty("follows_clock", Traits::kFollowsClock ? "yes" : "no");
  }

  [[nodiscard]] Tier& tier() { return traits_.tier(); }
  void reopen() { traits_.reopen(); }
  [[nodiscard]] WallTime now() const { return clock_.now(); }
  void advance(std::chrono::milliseconds by) { clock_.advance(by); }

  /// What is there to be used: the mark of an erasure is not.
  std::optional<Entry> find(CacheKey key) {
    std::optional<Entry> found = value_of(run(loop_, tier().find(key)));
    if (found && found->is_erasure()) found.reset();
    return found;
  }
  InsertOutcome insert(Entry entry) {
    const InsertOutcome outcome = value_of(run(loop_, tier().insert(std::move(entry))));
    if constexpr (requires { traits_.settle(); }) traits_.settle();
    return outcome;
  }
  bool erase(CacheKey key) { return value_of(run(loop_, tier().erase(key))); }
  void sweep() { run(loop_, tier().sweep()); }

  void clear(std::uint64_t epoch = 2) {
    const Result<void> cleared = run(loop_, tier().clear(epoch));
    if (!cleared) throw std::runtime_error("clear failed: " + cleared.error().message());
  }

  /// As many sweeps as the tier asks for to come round.
  void sweep_through() {
    for (int i = 0; i < Traits::kMaxSweeps; ++i)
      sweep();
  }

  /// An entry under the key of `name`, fresh and usable for so long from now on.
  [[nodiscard]] Entry entry_for(std::string_view name,
                                std::chrono::milliseconds fresh,
                                std::chrono::milliseconds usable,
                                std::string_view body = "body") const {
    EntryMetadata metadata;
    metadata.key = sample_key(name);
    metadata.created = now();
    metadata.fresh_until = now() + fresh;
    metadata.usable_until = now() + usable;
    metadata.cost = std::chrono::microseconds(1500);
    return Entry::make(metadata, "text/plain", body);
  }

  /// One random call, chosen from all a tier has. Returns how many look-ups it counted.
  int random_step(std::mt19937& random) {
    const auto below = [&random](unsigned bound) {
      return static_cast<unsigned>(random() % bound);
    };
    const std::string name = "key " + std::to_string(below(24));
    const unsigned choice = below(100);
    if (choice < 35) {
      find(sample_key(name));
      return 1;
    }
    if (choice < 45) {
      const auto place = below(2) == 0 ? BodyPlace::kMemory : BodyPlace::kMemoryOrFile;
      return tier().find_now(sample_key(name), place).is_known() ? 1 : 0;
    }
    if (choice < 75) {
      const auto fresh = std::chrono::seconds(below(40));
      const Entry entry = entry_for(
          name, fresh, fresh + std::chrono::seconds(below(10)), std::string(below(300), 'b'));
      if (below(2) == 0 || !tier().insert_now(entry)) insert(entry);
    } else if (choice < 90) {
      if (below(2) == 0 || !tier().erase_now(sample_key(name))) erase(sample_key(name));
    } else if (choice < 93) {
      sweep();
    } else if (choice < 99) {
      advance(std::chrono::milliseconds(below(5000)));
    } else {
      clear();
    }
    return 0;
  }

private:
  template <class T>
  static T value_of(Result<T> result) {
    if (!result) throw std::runtime_error("the tier failed: " + result.error().message());
    return std::move(*result);
  }

  ManualClock clock_;
  boost::asio::io_context loop_{1};
  Traits traits_{clock_, loop_};
};

/// What a tier whose entries leave by the injected clock promises besides.
template <class Traits>
class ClockedTierContract : public TierContract<Traits> {
  static_assert(Traits::kFollowsClock);
};

/// What a tier that outlives its process promises besides.
template <class Traits>
class PersistentTierContract : public TierContract<Traits> {
  static_assert(Traits::kPersists);
};

inline void expect_same_metadata(const Entry& found, const Entry& expected) {
  EXPECT_EQ(found.key(), expected.key());
  EXPECT_EQ(found.content_type(), expected.content_type());
  EXPECT_EQ(found.checksum(), expected.checksum());
  EXPECT_EQ(found.metadata().created, expected.metadata().created);
  EXPECT_EQ(found.metadata().fresh_until, expected.metadata().fresh_until);
  EXPECT_EQ(found.metadata().usable_until, expected.metadata().usable_until);
  EXPECT_EQ(found.metadata().cost, expected.metadata().cost);
}

inline void expect_same(const Entry& found, const Entry& expected) {
  expect_same_metadata(found, expected);
  EXPECT_TRUE(found.body() == expected.body()) << "the bodies differ";
}

TYPED_TEST_SUITE_P(TierContract);
TYPED_TEST_SUITE_P(ClockedTierContract);
TYPED_TEST_SUITE_P(PersistentTierContract);

TYPED_TEST_P(TierContract, IsAvailableAndHasAName) {
  EXPECT_TRUE(this->tier().is_available());
  EXPECT_FALSE(this->tier().name().empty());
  EXPECT_EQ(this->tier().stats().name, this->tier().name());
  EXPECT_TRUE(this->tier().stats().available);
}

TYPED_TEST_P(TierContract, StartsEmpty) {
  const TierStats stats = this->tier().stats();

  EXPECT_EQ(stats.items, 0);
  EXPECT_EQ(stats.hits + stats.misses + stats.insertions + stats.removals.total(), 0);
  EXPECT_EQ(stats.ttl, std::chrono::seconds(3600));
}

TYPED_TEST_P(TierContract, FindsWhatWasInsertedUnchanged) {
  const Entry entry = sample_entry(sample_key("a"), this->now());

  EXPECT_EQ(this->insert(entry), InsertOutcome::kStored);
  const std::optional<Entry> found = this->find(sample_key("a"));

  ASSERT_TRUE(found.has_value());
  expect_same(*found, entry);
  EXPECT_EQ(this->tier().stats().items, 1);
  EXPECT_EQ(this->tier().stats().insertions, 1);
  EXPECT_EQ(this->tier().stats().hits, 1);
}

TYPED_TEST_P(TierContract, KeepsTimesToTheMillisecondAndCostToTheMicrosecond) {
  EntryMetadata metadata;
  metadata.key = sample_key("odd times");
  metadata.created = this->now() - std::chrono::milliseconds(12'345);
  metadata.fresh_until = this->now() + std::chrono::milliseconds(1'000'001);
  metadata.usable_until = this->now() + std::chrono::milliseconds(2'000'003);
  metadata.cost = std::chrono::microseconds(1'234'567);
  const Entry entry = Entry::make(metadata, "text/plain; charset=utf-8", "x");

  this->insert(entry);
  const std::optional<Entry> found = this->find(sample_key("odd times"));

  ASSERT_TRUE(found.has_value());
  expect_same(*found, entry);
}

TYPED_TEST_P(TierContract, KeepsAnEmptyBodyAndAnEmptyContentType) {
  const Entry entry = sample_entry(sample_key("empty"), this->now(), "", "");

  this->insert(entry);
  const std::optional<Entry> found = this->find(sample_key("empty"));

  ASSERT_TRUE(found.has_value());
  expect_same(*found, entry);
}

TYPED_TEST_P(TierContract, KeepsTheLongestContentType) {
  const Entry entry = sample_entry(sample_key("typed"), this->now(), "body", std::string(255, 't'));

  this->insert(entry);
  const std::optional<Entry> found = this->find(sample_key("typed"));

  ASSERT_TRUE(found.has_value());
  expect_same(*found, entry);
}

TYPED_TEST_P(TierContract, KeepsABodyOfOneMebibyte) {
  std::string body(std::size_t{1} << 20, '\0');
  std::mt19937 random(7);
  for (char& byte : body)
    byte = static_cast<char>(random());
  const Entry entry = sample_entry(sample_key("large"), this->now(), body, "image/png");

  EXPECT_EQ(this->insert(entry), InsertOutcome::kStored);
  const std::optional<Entry> found = this->find(sample_key("large"));

  ASSERT_TRUE(found.has_value());
  expect_same(*found, entry);
}

TYPED_TEST_P(TierContract, KeepsEveryByteValue) {
  std::string body;
  for (int byte = 0; byte < 256; ++byte)
    body.push_back(static_cast<char>(byte));
  body += std::string("\0\r\n\0$-1\r\n", 9);
  const Entry entry =
      sample_entry(sample_key("binary"), this->now(), body, "application/octet-stream");

  this->insert(entry);
  const std::optional<Entry> found = this->find(sample_key("binary"));

  ASSERT_TRUE(found.has_value());
  expect_same(*found, entry);
}

TYPED_TEST_P(TierContract, MissesAnUnknownKey) {
  this->insert(sample_entry(sample_key("known"), this->now()));

  EXPECT_FALSE(this->find(sample_key("unknown")).has_value());
  EXPECT_EQ(this->tier().stats().misses, 1);
  EXPECT_EQ(this->tier().stats().hits, 0);
}

TYPED_TEST_P(TierContract, KeepsAHundredEntriesApart) {
  for (int i = 0; i < 100; ++i) {
    const std::string name = std::to_string(i);
    this->insert(sample_entry(sample_key(name), this->now(), "body " + name));
  }

  for (int i = 0; i < 100; ++i) {
    const std::string name = std::to_string(i);
    const std::optional<Entry> found = this->find(sample_key(name));
    ASSERT_TRUE(found.has_value()) << name;
    EXPECT_EQ(found->body(), "body " + name);
  }
  EXPECT_EQ(this->tier().stats().items, 100);
}

TYPED_TEST_P(TierContract, FindNowCountsOnlyWhatItKnows) {
  this->insert(sample_entry(sample_key("a"), this->now(), "here"));

  ImmediateLookup lookup = this->tier().find_now(sample_key("a"), BodyPlace::kMemory);

  ASSERT_EQ(lookup.is_known(), TypeParam::kAnswersNow);
  ASSERT_EQ(lookup.entry().has_value(), TypeParam::kAnswersNow);
  EXPECT_EQ(this->tier().stats().hits, TypeParam::kAnswersNow ? 1 : 0);
  EXPECT_EQ(this->tier().stats().misses, 0);
}

TYPED_TEST_P(TierContract, FindNowGivesABodyInAFileToNobodyWhoDidNotAskForIt) {
  this->insert(sample_entry(sample_key("a"), this->now(), "here"));

  ImmediateLookup lookup = this->tier().find_now(sample_key("a"), BodyPlace::kMemory);

  EXPECT_TRUE(!lookup.entry() || lookup.entry()->file_body() == nullptr);
}

TYPED_TEST_P(TierContract, FindNowGivesABodyInAFileOnlyOfAFreshEntry) {
  this->insert(this->entry_for("a", std::chrono::seconds(10), std::chrono::seconds(20)));
  this->advance(std::chrono::seconds(15));

  ImmediateLookup lookup = this->tier().find_now(sample_key("a"), BodyPlace::kMemoryOrFile);

  EXPECT_TRUE(!lookup.entry() || lookup.entry()->file_body() == nullptr);
}

TYPED_TEST_P(TierContract, ABodyInAFileIsTheOneThatWasInserted) {
  const std::string body(100'000, 'b');
  const Entry entry = sample_entry(sample_key("a"), this->now(), body, "image/png");
  this->insert(sample_entry(sample_key("before"), this->now(), std::string(777, 'x')));
  this->insert(entry);

  ImmediateLookup lookup = this->tier().find_now(sample_key("a"), BodyPlace::kMemoryOrFile);

  ASSERT_EQ(lookup.entry().has_value(), TypeParam::kAnswersNow);
  if (!lookup.entry()) return;
  EXPECT_EQ(lookup.entry()->body_size(), body.size());
  const FileBody* const place = lookup.entry()->file_body();
  if (place == nullptr) {
    expect_same(*lookup.entry(), entry);
    return;
  }
  expect_same_metadata(*lookup.entry(), entry);
  std::string bytes(body.size(), '\0');
  EXPECT_EQ(
      ::pread(place->descriptor, bytes.data(), bytes.size(), static_cast<off_t>(place->offset)),
      static_cast<ssize_t>(body.size()));
  EXPECT_TRUE(bytes == body) << "the bodies differ";
}

TYPED_TEST_P(TierContract, WhatIsInsertedAtOnceIsThereUntilItIsErasedAtOnce) {
  const Entry entry = sample_entry(sample_key("a"), this->now(), "here");

  const bool is_immediate = this->tier().insert_now(entry);

  EXPECT_EQ(this->tier().stats().insertions, is_immediate ? 1 : 0);
  EXPECT_EQ(this->find(sample_key("a")).has_value(), is_immediate);
  EXPECT_EQ(this->tier().erase_now(sample_key("a")), is_immediate);
  EXPECT_FALSE(this->find(sample_key("a")).has_value());
  EXPECT_EQ(this->tier().stats().removals.invalidated, is_immediate ? 1 : 0);
}

TYPED_TEST_P(TierContract, AnInsertReplacesTheEntryUnderItsKey) {
  this->insert(sample_entry(sample_key("a"), this->now(), "old"));

  EXPECT_EQ(this->insert(sample_entry(sample_key("a"), this->now(), "new")),
            InsertOutcome::kStored);
  const std::optional<Entry> found = this->find(sample_key("a"));

  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->body(), "new");
  EXPECT_EQ(this->tier().stats().insertions, 2);
  EXPECT_EQ(this->tier().stats().removals.replaced, TypeParam::kCountsReplaced ? 1 : 0);
}

TYPED_TEST_P(TierContract, EraseForgetsOneKeyAndSaysSo) {
  this->insert(sample_entry(sample_key("a"), this->now()));
  this->insert(sample_entry(sample_key("b"), this->now()));

  EXPECT_TRUE(this->erase(sample_key("a")));

  EXPECT_FALSE(this->find(sample_key("a")).has_value());
  EXPECT_TRUE(this->find(sample_key("b")).has_value());
  EXPECT_EQ(this->tier().stats().removals.invalidated, 1);
  EXPECT_EQ(this->tier().stats().items, 1);
}

TYPED_TEST_P(TierContract, EraseOfAnUnknownKeySaysThereWasNothing) {
  EXPECT_FALSE(this->erase(sample_key("nobody")));

  this->insert(sample_entry(sample_key("a"), this->now()));
  EXPECT_TRUE(this->erase(sample_key("a")));
  EXPECT_FALSE(this->erase(sample_key("a")));
  EXPECT_EQ(this->tier().stats().removals.invalidated, 1);
}

TYPED_TEST_P(TierContract, InsertsAgainAfterErase) {
  this->insert(sample_entry(sample_key("a"), this->now(), "old"));
  this->erase(sample_key("a"));

  this->insert(sample_entry(sample_key("a"), this->now(), "new"));
  const std::optional<Entry> found = this->find(sample_key("a"));

  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->body(), "new");
}

TYPED_TEST_P(TierContract, ClearForgetsEverything) {
  for (int i = 0; i < 20; ++i)
    this->insert(sample_entry(sample_key(std::to_string(i)), this->now()));

  this->clear();

  for (int i = 0; i < 20; ++i)
    EXPECT_FALSE(this->find(sample_key(std::to_string(i))).has_value());
  EXPECT_EQ(this->tier().stats().items, 0);
  EXPECT_EQ(this->tier().stats().removals.invalidated, 20);
}

TYPED_TEST_P(TierContract, InsertsAgainAfterClear) {
  this->insert(sample_entry(sample_key("a"), this->now(), "old"));
  this->clear();

  EXPECT_EQ(this->insert(sample_entry(sample_key("a"), this->now(), "new")),
            InsertOutcome::kStored);
  const std::optional<Entry> found = this->find(sample_key("a"));

  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->body(), "new");
  EXPECT_EQ(this->tier().stats().items, 1);
}

TYPED_TEST_P(TierContract, ReturnsAStaleEntry) {
  this->insert(this->entry_for("a", std::chrono::seconds(10), std::chrono::seconds(20)));
  this->advance(std::chrono::seconds(15));

  const std::optional<Entry> found = this->find(sample_key("a"));

  ASSERT_TRUE(found.has_value());
  EXPECT_FALSE(found->is_fresh(this->now()));
  EXPECT_EQ(this->tier().stats().hits, 1);
}

TYPED_TEST_P(TierContract, NeverReturnsAnEntryPastItsUse) {
  this->insert(this->entry_for("a", std::chrono::seconds(10), std::chrono::seconds(20)));
  this->advance(std::chrono::seconds(20));

  EXPECT_FALSE(this->find(sample_key("a")).has_value());
  EXPECT_EQ(this->tier().stats().hits, 0);
  EXPECT_EQ(this->tier().stats().misses, 1);
}

TYPED_TEST_P(TierContract, FindNowNeverReturnsAnEntryPastItsUse) {
  this->insert(this->entry_for("a", std::chrono::seconds(10), std::chrono::seconds(20)));
  this->advance(std::chrono::seconds(20));

  EXPECT_FALSE(this->tier().find_now(sample_key("a"), BodyPlace::kMemory).entry().has_value());
  EXPECT_EQ(this->tier().stats().hits, 0);
}

TYPED_TEST_P(TierContract, RefusesAnEntryPastItsUse) {
  const Entry expired = this->entry_for("a", std::chrono::seconds(0), std::chrono::seconds(0));

  EXPECT_EQ(this->insert(expired), InsertOutcome::kRefused);

  EXPECT_FALSE(this->find(sample_key("a")).has_value());
  EXPECT_EQ(this->tier().stats().refusals, 1);
  EXPECT_EQ(this->tier().stats().insertions, 0);
  EXPECT_EQ(this->tier().stats().items, 0);
}

TYPED_TEST_P(TierContract, SweepLeavesWhatMayStillBeUsed) {
  this->insert(this->entry_for("fresh", std::chrono::seconds(100), std::chrono::seconds(200)));
  this->insert(this->entry_for("stale", std::chrono::seconds(1), std::chrono::seconds(200)));
  this->advance(std::chrono::seconds(50));

  this->sweep_through();

  EXPECT_TRUE(this->find(sample_key("fresh")).has_value());
  EXPECT_TRUE(this->find(sample_key("stale")).has_value());
}

TYPED_TEST_P(TierContract, SumsAreRightAfterRandomOperations) {
  constexpr int kSteps = 2000;
  std::mt19937 random(20'240'607);

  std::int64_t lookups = 0;
  for (int step = 0; step < kSteps; ++step)
    lookups += this->random_step(random);

  const TierStats stats = this->tier().stats();
  EXPECT_EQ(stats.hits + stats.misses, lookups);
  EXPECT_EQ(stats.insertions - stats.removals.total(), stats.items);
  EXPECT_GE(stats.items, 0);
  EXPECT_GT(stats.hits, 0);
  EXPECT_GT(stats.insertions, 0);
  EXPECT_EQ(stats.errors, 0);
}

REGISTER_TYPED_TEST_SUITE_P(TierContract,
                            IsAvailableAndHasAName,
                            StartsEmpty,
                            FindsWhatWasInsertedUnchanged,
                            KeepsTimesToTheMillisecondAndCostToTheMicrosecond,
                            KeepsAnEmptyBodyAndAnEmptyContentType,
                            KeepsTheLongestContentType,
                            KeepsABodyOfOneMebibyte,
                            KeepsEveryByteValue,
                            MissesAnUnknownKey,
                            KeepsAHundredEntriesApart,
                            FindNowCountsOnlyWhatItKnows,
                            FindNowGivesABodyInAFileToNobodyWhoDidNotAskForIt,
                            FindNowGivesABodyInAFileOnlyOfAFreshEntry,
                            ABodyInAFileIsTheOneThatWasInserted,
                            WhatIsInsertedAtOnceIsThereUntilItIsErasedAtOnce,
                            AnInsertReplacesTheEntryUnderItsKey,
                            EraseForgetsOneKeyAndSaysSo,
                            EraseOfAnUnknownKeySaysThereWasNothing,
                            InsertsAgainAfterErase,
                            ClearForgetsEverything,
                            InsertsAgainAfterClear,
                            ReturnsAStaleEntry,
                            NeverReturnsAnEntryPastItsUse,
                            FindNowNeverReturnsAnEntryPastItsUse,
                            RefusesAnEntryPastItsUse,
                            SweepLeavesWhatMayStillBeUsed,
                            SumsAreRightAfterRandomOperations);

TYPED_TEST_P(ClockedTierContract, CountsAnExpiredEntryOnce) {
  this->insert(this->entry_for("a", std::chrono::seconds(10), std::chrono::seconds(20)));
  this->advance(std::chrono::seconds(20));

  EXPECT_FALSE(this->find(sample_key("a")).has_value());
  EXPECT_FALSE(this->find(sample_key("a")).has_value());
  this->sweep_through();

  EXPECT_EQ(this->tier().stats().removals.expired, 1);
  EXPECT_EQ(this->tier().stats().items, 0);
  EXPECT_EQ(this->tier().stats().misses, 2);
}

TYPED_TEST_P(ClockedTierContract, ForgetsALongFreshEntryWhenTheTtlEnds) {
  this->insert(this->entry_for("a", std::chrono::hours(10), std::chrono::hours(20)));

  this->advance(std::chrono::seconds(3599));
  EXPECT_TRUE(this->find(sample_key("a")).has_value());
  this->advance(std::chrono::seconds(1));

  EXPECT_FALSE(this->find(sample_key("a")).has_value());
  this->sweep_through();
  EXPECT_EQ(this->tier().stats().removals.expired, 1);
  EXPECT_EQ(this->tier().stats().items, 0);
}

TYPED_TEST_P(ClockedTierContract, AHitDoesNotProlongTheTtl) {
  this->insert(this->entry_for("a", std::chrono::hours(10), std::chrono::hours(20)));

  this->advance(std::chrono::seconds(2000));
  EXPECT_TRUE(this->find(sample_key("a")).has_value());
  this->advance(std::chrono::seconds(2000));

  EXPECT_FALSE(this->find(sample_key("a")).has_value());
}

TYPED_TEST_P(ClockedTierContract, KeepsAnEntryThroughItsStaleTimeBeyondTheTtl) {
  this->insert(this->entry_for("a", std::chrono::seconds(3600), std::chrono::seconds(3660)));

  this->advance(std::chrono::seconds(3659));
  EXPECT_TRUE(this->find(sample_key("a")).has_value());
  this->advance(std::chrono::seconds(1));

  EXPECT_FALSE(this->find(sample_key("a")).has_value());
}

TYPED_TEST_P(ClockedTierContract, SweepRemovesTheExpiredWithinABoundedNumberOfCalls) {
  for (int i = 0; i < 90; ++i) {
    this->insert(
        this->entry_for(std::to_string(i), std::chrono::seconds(10), std::chrono::seconds(20)));
  }
  for (int i = 90; i < 100; ++i) {
    this->insert(
        this->entry_for(std::to_string(i), std::chrono::seconds(100), std::chrono::seconds(200)));
  }
  this->advance(std::chrono::seconds(20));

  this->sweep_through();

  EXPECT_EQ(this->tier().stats().items, 10);
  EXPECT_EQ(this->tier().stats().removals.expired, 90);
  for (int i = 90; i < 100; ++i)
    EXPECT_TRUE(this->find(sample_key(std::to_string(i))).has_value());
}

TYPED_TEST_P(ClockedTierContract, InsertsAgainWhatExpired) {
  this->insert(this->entry_for("a", std::chrono::seconds(10), std::chrono::seconds(20), "old"));
  this->advance(std::chrono::seconds(30));

  this->insert(this->entry_for("a", std::chrono::seconds(10), std::chrono::seconds(20), "new"));
  const std::optional<Entry> found = this->find(sample_key("a"));

  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->body(), "new");
  EXPECT_EQ(this->tier().stats().items, 1);
}

REGISTER_TYPED_TEST_SUITE_P(ClockedTierContract,
                            CountsAnExpiredEntryOnce,
                            ForgetsALongFreshEntryWhenTheTtlEnds,
                            AHitDoesNotProlongTheTtl,
                            KeepsAnEntryThroughItsStaleTimeBeyondTheTtl,
                            SweepRemovesTheExpiredWithinABoundedNumberOfCalls,
                            InsertsAgainWhatExpired);

TYPED_TEST_P(PersistentTierContract, FindsWhatWasInsertedBeforeReopening) {
  const Entry first = sample_entry(sample_key("a"), this->now(), std::string("\0first\r\n", 8));
  const Entry second =
      sample_entry(sample_key("b"), this->now(), std::string(100'000, 'z'), "image/webp");
  this->insert(first);
  this->insert(second);

  this->reopen();
  const std::optional<Entry> found_first = this->find(sample_key("a"));
  const std::optional<Entry> found_second = this->find(sample_key("b"));

  ASSERT_TRUE(found_first.has_value());
  ASSERT_TRUE(found_second.has_value());
  expect_same(*found_first, first);
  expect_same(*found_second, second);
}

TYPED_TEST_P(PersistentTierContract, FindsTheNewerOfTwoAfterReopening) {
  this->insert(sample_entry(sample_key("a"), this->now(), "old"));
  this->insert(sample_entry(sample_key("a"), this->now(), "new"));

  this->reopen();
  const std::optional<Entry> found = this->find(sample_key("a"));

  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->body(), "new");
}

TYPED_TEST_P(PersistentTierContract, DoesNotBringBackTheErased) {
  this->insert(sample_entry(sample_key("a"), this->now(), "oldest"));
  this->insert(sample_entry(sample_key("a"), this->now(), "old"));
  this->insert(sample_entry(sample_key("b"), this->now()));
  this->erase(sample_key("a"));

  this->reopen();

  EXPECT_FALSE(this->find(sample_key("a")).has_value());
  EXPECT_TRUE(this->find(sample_key("b")).has_value());
}

TYPED_TEST_P(PersistentTierContract, DoesNotBringBackTheCleared) {
  for (int i = 0; i < 20; ++i)
    this->insert(sample_entry(sample_key(std::to_string(i)), this->now()));
  this->clear();
  this->insert(sample_entry(sample_key("later"), this->now()));

  this->reopen();

  for (int i = 0; i < 20; ++i)
    EXPECT_FALSE(this->find(sample_key(std::to_string(i))).has_value());
  EXPECT_TRUE(this->find(sample_key("later")).has_value());
}

TYPED_TEST_P(PersistentTierContract, DoesNotBringBackTheExpired) {
  this->insert(this->entry_for("a", std::chrono::seconds(10), std::chrono::seconds(20)));
  this->advance(std::chrono::seconds(20));

  this->reopen();

  EXPECT_FALSE(this->find(sample_key("a")).has_value());
}

REGISTER_TYPED_TEST_SUITE_P(PersistentTierContract,
                            FindsWhatWasInsertedBeforeReopening,
                            FindsTheNewerOfTwoAfterReopening,
                            DoesNotBringBackTheErased,
                            DoesNotBringBackTheCleared,
                            DoesNotBringBackTheExpired);

}  // namespace refrain::testing
