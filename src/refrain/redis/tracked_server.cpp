#include "refrain/redis/tracked_server.h"

#include "refrain/redis/client/cluster_redirection.h"
#include "refrain/redis/client/cluster_slot.h"
#include "refrain/redis/client/master_role.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <optional>
#include <utility>
#include <vector>

namespace refrain {

namespace {

std::string sign_key_of(const TrackedServer::Options& options, const RedisSource& source) {
  if (source.keeps_greeting) return options.epoch_key;
  return options.sign_prefix + "{" + cluster_tag(source.slot) + "}";
}

}  // namespace

TrackedServer::TrackedServer(Options options,
                             RedisSource source,
                             std::shared_ptr<Owner> owner,
                             boost::asio::io_context& loop,
                             Log& log)
    : options_(std::move(options)),
      owner_(std::move(owner)),
      loop_(loop),
      log_(log),
      source_(std::move(source)),
      sign_key_(sign_key_of(options_, source_)),
      timer_(loop.get_executor()) {}

TrackedServer::~TrackedServer() = default;

std::string TrackedServer::name_of(const RedisSource& source) {
  return source.address ? source.address->describe() : std::string();
}

RedisConnectionOptions TrackedServer::connection_options() {
  RedisConnectionOptions own = options_.connection;
  if (source_.address) {
    own.endpoint.host = source_.address->host;
    own.endpoint.port = source_.address->port;
  }
  // In version 2 of the protocol Redis tracks just as well, and tells nobody.
  own.greeting = RedisCommand({"HELLO", "3"});
  own.greeting.add({"CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", options_.prefix});
  const std::weak_ptr<TrackedServer> weak = weak_from_this();
  own.on_greeted = [weak](const RespValue& replies) -> Result<void> {
    const auto self = weak.lock();
    return self ? self->greet(replies) : Result<void>();
  };
  own.on_ready = [weak] {
    if (const auto self = weak.lock()) self->begin_anew();
  };
  own.on_connect_failed = own.on_lost = [weak](const Error& /*error*/) {
    const auto self = weak.lock();
    if (!self) return;
    self->is_tracking_ = false;
    ++self->version_;
    self->go_down();
  };
  own.on_push = [weak](const RespValue& message) {
    const auto self = weak.lock();
    if (self && !self->is_stopped_) self->owner_->on_message(message);
  };
  if (source_.kind == RedisSource::Kind::kMaster) expect_master(own);
  return own;
}

void TrackedServer::start() {
  const auto connection = std::make_shared<RedisConnection>(connection_options(), loop_, log_);
  connection_ = connection;
  connection->start();
  boost::asio::co_spawn(loop_.get_executor(), live(shared_from_this()), boost::asio::detached);
}

void TrackedServer::stop() {
  if (is_stopped_.exchange(true)) return;
  if (const auto connection = connection_.lock()) connection->stop();
  boost::asio::post(loop_, [self = shared_from_this()] { self->timer_.cancel(); });
}

void TrackedServer::update(const RedisSource& source) {
  if (source == source_) return;
  source_ = source;
  sign_key_ = sign_key_of(options_, source_);
  begin_anew();
}

void TrackedServer::doubt() {
  begin_anew();
  go_down();
}

void TrackedServer::begin_anew() {
  ++version_;
  timer_.cancel();
}

Result<void> TrackedServer::greet(const RespValue& replies) {
  const RespValue& hello = replies.elements()[0];
  const RespValue& tracking = replies.elements()[1];
  is_tracking_ = !hello.is_error() && !tracking.is_error();
  if (!is_tracking_ && !is_stopped_)
    owner_->on_refused((hello.is_error() ? hello : tracking).text());
  return {};
}

// No coroutine: its frame would keep the connection, which keeps who waits on it.
Task<Result<RespValue>> TrackedServer::ask(RedisCommand command) const {
  const auto connection = connection_.lock();
  return connection ? connection->execute(std::move(command)) : not_connected();
}

Task<Result<RespValue>> TrackedServer::not_connected() {
  co_return fail(ErrorCode::kUnavailable, "not connected");
}

Task<Result<RespValue>> TrackedServer::ask_for_epoch() const {
  return ask(RedisCommand({"GET", options_.epoch_key}));
}

RedisCommand TrackedServer::sign_of_life() const {
  if (source_.kind != RedisSource::Kind::kMaster) return RedisCommand({"GET", sign_key_});
  // A replica has an epoch, too.
  RedisCommand role({"ROLE"});
  if (!is_up_) role.add({"GET", sign_key_});
  return role;
}

Task<void> TrackedServer::live(std::shared_ptr<TrackedServer> self) {
  while (!self->is_stopped_) {
    const std::uint64_t version = self->version_;
    if (self->is_tracking_) {
      RedisCommand sign = self->sign_of_life();
      const Result<RespValue> reply = co_await self->ask(std::move(sign));
      if (self->is_stopped_) break;
      if (version == self->version_) self->take_sign(reply);
    }
    if (version != self->version_) continue;
    self->timer_.expires_after(self->options_.heartbeat);
    co_await self->timer_.async_wait(kAsTuple);
  }
}

void TrackedServer::take_sign(const Result<RespValue>& reply) {
  if (!reply || !is_good(*reply)) {
    go_down();
    return;
  }
  if (std::exchange(is_up_, true)) return;
  owner_->on_server_up(name_of(source_));
}

bool TrackedServer::is_good(const RespValue& sign) const {
  if (is_up_ || !source_.keeps_greeting) return is_alive(sign);
  if (source_.kind != RedisSource::Kind::kMaster) return owner_->adopt_epoch(sign).has_value();
  const std::vector<RespValue>& replies = sign.elements();
  return replies.size() == 2 && is_alive(replies[0]) && owner_->adopt_epoch(replies[1]);
}

// Of a single server any reply will do.
bool TrackedServer::is_alive(const RespValue& sign) const {
  if (source_.kind == RedisSource::Kind::kOnly) return true;
  if (source_.kind == RedisSource::Kind::kMaster) return check_master_role(sign).has_value();
  if (!sign.is_error()) return true;
  // Nothing is under that name, so that while its slot is on the way to another node it is said to
  // be there already. A node that only takes slots in keeps none so far.
  const std::optional<ClusterRedirection> advice = parse_cluster_redirection(sign, {});
  if (!advice) return false;
  const bool is_importer = source_.kind == RedisSource::Kind::kImporter;
  return advice->kind == ClusterRedirection::Kind::kAsk ||
         (advice->kind == ClusterRedirection::Kind::kMoved && is_importer);
}

void TrackedServer::go_down() {
  is_up_ = false;
  if (!is_stopped_) owner_->on_server_down(name_of(source_));
}

}  // namespace refrain
