#include "refrain/redis/missed_inserts.h"

#include "support/manual_clock.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace refrain {
namespace {

using testing::sample_entry;
using testing::sample_key;
using Turn = MissedInserts::Turn;

class MissedInsertsTest : public ::testing::Test {
protected:
  [[nodiscard]] Entry entry(std::string_view name, std::string_view body = "x") const {
    return sample_entry(sample_key(name), clock_.now(), body);
  }

  /// The body of the next one, or `none`.
  static std::string next(MissedInserts& missed, WallTime now) {
    const std::optional<Entry> taken = missed.take(now);
    return taken ? std::string(taken->body()) : "none";
  }

  testing::ManualClock clock_;
  MissedInserts missed_{3, 1 << 20};
};

TEST_F(MissedInsertsTest, GivesBackWhatWaitedLongestFirst) {
  missed_.remember(entry("a", "1"));
  missed_.remember(entry("b", "2"));

  EXPECT_EQ(next(missed_, clock_.now()), "1");
  EXPECT_EQ(next(missed_, clock_.now()), "2");
  EXPECT_EQ(next(missed_, clock_.now()), "none");
}

TEST_F(MissedInsertsTest, ForgetsNothingThatWasMadeLater) {
  const WallTime before = clock_.now();
  clock_.advance(std::chrono::milliseconds(1));
  missed_.remember(entry("a", "1"));

  EXPECT_FALSE(missed_.forget(sample_key("a"), before));
  EXPECT_EQ(missed_.counts().waiting, 1);
  EXPECT_TRUE(missed_.forget(sample_key("a"), clock_.now()));
}

TEST_F(MissedInsertsTest, KeepsTheLastOfEachKey) {
  missed_.remember(entry("a", "1"));
  missed_.remember(entry("b", "2"));
  missed_.remember(entry("a", "3"));

  EXPECT_EQ(missed_.counts().waiting, 2);
  EXPECT_EQ(next(missed_, clock_.now()), "2");
  EXPECT_EQ(next(missed_, clock_.now()), "3");
}

TEST_F(MissedInsertsTest, KeepsTheYoungerOneThoughTheOlderComesLast) {
  const Entry older = entry("a", "older");
  clock_.advance(std::chrono::milliseconds(1));
  missed_.remember(entry("a", "younger"));

  missed_.remember(older);

  EXPECT_EQ(next(missed_, clock_.now()), "younger");
}

TEST_F(MissedInsertsTest, GivesUpWhatWaitedLongestWhenThereAreTooMany) {
  for (const std::string_view name : {"a", "b", "c", "d"})
    missed_.remember(entry(name, name));

  EXPECT_EQ(missed_.counts().waiting, 3);
  EXPECT_EQ(missed_.counts().dropped, 1);
  EXPECT_EQ(next(missed_, clock_.now()), "b");
}

TEST_F(MissedInsertsTest, NeverHoldsMoreThanItsBytes) {
  const std::size_t charge = entry("a").charge();
  MissedInserts missed(100, 2 * charge);
  for (const std::string_view name : {"a", "b", "c"})
    missed.remember(entry(name));

  EXPECT_EQ(missed.counts().waiting, 2);
  EXPECT_EQ(missed.counts().waiting_bytes, static_cast<std::int64_t>(2 * charge));
  EXPECT_EQ(missed.counts().dropped, 1);

  missed.remember(entry("large", std::string(10'000, 'x')));
  EXPECT_EQ(missed.counts().waiting, 0) << "it alone is too large";
  EXPECT_EQ(missed.counts().waiting_bytes, 0);
}

TEST_F(MissedInsertsTest, DropsWhatIsOver) {
  missed_.remember(entry("a"));
  clock_.advance(std::chrono::hours(2));
  missed_.remember(entry("b", "2"));

  EXPECT_EQ(next(missed_, clock_.now()), "2");

  EXPECT_EQ(missed_.counts().expired, 1);
  EXPECT_EQ(missed_.counts().waiting, 0);
}

TEST_F(MissedInsertsTest, ForgetsAKeyAndEverything) {
  missed_.remember(entry("a"));
  missed_.remember(entry("b"));

  EXPECT_TRUE(missed_.forget(sample_key("a")));
  EXPECT_FALSE(missed_.forget(sample_key("a")));
  EXPECT_EQ(missed_.counts().waiting, 1);
  missed_.forget_all();

  EXPECT_EQ(missed_.counts().waiting, 0);
  EXPECT_EQ(missed_.counts().waiting_bytes, 0);
  EXPECT_EQ(next(missed_, clock_.now()), "none");
}

TEST_F(MissedInsertsTest, TakesBackInFrontUnlessANewerHasCome) {
  missed_.remember(entry("a", "1"));
  missed_.remember(entry("b", "2"));
  const Entry taken = missed_.take(clock_.now()).value();

  EXPECT_TRUE(missed_.put_back(taken, Turn::kNext));
  EXPECT_EQ(next(missed_, clock_.now()), "1");
  missed_.remember(entry("a", "3"));
  EXPECT_FALSE(missed_.put_back(taken, Turn::kNext));

  EXPECT_EQ(next(missed_, clock_.now()), "2");
  EXPECT_EQ(next(missed_, clock_.now()), "3");
  EXPECT_EQ(next(missed_, clock_.now()), "none");
}

TEST_F(MissedInsertsTest, WhatIsPassedOverKeepsItsPlaceAndComesInTheNextRound) {
  for (const std::string_view name : {"a", "b", "c"})
    missed_.remember(entry(name, name));
  for (int i = 0; i < 2; ++i) {
    const Entry passed_over = missed_.take(clock_.now()).value();
    EXPECT_TRUE(missed_.put_back(passed_over, Turn::kNextRound));
  }

  EXPECT_EQ(next(missed_, clock_.now()), "c");
  EXPECT_EQ(next(missed_, clock_.now()), "none");
  EXPECT_EQ(missed_.counts().waiting, 2);
  missed_.begin_round();
  EXPECT_EQ(next(missed_, clock_.now()), "a");
  EXPECT_EQ(next(missed_, clock_.now()), "b");
  EXPECT_EQ(next(missed_, clock_.now()), "none");
}

TEST_F(MissedInsertsTest, WhatComesDuringARoundBelongsToIt) {
  missed_.remember(entry("a", "1"));
  const Entry passed_over = missed_.take(clock_.now()).value();
  EXPECT_TRUE(missed_.put_back(passed_over, Turn::kNextRound));
  EXPECT_EQ(next(missed_, clock_.now()), "none");

  missed_.remember(entry("b", "2"));

  EXPECT_EQ(next(missed_, clock_.now()), "2");
}

TEST_F(MissedInsertsTest, ARoundOutlivesWhatItHasComeTo) {
  for (const std::string_view name : {"a", "b", "c"})
    missed_.remember(entry(name, name));
  const Entry passed_over = missed_.take(clock_.now()).value();
  EXPECT_TRUE(missed_.put_back(passed_over, Turn::kNextRound));

  missed_.forget(sample_key("b"));
  EXPECT_EQ(next(missed_, clock_.now()), "c");
  missed_.remember(entry("d", "d"));
  missed_.forget_all();

  EXPECT_EQ(next(missed_, clock_.now()), "none");
  missed_.remember(entry("e", "e"));
  EXPECT_EQ(next(missed_, clock_.now()), "e");
}

TEST_F(MissedInsertsTest, WhatIsPassedOverIsStillTheFirstToBeGivenUp) {
  for (const std::string_view name : {"a", "b", "c"})
    missed_.remember(entry(name, name));
  const Entry passed_over = missed_.take(clock_.now()).value();
  EXPECT_TRUE(missed_.put_back(passed_over, Turn::kNextRound));

  missed_.remember(entry("d", "d"));

  missed_.begin_round();
  EXPECT_EQ(missed_.counts().dropped, 1);
  EXPECT_EQ(next(missed_, clock_.now()), "b");
}

TEST_F(MissedInsertsTest, WhatIsForgottenOnItsWayIsNotTakenBack) {
  missed_.remember(entry("a"));
  const Entry taken = missed_.take(clock_.now()).value();

  EXPECT_FALSE(missed_.forget(sample_key("a")));

  EXPECT_FALSE(missed_.put_back(taken, Turn::kNext));
  EXPECT_EQ(missed_.counts().waiting, 0);
}

TEST_F(MissedInsertsTest, WhatIsForgottenWithAllElseIsNotTakenBackEither) {
  missed_.remember(entry("a"));
  const Entry taken = missed_.take(clock_.now()).value();

  missed_.forget_all();

  EXPECT_FALSE(missed_.put_back(taken, Turn::kNext));
  EXPECT_EQ(missed_.counts().waiting, 0);
}

TEST_F(MissedInsertsTest, SaysWhetherWhatArrivedWasOvertaken) {
  missed_.remember(entry("a"));
  missed_.remember(entry("b"));
  missed_.remember(entry("c"));

  static_cast<void>(missed_.take(clock_.now()));
  missed_.forget(sample_key("a"));
  EXPECT_FALSE(missed_.arrive());
  static_cast<void>(missed_.take(clock_.now()));
  missed_.forget(sample_key("a"));
  EXPECT_TRUE(missed_.arrive()) << "it was about another key";
  static_cast<void>(missed_.take(clock_.now()));
  EXPECT_TRUE(missed_.arrive());
}

TEST_F(MissedInsertsTest, AYoungerOneOvertakesAndAnOlderOneDoesNot) {
  const Entry older = entry("a", "older");
  clock_.advance(std::chrono::milliseconds(1));
  missed_.remember(entry("a", "on its way"));
  static_cast<void>(missed_.take(clock_.now()));

  missed_.remember(older);
  EXPECT_EQ(missed_.counts().waiting, 0);
  EXPECT_TRUE(missed_.arrive());

  missed_.remember(entry("a", "on its way"));
  static_cast<void>(missed_.take(clock_.now()));
  clock_.advance(std::chrono::milliseconds(1));
  missed_.remember(entry("a", "younger"));
  EXPECT_FALSE(missed_.arrive());
  EXPECT_EQ(next(missed_, clock_.now()), "younger");
}

TEST_F(MissedInsertsTest, AChangeForgetsWhatWaitsAndIsNoReasonToEraseWhatIsOnItsWay) {
  missed_.remember(entry("a"));
  missed_.remember(entry("b"));
  const Entry taken = missed_.take(clock_.now()).value();

  missed_.forget_changed(sample_key("a"));
  missed_.forget_changed(sample_key("b"));

  EXPECT_EQ(missed_.counts().waiting, 0);
  EXPECT_TRUE(missed_.put_back(taken, Turn::kNext)) << "the change may be its own";
  EXPECT_EQ(missed_.counts().waiting, 0) << "and it may be another's";
}

TEST_F(MissedInsertsTest, SharesTheMemoryOfItsEntries) {
  const Entry shared = entry("a", "body");

  missed_.remember(shared);

  EXPECT_EQ(missed_.take(clock_.now())->body().data(), shared.body().data());
}

}  // namespace
}  // namespace refrain
