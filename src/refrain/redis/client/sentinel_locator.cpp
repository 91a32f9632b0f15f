#include "refrain/redis/client/sentinel_locator.h"

#include <boost/asio/post.hpp>

#include <charconv>
#include <utility>

namespace refrain {

SentinelLocator::SentinelLocator(const RedisClientOptions& options, boost::asio::io_context& loop)
    : options_(options),
      loop_(loop) {}

SentinelLocator::~SentinelLocator() = default;

Task<Result<RedisEndpoint>> SentinelLocator::locate() {
  const auto self = shared_from_this();
  Result<RedisEndpoint> found = fail(ErrorCode::kCancelled, "the client was stopped");
  const std::size_t count = options_.nodes.size();
  for (std::size_t i = 0; i < count && !is_stopped_; ++i) {
    const std::size_t number = (first_ + i) % count;
    found = co_await ask(options_.nodes[number]);
    if (!found) continue;
    first_ = number;
    const MutexLock lock(mutex_);
    RedisAddress address;
    address.host = found->host;
    address.port = found->port;
    master_ = address.describe();
    break;
  }
  co_return found;
}

Task<Result<RedisEndpoint>> SentinelLocator::ask(RedisAddress sentinel) {
  const RedisCommand command({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", options_.master_name});
  question_ = std::make_shared<RedisQuestion>(options_of(sentinel), command, loop_);
  const std::shared_ptr<RedisQuestion> question = question_;
  const Result<RespValue> reply = co_await question->ask();
  question_.reset();
  if (!reply) co_return fail(reply.error());
  co_return endpoint_in(*reply, sentinel);
}

RedisConnectionOptions SentinelLocator::options_of(const RedisAddress& sentinel) const {
  RedisConnectionOptions options = options_.connection;
  options.endpoint.host = sentinel.host;
  options.endpoint.port = sentinel.port;
  options.endpoint.database = 0;
  options.endpoint.user = options_.sentinel_user;
  options.endpoint.password = options_.sentinel_password;
  return options;
}

Result<RedisEndpoint> SentinelLocator::endpoint_in(const RespValue& reply,
                                                   const RedisAddress& sentinel) const {
  const auto unknown = [&](const std::string& why) {
    return fail(ErrorCode::kUnavailable,
                "the sentinel at " + sentinel.describe() + " names no master '" +
                    options_.master_name + "': " + why);
  };
  if (reply.is_error()) return unknown(reply.text());
  if (reply.elements().size() != 2) return unknown("it does not know one of that name");
  RedisEndpoint endpoint = options_.connection.endpoint;
  endpoint.host = reply.elements()[0].text();
  const std::string& port = reply.elements()[1].text();
  const char* const end = port.data() + port.size();
  const auto [parsed, error] = std::from_chars(port.data(), end, endpoint.port);
  if (error != std::errc{} || parsed != end || endpoint.port == 0 || endpoint.host.empty())
    return unknown("its address makes no sense");
  return endpoint;
}

void SentinelLocator::stop() {
  if (is_stopped_.exchange(true)) return;
  boost::asio::post(loop_, [self = shared_from_this()] {
    if (self->question_) self->question_->cancel();
  });
}

std::string SentinelLocator::master() const {
  const MutexLock lock(mutex_);
  return master_;
}

}  // namespace refrain
