#include "refrain/redis/client/command_pipeline.h"

#include <utility>

namespace refrain {

namespace {

// As much as a socket takes at once.
constexpr std::size_t kKeptBytes = std::size_t{256} << 10U;

// In version 3 of the protocol a subscription has no other reply. Nothing else is told of so.
bool is_subscription(const RespValue& push) {
  if (push.elements().empty()) return false;
  const std::string& kind = push.elements().front().text();
  return kind == "subscribe" || kind == "psubscribe" || kind == "ssubscribe";
}

}  // namespace

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

void CommandPipeline::take_output(std::string& into) {
  taken_bytes_ = output_.size();
  // What one large command needed is not kept for all the small ones.
  if (into.capacity() > kKeptBytes) into = std::string();
  into.clear();
  into.swap(output_);
}

Result<void> CommandPipeline::receive(std::size_t size) {
  parser_.commit(size);
  while (true) {
    Result<std::optional<RespValue>> next = parser_.next();
    if (!next) return fail(next.error());
    std::optional<RespValue>& value = *next;
    if (!value) return {};
    if (value->type() == RespType::kPush && !is_subscription(*value)) {
      if (on_push_) on_push_(*value);
    } else if (Result<void> answered = answer(std::move(*value)); !answered) {
      return answered;
    }
  }
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
  // It may submit a command, which must find its place behind those that still wait.
  const std::shared_ptr<Waiter> waiter = std::move(pending.waiter);
  waiting_.pop_front();
  waiter->complete(std::move(reply));
  return {};
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
