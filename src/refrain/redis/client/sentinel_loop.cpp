#include "refrain/redis/client/sentinel_loop.h"

#include "refrain/redis/client/master_role.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace refrain {

namespace {

constexpr std::string_view kHasMoved = "it is no longer the master";

bool says_read_only(const RespValue& reply) {
  const auto is_refusal = [](const RespValue& one) {
    return one.is_error() && one.text().starts_with("READONLY");
  };
  return is_refusal(reply) ||
         std::any_of(reply.elements().begin(), reply.elements().end(), is_refusal);
}

}  // namespace

SentinelLoop::SentinelLoop(const RedisClientOptions& options,
                           std::shared_ptr<SentinelState> state,
                           boost::asio::io_context& loop,
                           Log& log)
    : state_(std::move(state)),
      locator_(std::make_shared<SentinelLocator>(options, state_, loop)) {
  RedisConnectionOptions own = options.connection;
  expect_master(own);
  own.on_greeted = [state = state_, locator = locator_, on_greeted = std::move(own.on_greeted)](
                       const RespValue& reply) -> Result<void> {
    // It has moved while this was on its way to where it had been.
    if (locator->generation() != state->generation())
      return fail(ErrorCode::kUnavailable, std::string(kHasMoved));
    locator->note_success();
    return on_greeted(reply);
  };
  own.locate = [locator = locator_] {
    return locator->locate();
  };
  connection_ = std::make_shared<RedisConnection>(std::move(own), loop, log);
}

SentinelLoop::~SentinelLoop() = default;

void SentinelLoop::stop() {
  locator_->stop();
  connection_->stop();
}

Task<Result<RespValue>> SentinelLoop::execute(RedisCommand command) {
  if (!is_current())
    co_return fail(ErrorCode::kUnavailable, "the Redis master has moved; it is being connected");
  // Not kept with the frame: see RedisConnection.
  const std::weak_ptr<RedisConnection> connection = connection_;
  Result<RespValue> reply = co_await connection_->execute(std::move(command));
  const bool is_former = reply && says_read_only(*reply);
  if (!is_former) co_return reply;
  if (const auto former = connection.lock()) former->reconnect(kHasMoved);
  co_return reply;
}

void SentinelLoop::leave_former() {
  boost::asio::post(connection_->loop(), [self = shared_from_this()] {
    if (!self->is_current()) self->connection_->reconnect(kHasMoved);
  });
}

}  // namespace refrain
