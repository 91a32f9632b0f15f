#include "refrain/redis/epoch_key.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace refrain {
namespace {

using Change = EpochKey::Change;

class EpochKeyTest : public ::testing::Test {
protected:
  static RespValue text(std::string value) {
    return RespValue::text_of(RespType::kBulkString, std::move(value));
  }
  static RespValue error(std::string value) {
    return RespValue::text_of(RespType::kError, std::move(value));
  }
  static RespValue both(RespValue first, RespValue second) {
    std::vector<RespValue> replies;
    replies.push_back(std::move(first));
    replies.push_back(std::move(second));
    return RespValue::array_of(std::move(replies));
  }

  [[nodiscard]] ErrorCode refusal(const std::string& value) const {
    const Result<std::uint64_t> epoch = key_.answer(text(value));
    return epoch ? ErrorCode::kInternal : epoch.error().code();
  }

  EpochKey key_{"the:epoch", std::chrono::milliseconds(5000)};
};

TEST_F(EpochKeyTest, ReadsWhatIsThere) {
  EXPECT_EQ(key_.question().wire(), RedisCommand({"GET", "the:epoch"}).wire());
  EXPECT_EQ(key_.answer(RespValue()).value(), 0U);
  EXPECT_EQ(key_.answer(text("1")).value(), 1U);
  EXPECT_EQ(key_.answer(text("9007199254740991")).value(), EpochKey::kLargest);
}

TEST_F(EpochKeyTest, TakesNothingElseForAnEpochAndNamesTheKey) {
  for (const char* value : {"", "0", "-1", "+1", "01", "1.5", "0x10", " 1", "1 ", "one"})
    EXPECT_EQ(refusal(value), ErrorCode::kCorrupt) << value;
  for (const char* value : {"9007199254740992", "9223372036854775807", "99999999999999999999999"})
    EXPECT_EQ(refusal(value), ErrorCode::kCorrupt) << value;
  EXPECT_NE(key_.answer(text("one")).error().message().find("the:epoch"), std::string::npos);
  EXPECT_EQ(key_.answer(error("WRONGTYPE Operation against a key")).error().code(),
            ErrorCode::kCorrupt);
}

TEST_F(EpochKeyTest, TellsARefusalFromAnEpochThatIsNone) {
  const Result<std::uint64_t> epoch = key_.answer(error("LOADING Redis is loading"));

  EXPECT_EQ(epoch.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(epoch.error().message().find("LOADING"), std::string::npos);
}

TEST_F(EpochKeyTest, TellsTheScriptItsKey) {
  const RedisCommand restore = key_.script(Change::kRestore, 7);
  const RedisCommand raise = key_.script(Change::kRaise, 7);

  EXPECT_EQ(restore.routing_key(), "the:epoch") << "so that a cluster sends it to the right node";
  EXPECT_EQ(restore.size(), 1U);
  EXPECT_TRUE(restore.wire().ends_with("\r\n$1\r\n0\r\n$1\r\n7\r\n$4\r\n5000\r\n"))
      << restore.wire();
  EXPECT_TRUE(raise.wire().ends_with("\r\n$1\r\n1\r\n$1\r\n7\r\n$4\r\n5000\r\n")) << raise.wire();
  EXPECT_NE(raise.wire().find(std::to_string(EpochKey::kLargest)), std::string::npos);
}

TEST_F(EpochKeyTest, TakesTheScriptsResult) {
  EXPECT_EQ(key_.after_script(RespValue::integer_of(8)).value(), 8U);
  const Result<std::uint64_t> failed = key_.after_script(error("OOM command not allowed"));
  EXPECT_EQ(failed.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(failed.error().message().find("OOM"), std::string::npos);
}

TEST_F(EpochKeyTest, RestoresWithoutAScriptWhatIsLostSoThatTwoDoNotAddUp) {
  RedisCommand lost({"SET", "the:epoch", "7", "NX", "PX", "5000"});
  lost.add({"GET", "the:epoch"});
  RedisCommand older({"INCRBY", "the:epoch", "4"});
  older.add({"PEXPIRE", "the:epoch", "5000"});

  EXPECT_EQ(key_.attempt(Change::kRestore, 7, 0).wire(), lost.wire());
  EXPECT_EQ(key_.attempt(Change::kRestore, 7, 3).wire(), older.wire());
}

TEST_F(EpochKeyTest, RaisesWithoutAScriptAboveWhatIsThere) {
  RedisCommand to_it({"INCRBY", "the:epoch", "7"});
  to_it.add({"PEXPIRE", "the:epoch", "5000"});
  RedisCommand beyond({"INCRBY", "the:epoch", "1"});
  beyond.add({"PEXPIRE", "the:epoch", "5000"});

  EXPECT_EQ(key_.attempt(Change::kRaise, 7, 0).wire(), to_it.wire());
  EXPECT_EQ(key_.attempt(Change::kRaise, 7, 7).wire(), beyond.wire());
  EXPECT_EQ(key_.attempt(Change::kRaise, 7, 9).wire(), beyond.wire());
}

TEST_F(EpochKeyTest, TakesWhatAnAttemptHasReached) {
  const RespValue ok = RespValue::text_of(RespType::kSimpleString, "OK");
  EXPECT_EQ(key_.after_attempt(both(RespValue::integer_of(8), RespValue::integer_of(1))).value(),
            8U);
  EXPECT_EQ(key_.after_attempt(both(ok, text("7"))).value(), 7U);
  EXPECT_EQ(key_.after_attempt(both(RespValue(), text("6"))).value(), 6U)
      << "somebody was there first";
  EXPECT_FALSE(key_.after_attempt(both(error("OOM"), RespValue::integer_of(0))).has_value());
  EXPECT_FALSE(key_.after_attempt(
                       both(RespValue::integer_of(std::int64_t{1} << 53), RespValue::integer_of(1)))
                   .has_value());
}

}  // namespace
}  // namespace refrain
