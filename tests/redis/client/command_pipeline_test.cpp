#include "refrain/redis/client/command_pipeline.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace refrain {
namespace {

class Recorder final : public CommandPipeline::Waiter {
public:
  void complete(Result<RespValue> reply) override {
    ++completions;
    outcome = std::move(reply);
    if (on_completed) on_completed();
  }
  void complete_later(Result<RespValue> reply) override { complete(std::move(reply)); }

  int completions = 0;
  std::optional<Result<RespValue>> outcome;
  std::function<void()> on_completed;
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
    return pipeline_.receive(bytes.size());
  }

  std::string output() {
    std::string bytes = "from before";
    pipeline_.take_output(bytes);
    return bytes;
  }

  static CommandPipeline::Limits limits() {
    CommandPipeline::Limits limits;
    limits.max_commands = 3;
    limits.max_bytes = 100;
    return limits;
  }

  std::vector<std::string> events_;
  CommandPipeline pipeline_{limits(), [this](const RespValue& message) {
                              events_.push_back("push " + message.elements().front().text());
                            }};
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

  EXPECT_EQ(output(), kPing.wire() + kPing.wire());
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
  static_cast<void>(output());
  submit(RedisCommand({"SET", "k", std::string(60, 'x')}));
  EXPECT_FALSE(is_taken_) << "bytes being written count too";
}

TEST_F(CommandPipelineTest, AReplyThatNobodyAskedForIsAnError) {
  const Result<void> received = receive("+hello\r\n");

  ASSERT_FALSE(received.has_value());
  EXPECT_EQ(received.error().code(), ErrorCode::kCorrupt);
}

TEST_F(CommandPipelineTest, TellsPushMessagesFromReplies) {
  const auto first = submit(kPing);
  const auto second = submit(kPing);

  EXPECT_TRUE(receive("+one\r\n>1\r\n+news\r\n+two\r\n").has_value());

  EXPECT_EQ(first->outcome.value()->text(), "one");
  EXPECT_EQ(second->outcome.value()->text(), "two");
  EXPECT_EQ(events_, std::vector<std::string>{"push news"});
}

TEST_F(CommandPipelineTest, TakesAPushMessageThoughNobodyWaits) {
  EXPECT_TRUE(receive(">1\r\n+news\r\n").has_value());

  EXPECT_EQ(events_.size(), 1U);
}

TEST_F(CommandPipelineTest, APushMessageInTheMiddleOfSeveralRepliesIsNoneOfThem) {
  RedisCommand both({"PING"});
  both.add(kPing);
  const auto waiting = submit(both);

  EXPECT_TRUE(receive("+one\r\n>1\r\n+news\r\n+two\r\n").has_value());

  ASSERT_EQ(waiting->outcome.value()->elements().size(), 2U);
  EXPECT_EQ(waiting->outcome.value()->elements()[1].text(), "two");
}

TEST_F(CommandPipelineTest, KeepsTheOrderOfRepliesAndPushMessages) {
  const auto record = [this](std::string_view name) {
    auto waiter = std::make_shared<Recorder>();
    waiter->on_completed = [this, name] {
      events_.emplace_back(name);
    };
    EXPECT_TRUE(pipeline_.submit(kPing, SteadyTime(), std::move(waiter)).has_value());
  };
  record("first reply");
  record("second reply");

  EXPECT_TRUE(receive(">1\r\n+a\r\n+one\r\n>1\r\n+b\r\n+two\r\n>1\r\n+c\r\n").has_value());

  const std::vector<std::string> expected = {
      "push a", "first reply", "push b", "second reply", "push c"};
  EXPECT_EQ(events_, expected);
}

TEST_F(CommandPipelineTest, ASubscriptionIsAnsweredByThePushMessageThatConfirmsIt) {
  RedisCommand both({"PING"});
  both.add({"SUBSCRIBE", "a"});
  const auto first = submit(both);
  const auto second = submit(RedisCommand({"PSUBSCRIBE", "b*"}));

  EXPECT_TRUE(receive("+one\r\n>3\r\n+message\r\n+c\r\n+x\r\n").has_value());
  EXPECT_EQ(first->completions, 0) << "a message is none";
  EXPECT_TRUE(receive(">3\r\n$9\r\nsubscribe\r\n+a\r\n:1\r\n").has_value());
  EXPECT_TRUE(receive(">3\r\n+psubscribe\r\n+b*\r\n:2\r\n").has_value());

  ASSERT_EQ(first->outcome.value()->elements().size(), 2U);
  EXPECT_EQ(first->outcome.value()->elements()[1].elements()[1].text(), "a");
  EXPECT_EQ(second->outcome.value()->elements()[2].integer(), 2);
  EXPECT_EQ(events_, std::vector<std::string>{"push message"});
}

TEST_F(CommandPipelineTest, ASubscriptionThatIsRefusedIsAnsweredByTheError) {
  const auto refused = submit(RedisCommand({"SUBSCRIBE", "a"}));

  EXPECT_TRUE(receive("-NOPERM no such channel\r\n").has_value());

  EXPECT_TRUE(refused->outcome.value()->is_error());
}

TEST_F(CommandPipelineTest, RefusesAConfirmationThatNobodyWaitsFor) {
  EXPECT_FALSE(receive(">3\r\n+subscribe\r\n+a\r\n:1\r\n").has_value());
}

TEST_F(CommandPipelineTest, TakesAPushMessageOfNothing) {
  EXPECT_TRUE(receive(">1\r\n_\r\n").has_value());
}

TEST_F(CommandPipelineTest, DropsPushMessagesThatNobodyWants) {
  CommandPipeline deaf(limits());
  auto waiting = std::make_shared<Recorder>();
  ASSERT_TRUE(deaf.submit(kPing, SteadyTime(), waiting).has_value());
  const std::string_view bytes = ">1\r\n+news\r\n+one\r\n";
  std::memcpy(deaf.prepare().data(), bytes.data(), bytes.size());

  EXPECT_TRUE(deaf.receive(bytes.size()).has_value());

  EXPECT_EQ(waiting->outcome.value()->text(), "one");
}

TEST_F(CommandPipelineTest, KnowsTheOldestDeadline) {
  EXPECT_EQ(pipeline_.oldest_deadline(), std::nullopt);
  submit(kPing, 5);
  submit(kPing, 9);

  EXPECT_EQ(pipeline_.oldest_deadline(), SteadyTime(std::chrono::milliseconds(5)));
  EXPECT_TRUE(receive("+one\r\n").has_value());

  EXPECT_EQ(pipeline_.oldest_deadline(), SteadyTime(std::chrono::milliseconds(9)));
}

TEST_F(CommandPipelineTest, ACommandThatFollowsUponAReplyWaitsBehindTheOthers) {
  const auto first = std::make_shared<Recorder>();
  std::shared_ptr<Recorder> follower;
  first->on_completed = [&] {
    follower = submit(kPing);
  };
  ASSERT_TRUE(pipeline_.submit(kPing, SteadyTime(), first).has_value());
  const auto second = submit(kPing);

  EXPECT_TRUE(receive("+one\r\n+two\r\n+three\r\n").has_value());

  EXPECT_EQ(second->outcome.value()->text(), "two");
  EXPECT_EQ(follower->outcome.value()->text(), "three");
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
