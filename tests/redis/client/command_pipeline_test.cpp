#include "refrain/redis/client/command_pipeline.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

namespace refrain {
namespace {

class Recorder final : public CommandPipeline::Waiter {
public:
  void complete(Result<RespValue> reply) override {
    ++completions;
    outcome = std::move(reply);
  }
  void complete_later(Result<RespValue> reply) override { complete(std::move(reply)); }

  int completions = 0;
  std::optional<Result<RespValue>> outcome;
};

class CommandPipelineTest : public ::testing::Test {
protected:
  std::shared_ptr<Recorder> submit(const RedisCommand& command, int deadline_ms = 0) {
    auto recorder = std::make_shared<Recorder>();
    is_taken_ =
        pipeline_.submit(command, SteadyTime(std::chrono::milliseconds(deadline_ms)), recorder)
            .has_value();
    return recorder;
  }

  Result<void> receive(std::string_view bytes) {
    const std::span<char> room = pipeline_.prepare();
    std::memcpy(room.data(), bytes.data(), bytes.size());
    Result<void> received = pipeline_.receive(bytes.size());
    pipeline_.deliver();
    return received;
  }

  static CommandPipeline::Limits limits() {
    CommandPipeline::Limits limits;
    limits.max_commands = 3;
    limits.max_bytes = 100;
    return limits;
  }

  CommandPipeline pipeline_{limits()};
  bool is_taken_ = false;
};

const RedisCommand kPing({"PING"});  // NOLINT(bugprone-throwing-static-initialization)

TEST_F(CommandPipelineTest, MatchesRepliesInOrder) {
  const auto first = submit(kPing);
  const auto second = submit(kPing);

  EXPECT_TRUE(receive("+one\r\n").has_value());
  EXPECT_EQ(first->outcome.value()->text(), "one");
  EXPECT_EQ(second->completions, 0);
  EXPECT_TRUE(receive("+two\r\n").has_value());

  EXPECT_EQ(second->outcome.value()->text(), "two");
  EXPECT_TRUE(pipeline_.is_idle());
}

TEST_F(CommandPipelineTest, GathersTheRepliesOfACommandOfSeveral) {
  RedisCommand both({"PING"});
  both.add(kPing);
  const auto waiting = submit(both);
  const auto next = submit(kPing);

  EXPECT_TRUE(receive("+one\r\n").has_value());
  EXPECT_EQ(waiting->completions, 0);
  EXPECT_TRUE(receive("-ERR two\r\n+three\r\n").has_value());

  ASSERT_EQ(waiting->outcome.value()->elements().size(), 2U);
  EXPECT_TRUE(waiting->outcome.value()->elements()[1].is_error());
  EXPECT_EQ(next->outcome.value()->text(), "three");
}

TEST_F(CommandPipelineTest, GivesOutWhatWasSubmittedInOnePiece) {
  submit(kPing);
  submit(kPing);

  EXPECT_EQ(pipeline_.take_output(), kPing.wire() + kPing.wire());
  EXPECT_FALSE(pipeline_.has_output());
}

TEST_F(CommandPipelineTest, RefusesACommandTooMany) {
  for (int i = 0; i < 3; ++i)
    submit(kPing);
  EXPECT_TRUE(is_taken_);

  const auto refused = submit(kPing);

  EXPECT_FALSE(is_taken_);
  EXPECT_EQ(refused->completions, 0);
}

TEST_F(CommandPipelineTest, RefusesBytesTooMany) {
  submit(RedisCommand({"SET", "k", std::string(60, 'x')}));
  EXPECT_TRUE(is_taken_);

  submit(RedisCommand({"SET", "k", std::string(60, 'x')}));
  EXPECT_FALSE(is_taken_);
  static_cast<void>(pipeline_.take_output());
  submit(RedisCommand({"SET", "k", std::string(60, 'x')}));
  EXPECT_FALSE(is_taken_) << "bytes being written count too";
}

TEST_F(CommandPipelineTest, AReplyThatNobodyAskedForIsAnError) {
  const Result<void> received = receive("+hello\r\n");

  ASSERT_FALSE(received.has_value());
  EXPECT_EQ(received.error().code(), ErrorCode::kCorrupt);
}

TEST_F(CommandPipelineTest, KnowsTheOldestDeadline) {
  EXPECT_EQ(pipeline_.oldest_deadline(), std::nullopt);
  submit(kPing, 5);
  submit(kPing, 9);

  EXPECT_EQ(pipeline_.oldest_deadline(), SteadyTime(std::chrono::milliseconds(5)));
  EXPECT_TRUE(receive("+one\r\n").has_value());

  EXPECT_EQ(pipeline_.oldest_deadline(), SteadyTime(std::chrono::milliseconds(9)));
}

TEST_F(CommandPipelineTest, FailsEveryWaiterOnceAndForgetsHalfReplies) {
  const auto first = submit(kPing);
  const auto second = submit(kPing);
  EXPECT_TRUE(receive("$100\r\nhalf a reply").has_value());

  pipeline_.fail_all(Error(ErrorCode::kTimeout, "late"), Error(ErrorCode::kUnavailable, "lost"));

  EXPECT_EQ(first->outcome.value().error().code(), ErrorCode::kTimeout);
  EXPECT_EQ(second->outcome.value().error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(first->completions, 1);
  EXPECT_FALSE(pipeline_.has_output());
  const auto next = submit(kPing);
  EXPECT_TRUE(receive("+fresh\r\n").has_value());
  EXPECT_EQ(next->outcome.value()->text(), "fresh");
}

}  // namespace
}  // namespace refrain
