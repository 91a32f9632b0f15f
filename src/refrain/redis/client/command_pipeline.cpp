#include "refrain/redis/client/command_pipeline.h"

#include <utility>

namespace refrain {

CommandPipeline::CommandPipeline(const Limits& limits, OnPush on_push)
    : limits_(limits),
      on_push_(std::move(on_push)),
      parser_(limits.replies) {}

Result<void> CommandPipeline::submit(const RedisCommand& command,
                                     SteadyTime deadline,
                                     std::shared_ptr<Waiter> waiter) {
  if (waiting_.size() >= limits_.max_commands)
    return fail(ErrorCode::kUnavailable, "too many commands wait for Redis");
  if (output_.size() + taken_bytes_ + command.wire().size() > limits_.max_bytes)
    return fail(ErrorCode::kUnavailable, "too many bytes wait to be sent to Redis");
  output_ += command.wire();
  Pending pending;
  pending.waiter = std::move(waiter);
  pending.deadline = deadline;
  pending.replies_wanted = command.size();
  waiting_.push_back(std::move(pending));
  return {};
}

std::string CommandPipeline::take_output() {
  taken_bytes_ = output_.size();
  return std::exchange(output_, std::string());
}

Result<void> CommandPipeline::receive(std::size_t size) {
  parser_.commit(size);
  while (true) {
    Result<std::optional<RespValue>> reply = parser_.next();
    if (!reply) return fail(reply.error());
    std::optional<RespValue>& value = *reply;
    if (!value) return {};
    if (Result<void> taken = take(std::move(*value)); !taken) return taken;
  }
}

Result<void> CommandPipeline::take(RespValue value) {
  if (value.type() != RespType::kPush) return answer(std::move(value));
  if (on_push_) {
    Answered pushed;
    pushed.reply = std::move(value);
    answered_.push_back(std::move(pushed));
  }
  return {};
}

Result<void> CommandPipeline::answer(RespValue reply) {
  if (waiting_.empty())
    return fail(ErrorCode::kCorrupt, "Redis sent a reply that nobody asked for");
  Pending& pending = waiting_.front();
  if (pending.replies_wanted > 1) {
    pending.replies.push_back(std::move(reply));
    if (pending.replies.size() < pending.replies_wanted) return {};
    reply = RespValue::array_of(std::move(pending.replies));
  }
  Answered answered;
  answered.waiter = std::move(pending.waiter);
  answered.reply = std::move(reply);
  answered_.push_back(std::move(answered));
  waiting_.pop_front();
  return {};
}

void CommandPipeline::deliver() {
  std::vector<Answered> answered = std::exchange(answered_, {});
  for (Answered& one : answered) {
    if (one.waiter) {
      one.waiter->complete(std::move(one.reply));
    } else {
      on_push_(one.reply);
    }
  }
  // Keep its memory for the next turn.
  answered.clear();
  if (answered_.empty()) answered_.swap(answered);
}

std::optional<SteadyTime> CommandPipeline::oldest_deadline() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.front().deadline;
}

void CommandPipeline::fail_all(const Error& oldest, const Error& others) {
  std::deque<Pending> failed = std::exchange(waiting_, {});
  output_.clear();
  taken_bytes_ = 0;
  parser_.reset();
  const Error* error = &oldest;
  for (Pending& pending : failed) {
    pending.waiter->complete_later(fail(*error));
    error = &others;
  }
}

}  // namespace refrain
