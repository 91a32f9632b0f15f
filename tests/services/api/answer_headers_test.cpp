#include "refrain/services/api/answer_headers.h"

#include "support/manual_clock.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

namespace refrain::testing {
namespace {

using namespace std::chrono_literals;

/// The lines for an entry that took 800 ms and is `age` old.
std::string lines_of(const Answer& answer,
                     std::chrono::milliseconds age,
                     std::chrono::nanoseconds duration = 35us) {
  std::string lines;
  append_answer_headers(lines, answer, answer.entry().metadata().created + age, duration);
  return lines;
}

Entry entry(std::string_view body = "{}", std::string_view content_type = "application/json") {
  return sample_entry(sample_key("a"), ManualClock().now(), body, content_type);
}

TEST(AnswerHeaders, TellAHitItsTierItsAgeAndItsRemainingLife) {
  EXPECT_EQ(lines_of(Answer(entry(), Disposition::kHit, "memory"), 188s),
            "Cache-Status: refrain; hit; ttl=3412; detail=memory\r\n"
            "Age: 188\r\n"
            "Server-Timing: cache;dur=0.035\r\n");
}

TEST(AnswerHeaders, TellAStaleAnswerByItsNegativeLife) {
  EXPECT_EQ(lines_of(Answer(entry(), Disposition::kStale, "disk"), 3630s),
            "Cache-Status: refrain; hit; ttl=-30; detail=stale\r\n"
            "Age: 3630\r\n"
            "Server-Timing: cache;dur=0.035\r\n");
}

TEST(AnswerHeaders, TellAMissThatWasStored) {
  EXPECT_EQ(lines_of(Answer(entry(), Disposition::kMiss).stored(), 0s, 801'234us),
            "Cache-Status: refrain; fwd=miss; stored\r\n"
            "Server-Timing: cache;dur=1.234, gen;dur=800.000\r\n");
}

TEST(AnswerHeaders, TellAMissThatWasNotStored) {
  EXPECT_EQ(lines_of(Answer(entry(), Disposition::kMiss), 0s, 800ms),
            "Cache-Status: refrain; fwd=miss\r\n"
            "Server-Timing: cache;dur=0.000, gen;dur=800.000\r\n");
}

TEST(AnswerHeaders, TellAMissThatJoinedAnothersGeneration) {
  EXPECT_EQ(lines_of(Answer(entry(), Disposition::kMiss).stored().coalesced(), 0s, 800ms),
            "Cache-Status: refrain; fwd=miss; collapsed\r\n"
            "Server-Timing: cache;dur=0.000, gen;dur=800.000\r\n");
}

TEST(AnswerHeaders, TellABypass) {
  EXPECT_EQ(lines_of(Answer(entry(), Disposition::kBypass), 0s, 800ms),
            "Cache-Status: refrain; fwd=bypass\r\n"
            "Server-Timing: cache;dur=0.000, gen;dur=800.000\r\n");
}

TEST(AnswerHeaders, NeverShowANegativeTime) {
  // Joined late, it waited for less than the whole generation; and another machine's clock is
  // ahead.
  EXPECT_EQ(lines_of(Answer(entry(), Disposition::kMiss).coalesced(), 0s, 1ms),
            "Cache-Status: refrain; fwd=miss; collapsed\r\n"
            "Server-Timing: cache;dur=0.000, gen;dur=800.000\r\n");
  EXPECT_NE(lines_of(Answer(entry(), Disposition::kHit, "redis"), -5s).find("Age: 0\r\n"),
            std::string::npos);
}

TEST(AnswerHeaders, AddToTheLinesThatAreThere) {
  std::string lines = "X: y\r\n";
  append_answer_headers(
      lines, Answer(entry(), Disposition::kHit, "memory"), ManualClock().now(), 0us);

  EXPECT_TRUE(lines.starts_with("X: y\r\nCache-Status: "));
}

TEST(RemainingSeconds, CountWholeOnesDownBelowZero) {
  const Entry one = entry();
  const WallTime end = one.metadata().fresh_until;

  EXPECT_EQ(remaining_seconds(one, end - 1500ms), 1);
  EXPECT_EQ(remaining_seconds(one, end - 1ms), 0);
  EXPECT_EQ(remaining_seconds(one, end), 0);
  EXPECT_EQ(remaining_seconds(one, end + 1ms), -1);
}

TEST(EntityTag, IsQuotedStrongAndDependsOnTheBytes) {
  const std::string tag = entity_tag(entry("abc"));

  EXPECT_TRUE(tag.starts_with("\""));
  EXPECT_TRUE(tag.ends_with("-3\""));
  EXPECT_EQ(entity_tag(entry("abc")), tag);
  EXPECT_NE(entity_tag(entry("abd")), tag);
  EXPECT_NE(entity_tag(entry("abc", "text/plain")), tag);
}

TEST(EntityTag, DoesNotDependOnWhenTheEntryWasMade) {
  const Entry later = sample_entry(sample_key("b"), ManualClock().now() + 24h, "abc");

  EXPECT_EQ(entity_tag(later), entity_tag(entry("abc")));
}

TEST(MatchesEntityTag, FindsTheTagAloneInAListAndAsWeak) {
  EXPECT_TRUE(matches_entity_tag("\"a-1\"", "\"a-1\""));
  EXPECT_TRUE(matches_entity_tag("\"x\", \"a-1\" ,\"y\"", "\"a-1\""));
  EXPECT_TRUE(matches_entity_tag("\"x\",\t\"a-1\"", "\"a-1\""));
  EXPECT_TRUE(matches_entity_tag("W/\"a-1\"", "\"a-1\""));
  EXPECT_TRUE(matches_entity_tag("\"x\", W/\"a-1\"", "\"a-1\""));
}

TEST(MatchesEntityTag, TakesAStarForAny) {
  EXPECT_TRUE(matches_entity_tag("*", "\"a-1\""));
  EXPECT_TRUE(matches_entity_tag(" * ", "\"a-1\""));
}

TEST(MatchesEntityTag, RefusesEverythingElse) {
  for (const char* list : {"", ",", "\"a-2\"", "a-1", "\"a-1", "\"A-1\"", "W/", "w/\"a-1\"", "**"})
    EXPECT_FALSE(matches_entity_tag(list, "\"a-1\"")) << list;
}

}  // namespace
}  // namespace refrain::testing
