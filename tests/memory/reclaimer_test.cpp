#include "refrain/memory/reclaimer.h"

#include "refrain/memory/tag_table.h"

#include "memory/resident_sample.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <thread>

namespace refrain::testing {
namespace {

constexpr std::size_t kBatch = 64;
constexpr std::size_t kMostWaiting = 512;

Resident& removed_entry(std::uint32_t charge = 1) {
  static std::atomic<std::uint64_t> number{0};
  Resident& entry = Entry::detach(entry_with_key(key_with_hash(1, ++number)));
  entry.charge = charge;
  return entry;
}

void retire(Reclaimer& reclaimer, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::array<Resident*, 1> one{&removed_entry()};
    reclaimer.retire(one);
  }
}

TEST(Reclaimer, KeepsWhatAReaderMaySeeUntilItLeaves) {
  ReadSections sections;
  Reclaimer reclaimer(sections);
  std::optional<ReadSections::Section> reader(std::in_place, sections);
  const std::array<Resident*, 1> entry{&removed_entry(100)};
  const CacheKey key = Entry::key_of(*entry[0]);
  reclaimer.retire(entry);

  for (int i = 0; i < 5; ++i)
    reclaimer.reclaim();
  EXPECT_EQ(reclaimer.waiting_bytes(), 100U);
  // Were it freed, AddressSanitizer would tell.
  EXPECT_EQ(Entry::key_of(*entry[0]), key);
  reader.reset();
  reclaimer.reclaim();
  reclaimer.reclaim();

  EXPECT_EQ(reclaimer.waiting_bytes(), 0U);
}

TEST(Reclaimer, KeepsWhatAReaderMaySeeThoughOthersComeAndGo) {
  ReadSections sections;
  Reclaimer reclaimer(sections);
  std::optional<ReadSections::Section> reader(std::in_place, sections);
  reclaimer.reclaim();
  reclaimer.retire(std::array<Resident*, 1>{&removed_entry(100)});

  for (int i = 0; i < 5; ++i) {
    const ReadSections::Section other(sections);
    reclaimer.reclaim();
  }
  EXPECT_EQ(reclaimer.waiting_bytes(), 100U);
  reader.reset();
  reclaimer.reclaim();
  reclaimer.reclaim();

  EXPECT_EQ(reclaimer.waiting_bytes(), 0U);
}

TEST(Reclaimer, AReaderThatCameLaterHoldsUpNothing) {
  ReadSections sections;
  Reclaimer reclaimer(sections);
  reclaimer.retire(std::array<Resident*, 1>{&removed_entry(100)});
  reclaimer.reclaim();

  const ReadSections::Section later(sections);
  reclaimer.reclaim();

  EXPECT_EQ(reclaimer.waiting_bytes(), 0U);
}

TEST(Reclaimer, FreesWithoutBeingAskedBatchByBatch) {
  ReadSections sections;
  Reclaimer reclaimer(sections);

  for (int i = 0; i < 100; ++i) {
    retire(reclaimer, kBatch);
    EXPECT_LE(reclaimer.waiting_bytes(), 2 * kBatch);
  }
}

TEST(Reclaimer, CountsLargeEntriesByTheirBytes) {
  constexpr std::uint32_t kLarge = 1U << 20U;
  ReadSections sections;
  Reclaimer reclaimer(sections);

  for (int i = 0; i < 20; ++i) {
    reclaimer.retire(std::array<Resident*, 1>{&removed_entry(kLarge)});
    EXPECT_LE(reclaimer.waiting_bytes(), kLarge);
  }
}

TEST(Reclaimer, KeepsATableThatAReaderMaySee) {
  ReadSections sections;
  Reclaimer reclaimer(sections);
  auto table = std::make_unique<TagTable>(1024);
  const TagTable::View view = table->view();
  std::optional<ReadSections::Section> reader(std::in_place, sections);

  reclaimer.retire(std::move(table));
  reclaimer.reclaim();
  EXPECT_EQ(reclaimer.waiting_bytes(), 1024U * 8);
  EXPECT_EQ(view.find(key_with_hash(1, 1), 1), nullptr);
  reader.reset();
  reclaimer.reclaim();
  reclaimer.reclaim();

  EXPECT_EQ(reclaimer.waiting_bytes(), 0U);
}

TEST(Reclaimer, WhoRetiresTooMuchWaitsForTheReader) {
  ReadSections sections;
  Reclaimer reclaimer(sections);
  ReadSections::Section reader(sections);
  reclaimer.reclaim();  // a new era: the reader is of the past
  std::atomic<std::size_t> retired{0};
  std::atomic<bool> may_go_on{false};
  std::atomic<int> too_early{0};

  {
    const std::jthread thread([&] {
      for (int i = 0; i < 1000; ++i) {
        retire(reclaimer, 1);
        if (++retired >= kMostWaiting && !may_go_on) ++too_early;
      }
    });
    while (retired < kMostWaiting - 1)
      std::this_thread::yield();
    for (int i = 0; i < 100; ++i)
      std::this_thread::yield();
    EXPECT_EQ(retired, kMostWaiting - 1);
    EXPECT_LE(reclaimer.waiting_bytes(), kMostWaiting);
    may_go_on = true;
    reader.end();
  }

  EXPECT_EQ(retired, 1000U);
  EXPECT_EQ(too_early, 0);
}

TEST(Reclaimer, FreesAllAtItsEnd) {
  ReadSections sections;
  {
    Reclaimer reclaimer(sections);
    retire(reclaimer, 3);
    reclaimer.reclaim();
    retire(reclaimer, 3);
    reclaimer.retire(std::make_unique<TagTable>(64));
  }
  // LeakSanitizer looks for what was not; the sections are at rest.
  EXPECT_TRUE(sections.is_past_left());
}

}  // namespace
}  // namespace refrain::testing
