#include "refrain/memory/read_sections.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

namespace refrain::testing {
namespace {

constexpr std::uint64_t kApart = 1024;

std::uint64_t hit(ReadSections& sections) {
  ReadSections::Section section(sections);
  section.hit();
  return section.time();
}

std::uint64_t miss(ReadSections& sections) {
  const ReadSections::Section section(sections);
  return section.time();
}

TEST(ReadSections, CountsEveryLookUpAndInsertionOfAllThreads) {
  constexpr std::uint64_t kThreads = 4;
  constexpr std::uint64_t kRounds = 5000;
  ReadSections sections;

  {
    std::vector<std::jthread> threads;
    for (std::uint64_t i = 0; i < kThreads; ++i)
      threads.emplace_back([&sections] {
        for (std::uint64_t round = 0; round < kRounds; ++round) {
          hit(sections);
          hit(sections);
          miss(sections);
          sections.insertion();
        }
      });
    for (int i = 0; i < 100; ++i)
      if (sections.is_past_left()) sections.begin_era();
  }

  EXPECT_EQ(sections.hits(), kThreads * kRounds * 2);
  EXPECT_EQ(sections.misses(), kThreads * kRounds);
  EXPECT_EQ(sections.insertions(), kThreads * kRounds);
  EXPECT_TRUE(sections.is_past_left());
}

TEST(ReadSections, ALookUpCountsWhenItEnds) {
  ReadSections sections;

  {
    ReadSections::Section section(sections);
    section.hit();
    EXPECT_EQ(sections.hits(), 0U);
    section.end();
    EXPECT_EQ(sections.hits(), 1U);
  }

  EXPECT_EQ(sections.hits(), 1U);
  EXPECT_EQ(sections.misses(), 0U);
}

TEST(ReadSections, ThePastHasNotLeftWhileOneOfItsReadersIsInside) {
  ReadSections sections;
  std::optional<ReadSections::Section> reader(std::in_place, sections);
  EXPECT_TRUE(sections.is_past_left()) << "the reader is of the present";

  sections.begin_era();
  EXPECT_FALSE(sections.is_past_left());
  {
    const ReadSections::Section later(sections);
    EXPECT_FALSE(sections.is_past_left());
  }
  EXPECT_FALSE(sections.is_past_left());
  reader.reset();

  EXPECT_TRUE(sections.is_past_left());
}

TEST(ReadSections, AReaderThatLeavesEarlyIsNotWaitedFor) {
  ReadSections sections;
  ReadSections::Section reader(sections);
  sections.begin_era();

  reader.end();

  EXPECT_TRUE(sections.is_past_left());
}

TEST(ReadSections, ReadersOfTheNewEraHoldUpTheNextOne) {
  ReadSections sections;
  sections.begin_era();
  std::optional<ReadSections::Section> reader(std::in_place, sections);

  EXPECT_TRUE(sections.is_past_left());
  sections.begin_era();
  EXPECT_FALSE(sections.is_past_left());
  reader.reset();

  EXPECT_TRUE(sections.is_past_left());
}

// Look-ups and insertions, mixed; the count of those that were not later than the one before.
int steps_back(ReadSections& sections, int steps) {
  int wrong = 0;
  std::uint64_t last = 0;
  for (int i = 0; i < steps; ++i) {
    const std::uint64_t time = i % 3 == 0   ? sections.insertion()
                               : i % 7 == 0 ? miss(sections)
                                            : hit(sections);
    if (time <= last) ++wrong;
    last = time;
  }
  return wrong;
}

TEST(ReadSections, TheClockGoesOneTickForEverythingThatOneThreadDoes) {
  ReadSections sections;

  for (std::uint64_t i = 0; i < 5000; ++i) {
    if (i % 100 == 0) sections.begin_era();
    EXPECT_EQ(i % 3 == 0 ? sections.insertion() : hit(sections), i + 1);
  }
}

TEST(ReadSections, TheClockNeverStandsStillForAThreadBesideOthers) {
  ReadSections sections;
  std::atomic<int> wrong{0};

  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] { wrong += steps_back(sections, 20'000); });
  }

  EXPECT_EQ(wrong, 0);
}

template <class Work>
void on_another_thread(const Work& work) {
  std::jthread thread(work);
}

TEST(ReadSections, AThreadThatComesLateIsNotFarBehind) {
  ReadSections sections;
  std::uint64_t last = 0;
  for (int i = 0; i < 100'000; ++i)
    last = hit(sections);

  std::uint64_t first_insertion = 0;
  std::uint64_t first_hit = 0;
  on_another_thread([&] { first_insertion = sections.insertion(); });
  on_another_thread([&] { first_hit = hit(sections); });

  EXPECT_GE(first_insertion + kApart, last);
  EXPECT_GE(first_hit + kApart, last);
}

TEST(ReadSections, ThreadsStayTogetherThoughOneMissesWheneverItsClockIsRound) {
  ReadSections sections;
  for (std::uint64_t i = 1; i <= 100 * kApart; ++i) {
    // A miss asks for no time.
    if (i % kApart == 0) {
      const ReadSections::Section section(sections);
    } else {
      hit(sections);
    }
  }

  std::uint64_t other = 0;
  on_another_thread([&] { other = hit(sections); });

  EXPECT_GE(other + kApart, 100 * kApart);
}

TEST(ReadSections, NobodyRunsAheadOfThoseWhoWork) {
  ReadSections sections;
  std::array<std::uint64_t, 2> times{};

  for (int round = 0; round < 50; ++round)
    for (std::uint64_t& time : times)
      on_another_thread([&] {
        for (int i = 0; i < 100; ++i)
          time = hit(sections);
      });

  // A hundred threads of a hundred ticks, each at most so far behind the one before.
  EXPECT_LE(std::max(times[0], times[1]), 10'000U);
  EXPECT_LE(std::max(times[0], times[1]) - std::min(times[0], times[1]), kApart);
}

}  // namespace
}  // namespace refrain::testing
