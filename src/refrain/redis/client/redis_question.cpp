#include "refrain/redis/client/redis_question.h"

#include <utility>

namespace refrain {

RedisQuestion::RedisQuestion(const RedisConnectionOptions& options,
                             const RedisCommand& command,
                             boost::asio::io_context& loop)
    : options_(options),
      loop_(loop),
      answered_(loop.get_executor(), SteadyTime::max()) {
  options_.greeting = command;
  options_.locate = nullptr;
  options_.on_ready = nullptr;
  options_.on_lost = nullptr;
  options_.on_push = nullptr;
  options_.outages = nullptr;
}

RedisQuestion::~RedisQuestion() = default;

Task<Result<RespValue>> RedisQuestion::ask() {
  const auto self = shared_from_this();
  options_.on_greeted = [self](const RespValue& reply) -> Result<void> {
    self->answer(reply);
    return {};
  };
  options_.on_connect_failed = [self](const Error& error) {
    self->answer(fail(error));
  };
  const auto connection = std::make_shared<RedisConnection>(std::move(options_), loop_, log_);
  if (!reply_) {
    connection->start();
    const auto [ended] = co_await answered_.async_wait(kAsTuple);
    static_cast<void>(ended);
    connection->stop();
  }
  if (!reply_)
    co_return fail(ErrorCode::kCancelled, "the question to a Redis server was cancelled");
  co_return std::move(*reply_);
}

void RedisQuestion::cancel() {
  answer(fail(ErrorCode::kCancelled, "the question to a Redis server was cancelled"));
}

void RedisQuestion::answer(Result<RespValue> reply) {
  if (!reply_) reply_ = std::move(reply);
  answered_.cancel();
}

}  // namespace refrain
