#include "refrain/redis/client/sentinel_redis_client.h"

#include "refrain/redis/client/outage_log.h"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

namespace refrain {

namespace {

bool is_master(const RespValue& role) {
  return !role.elements().empty() && role.elements().front().text() == "master";
}

// A greeting after which the server is known to be a master.
void verify_role(RedisConnectionOptions& options) {
  const RedisCommand greeting = options.greeting;
  const auto on_greeted = std::move(options.on_greeted);
  options.greeting = RedisCommand({"ROLE"});
  options.greeting.add(greeting);
  options.on_greeted = [size = greeting.size(),
                        on_greeted](const RespValue& reply) -> Result<void> {
    const RespValue& role = size == 0 ? reply : reply.elements().front();
    if (role.is_error())
      return fail(ErrorCode::kUnavailable, "it does not tell its role: " + role.text());
    if (!is_master(role)) return fail(ErrorCode::kUnavailable, "it is not the master");
    if (size == 0 || !on_greeted) return {};
    const std::vector<RespValue> rest(reply.elements().begin() + 1, reply.elements().end());
    return on_greeted(size == 1 ? rest.front() : RespValue::array_of(rest));
  };
}

bool says_read_only(const RespValue& reply) {
  const auto is_refusal = [](const RespValue& one) {
    return one.is_error() && one.text().starts_with("READONLY");
  };
  return is_refusal(reply) ||
         std::any_of(reply.elements().begin(), reply.elements().end(), is_refusal);
}

}  // namespace

SentinelRedisClient::SentinelRedisClient(const RedisClientOptions& options,
                                         const std::vector<boost::asio::io_context*>& loops,
                                         Log& log) {
  RedisConnectionOptions own = options.connection;
  verify_role(own);
  own.outages = std::make_shared<OutageLog>(log);
  for (boost::asio::io_context* loop : loops) {
    const auto locator = std::make_shared<SentinelLocator>(options, *loop);
    own.locate = [locator] {
      return locator->locate();
    };
    locators_.push_back(locator);
    connections_.push_back(std::make_shared<RedisConnection>(own, *loop, log));
    ++own.seed;
  }
  client_ = std::make_unique<StandaloneRedisClient>(connections_);
}

SentinelRedisClient::~SentinelRedisClient() {
  SentinelRedisClient::stop();
}

void SentinelRedisClient::stop() {
  for (const auto& locator : locators_)
    locator->stop();
  client_->stop();
}

Task<Result<RespValue>> SentinelRedisClient::execute(RedisCommand command) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  for (const auto& connection : connections_) {
    if (&connection->loop() != &executor.context()) continue;
    Result<RespValue> reply = co_await connection->execute(std::move(command));
    if (reply && says_read_only(*reply)) connection->reconnect("it is no longer the master");
    co_return reply;
  }
  co_return fail(ErrorCode::kInternal, "this event loop has no Redis connection");
}

std::vector<RedisClient::Shard> SentinelRedisClient::shards() const {
  Shard shard;
  // Loops may be a moment apart; any of them knows better than none.
  for (const auto& locator : locators_) {
    if (shard.address.empty()) shard.address = locator->master();
  }
  shard.is_ready = is_ready();
  return {shard};
}

}  // namespace refrain
