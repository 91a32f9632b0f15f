#include "refrain/redis/client/sentinel_locator.h"

#include "refrain/redis/client/sentinel_protocol.h"

#include <boost/asio/post.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace refrain {

SentinelLocator::SentinelLocator(const RedisClientOptions& options,
                                 std::shared_ptr<SentinelState> state,
                                 boost::asio::io_context& loop)
    : options_(options),
      state_(std::move(state)),
      loop_(loop) {}

SentinelLocator::~SentinelLocator() = default;

Task<Result<RedisEndpoint>> SentinelLocator::locate() {
  const auto self = shared_from_this();
  // The one that is asked first may be cut off from the others, and name a server that is dead for
  // ever. Once does not make it that: then loops would part whenever sentinels disagree.
  const std::size_t skipped = failures_ > 1 ? failures_ - 1 : 0;
  ++failures_;
  const std::size_t first = state_->first() + skipped;
  const std::uint64_t asked = state_->generation();
  const std::size_t count = options_.nodes.size();
  Result<RedisEndpoint> located = fail(ErrorCode::kCancelled, "the client was stopped");
  for (std::size_t i = 0; i < count && !is_stopped_; ++i) {
    const std::size_t number = (first + i) % count;
    const Result<RedisAddress> found = co_await ask(options_.nodes[number]);
    if (is_stopped_) break;
    if (found) co_return take(*found, number, asked);
    located = fail(found.error());
  }
  co_return located;
}

Task<Result<RedisAddress>> SentinelLocator::ask(RedisAddress sentinel) {
  RedisConnectionOptions options = options_.connection;
  options.endpoint = sentinel_endpoint(options_, sentinel);
  question_ = std::make_shared<RedisQuestion>(options, master_question(options_), loop_);
  const std::shared_ptr<RedisQuestion> question = question_;
  const Result<RespValue> reply = co_await question->ask();
  question_.reset();
  if (!reply) co_return fail(reply.error());
  Result<RedisAddress> found = parse_master_address(*reply);
  if (found) co_return found;
  co_return fail(found.error().code(),
                 "the sentinel at " + sentinel.describe() + " names no master '" +
                     options_.master_name + "': " + found.error().message());
}

Result<RedisEndpoint> SentinelLocator::take(const RedisAddress& found,
                                            std::size_t sentinel,
                                            std::uint64_t asked) {
  const std::optional<std::uint64_t> generation = state_->note_found(found, sentinel, asked);
  if (!generation)
    return fail(ErrorCode::kUnavailable, "the Redis master has moved while it was asked for");
  generation_.store(*generation, std::memory_order_release);
  RedisEndpoint endpoint = options_.connection.endpoint;
  endpoint.host = found.host;
  endpoint.port = found.port;
  return endpoint;
}

void SentinelLocator::stop() {
  if (is_stopped_.exchange(true)) return;
  boost::asio::post(loop_, [self = shared_from_this()] {
    if (self->question_) self->question_->cancel();
  });
}

}  // namespace refrain
