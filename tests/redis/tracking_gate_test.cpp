#include "refrain/redis/tracking_gate.h"

#include "redis/recording_change_listener.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace refrain {
namespace {

class TrackingGateTest : public ::testing::Test {
protected:
  void want(std::set<std::string> servers) {
    gate_.suspend();
    gate_.want(std::move(servers), gate_.suspensions());
  }
  [[nodiscard]] bool is_open() const {
    EXPECT_EQ(listener_.is_up, counters_.is_up);
    return listener_.is_up;
  }

  testing::RecordingChangeListener listener_;
  TrackingCounters counters_;
  TrackingGate gate_{listener_, counters_};
};

TEST_F(TrackingGateTest, IsClosedWhileNobodyIsKnown) {
  want({});

  EXPECT_FALSE(is_open());
  EXPECT_EQ(listener_.downs, 0);
}

TEST_F(TrackingGateTest, OpensWhenEveryServerTells) {
  want({"a", "b"});

  gate_.note_up("a");
  EXPECT_FALSE(is_open());
  gate_.note_up("c");
  EXPECT_FALSE(is_open());
  gate_.note_up("b");

  EXPECT_TRUE(is_open());
  EXPECT_EQ(listener_.ups, 1);
}

TEST_F(TrackingGateTest, ClosesWhenOneDoesNotAnyMore) {
  want({"a", "b"});
  gate_.note_up("a");
  gate_.note_up("b");

  gate_.note_down("b");
  EXPECT_FALSE(is_open());
  gate_.note_down("b");
  EXPECT_EQ(listener_.downs, 1);
  EXPECT_EQ(counters_.losses, 1);
  gate_.note_up("b");

  EXPECT_TRUE(is_open());
}

TEST_F(TrackingGateTest, DoesNotMindOneThatIsNotWanted) {
  want({"a"});
  gate_.note_up("a");

  gate_.note_down("b");

  EXPECT_TRUE(is_open());
}

TEST_F(TrackingGateTest, IsClosedFromTheSuspensionOnUntilItIsKnownWhoIsWanted) {
  want({"a"});
  gate_.note_up("a");

  gate_.suspend();
  EXPECT_FALSE(is_open());
  gate_.note_up("a");
  EXPECT_FALSE(is_open());
  gate_.want({"a", "b"}, gate_.suspensions());
  EXPECT_FALSE(is_open());
  gate_.note_up("b");

  EXPECT_TRUE(is_open());
}

TEST_F(TrackingGateTest, StaysClosedIfItWasSuspendedAgainMeanwhile) {
  gate_.suspend();
  const std::uint64_t suspensions = gate_.suspensions();
  gate_.suspend();
  gate_.note_up("a");

  gate_.want({"a"}, suspensions);
  EXPECT_FALSE(is_open());
  gate_.want({"a"}, gate_.suspensions());

  EXPECT_TRUE(is_open());
}

TEST_F(TrackingGateTest, OneFewerIsALossToo) {
  want({"a", "b"});
  gate_.note_up("a");
  gate_.note_up("b");

  want({"a"});

  EXPECT_TRUE(is_open());
  EXPECT_EQ(listener_.downs, 1) << "what it told last may not have been heard";
  EXPECT_EQ(listener_.ups, 2);
}

TEST_F(TrackingGateTest, TheSameServersAgainAreNoLoss) {
  want({"a"});
  gate_.note_up("a");

  gate_.want({"a"}, gate_.suspensions());

  EXPECT_TRUE(is_open());
  EXPECT_EQ(listener_.downs, 0);
}

TEST_F(TrackingGateTest, SaysNothingAfterItsEnd) {
  want({"a"});
  gate_.note_up("a");

  gate_.end();
  gate_.suspend();
  gate_.note_down("a");

  EXPECT_EQ(listener_.downs, 0);
}

}  // namespace
}  // namespace refrain
