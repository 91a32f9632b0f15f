#include "refrain/redis/client/sentinel_state.h"

#include "redis/client/recording_source_listener.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace refrain {
namespace {

RedisAddress address(std::uint16_t port) {
  RedisAddress address;
  address.host = "h";
  address.port = port;
  return address;
}

class SentinelStateTest : public ::testing::Test {
protected:
  int moves_ = 0;
  SentinelState state_{[this] {
    ++moves_;
  }};
};

TEST_F(SentinelStateTest, KnowsNoMasterAtFirst) {
  EXPECT_EQ(state_.generation(), 0U);
  EXPECT_FALSE(state_.master().has_value());
}

TEST_F(SentinelStateTest, TakesWhatASentinelSays) {
  EXPECT_EQ(state_.note_found(address(1), 2, 0), 1U);

  EXPECT_EQ(state_.generation(), 1U);
  EXPECT_EQ(state_.master(), address(1));
  EXPECT_EQ(state_.first(), 2U);
  EXPECT_EQ(moves_, 1);
}

TEST_F(SentinelStateTest, TheSameMasterIsNoNews) {
  state_.note_found(address(1), 0, 0);

  EXPECT_EQ(state_.note_found(address(1), 2, 0), 1U) << "also when it was asked for before";
  state_.note_moved(address(1), 1);

  EXPECT_EQ(state_.generation(), 1U);
  EXPECT_EQ(moves_, 1);
}

TEST_F(SentinelStateTest, AnAnswerThatIsOlderThanTheNewsCountsForNothing) {
  state_.note_found(address(1), 0, 0);
  state_.note_moved(address(2), 1);

  EXPECT_FALSE(state_.note_found(address(1), 0, 1).has_value());

  EXPECT_EQ(state_.master(), address(2));
  EXPECT_EQ(state_.first(), 1U);
  EXPECT_EQ(state_.note_found(address(1), 0, 2), 3U) << "a later one does";
}

TEST_F(SentinelStateTest, TheMasterIsTheOnlySource) {
  testing::RecordingSourceListener listener;
  state_.watch_sources(&listener);
  EXPECT_TRUE(listener.sources.empty());

  state_.note_found(address(1), 0, 0);
  state_.note_moved(address(2), 0);

  EXPECT_EQ(listener.changes, 3);
  ASSERT_EQ(listener.sources.size(), 1U);
  EXPECT_EQ(listener.sources.front().kind, RedisSource::Kind::kMaster);
  EXPECT_EQ(listener.sources.front().address, address(2));
  EXPECT_TRUE(listener.sources.front().keeps_greeting);
}

}  // namespace
}  // namespace refrain
