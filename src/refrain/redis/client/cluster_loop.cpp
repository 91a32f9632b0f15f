#include "refrain/redis/client/cluster_loop.h"

#include "refrain/redis/client/cluster_slot.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace refrain {

namespace {

// Enough for a slot that moves on while a command follows it; more would be a circle.
constexpr int kMaxHops = 5;

// Before a command is sent again whose keys are between two nodes.
constexpr std::chrono::milliseconds kTryAgainPause{5};

SteadyTime steady_now() {
  return std::chrono::steady_clock::now();
}

// Who reads by GET wants what is there now.
bool may_be_behind(std::string_view command) {
  return command == "GETRANGE";
}

}  // namespace

ClusterLoop::ClusterLoop(const RedisClientOptions& options,
                         std::shared_ptr<ClusterState> state,
                         boost::asio::io_context& loop,
                         Log& log)
    : options_(options),
      state_(std::move(state)),
      loop_(loop),
      log_(log),
      greeting_slot_(cluster_slot(options_.connection.greeting.routing_key())),
      routes_(std::make_shared<Routes>()),
      rest_timer_(loop.get_executor()),
      unsure_since_(options_.connection.greeting.size() > 0 ? kNeverKnown : kSure) {}

ClusterLoop::~ClusterLoop() = default;

void ClusterLoop::start() {
  boost::asio::co_spawn(loop_.get_executor(), live(shared_from_this()), boost::asio::detached);
}

void ClusterLoop::stop() {
  if (is_stopped_.exchange(true)) return;
  {
    const MutexLock lock(mutex_);
    for (const auto& [key, node] : nodes_)
      node->connection->stop();
  }
  boost::asio::post(loop_, [self = shared_from_this()] { self->wake(); });
}

void ClusterLoop::renew() {
  boost::asio::post(loop_, [self = shared_from_this()] { self->want_refresh(); });
}

// Keeping step with the cluster.

Task<void> ClusterLoop::live(std::shared_ptr<ClusterLoop> self) {
  while (!self->is_stopped_) {
    self->adopt();
    if (self->wants_refresh()) co_await self->refresh();
    self->adopt();
    if (self->wants_greeting()) co_await self->greet();
    co_await self->rest();
  }
}

Task<void> ClusterLoop::rest() {
  if (!std::exchange(is_woken_, false)) {
    const bool is_busy = wants_refresh() || wants_greeting();
    rest_timer_.expires_after(is_busy ? options_.refresh_distance : options_.refresh_interval);
    const auto [ended] = co_await rest_timer_.async_wait(kAsTuple);
    static_cast<void>(ended);
    is_woken_ = false;
  }
}

void ClusterLoop::wake() {
  is_woken_ = true;
  rest_timer_.cancel();
  // Whoever waits looks again whether it is their connection that has come up.
  for (const std::shared_ptr<Waiting>& waiting : waiting_) {
    waiting->is_woken = true;
    waiting->timer.cancel();
  }
}

void ClusterLoop::want_refresh() {
  if (wants_refresh()) return;
  refresh_wanted_ = steady_now();
  wake();
}

bool ClusterLoop::wants_refresh() const {
  const std::optional<SteadyTime> refreshed = state_->refreshed();
  if (!refreshed || steady_now() >= *refreshed + options_.refresh_interval) return true;
  if (refresh_wanted_ && *refreshed < *refresh_wanted_) return true;
  const std::shared_ptr<const Routes> known = routes();
  return std::any_of(known->shards.begin(), known->shards.end(), [](const Routes::Shard& shard) {
    return !shard.master->is_connected();
  });
}

Task<void> ClusterLoop::refresh() {
  const std::vector<std::shared_ptr<ClusterNode>> nodes = connected_nodes();
  if (nodes.empty()) open_seeds();
  if (nodes.empty() || !state_->begin_refresh(steady_now())) co_return;
  std::optional<ClusterTopology> found;
  const std::size_t first = next_node_++;
  for (std::size_t i = 0; i < nodes.size() && !found && !is_stopped_; ++i) {
    const std::shared_ptr<ClusterNode>& node = nodes[(first + i) % nodes.size()];
    RedisCommand question({"CLUSTER", "SLOTS"});
    const Result<RespValue> reply = co_await node->connection->execute(std::move(question));
    if (!reply) continue;
    Result<ClusterTopology> parsed = ClusterTopology::parse(*reply, node->address.host);
    if (parsed) {
      found = std::move(*parsed);
    } else {
      report_refusal(parsed.error());
    }
  }
  if (found) is_refusal_reported_ = false;
  state_->end_refresh(std::move(found), steady_now());
}

void ClusterLoop::adopt() {
  const std::uint64_t version = state_->version();
  if (version == adopted_version_ || is_stopped_) return;
  adopted_version_ = version;
  const auto adopted = std::make_shared<Routes>();
  adopted->topology = state_->topology();
  for (const ClusterTopology::Shard& shard : adopted->topology->shards()) {
    Routes::Shard route;
    route.master = open(shard.master, NodeUse::kMaster);
    for (const RedisAddress& replica : shard.replicas) {
      if (options_.reads_from_replicas) route.replicas.push_back(open(replica, NodeUse::kReplica));
    }
    adopted->shards.push_back(std::move(route));
  }
  close_others(*adopted);
  {
    const MutexLock lock(mutex_);
    routes_ = adopted;
  }
  const std::shared_ptr<ClusterNode> owner = greeting_owner();
  if (!owner || !owner->is_connected()) note_unsure();
}

std::shared_ptr<const ClusterLoop::Routes> ClusterLoop::routes() const {
  const MutexLock lock(mutex_);
  return routes_;
}

bool ClusterLoop::Routes::Shard::is_usable() const {
  const auto usable = [](const std::shared_ptr<ClusterNode>& node) {
    return node->is_usable();
  };
  return usable(master) || std::any_of(replicas.begin(), replicas.end(), usable);
}

// Nodes.

std::shared_ptr<ClusterNode> ClusterLoop::open(const RedisAddress& address, NodeUse use) {
  const MutexLock lock(mutex_);
  std::shared_ptr<ClusterNode>& node = nodes_[{address, use}];
  if (node) return node;
  node = std::make_shared<ClusterNode>();
  node->address = address;
  node->connection = std::make_shared<RedisConnection>(options_of(node, use), loop_, log_);
  // `stop` has run over the nodes, or will.
  if (!is_stopped_) node->connection->start();
  return node;
}

RedisConnectionOptions ClusterLoop::options_of(const std::shared_ptr<ClusterNode>& node,
                                               NodeUse use) {
  RedisConnectionOptions options = options_.connection;
  options.endpoint.host = node->address.host;
  options.endpoint.port = node->address.port;
  options.seed += next_seed_++;
  options.greeting = RedisCommand();
  options.on_greeted = nullptr;
  if (use == NodeUse::kReplica) {
    options.greeting = RedisCommand({"READONLY"});
    options.on_greeted = [](const RespValue& reply) -> Result<void> {
      if (!reply.is_error()) return {};
      return fail(ErrorCode::kUnavailable, "reading is refused: " + reply.text());
    };
  }
  const std::weak_ptr<ClusterLoop> loop = weak_from_this();
  const std::weak_ptr<ClusterNode> weak_node = node;
  options.on_ready = [loop, weak_node] {
    const auto self = loop.lock();
    const auto ready = weak_node.lock();
    if (self && ready) self->on_node_ready(*ready);
  };
  options.on_lost = [loop, weak_node](const Error& /*error*/) {
    const auto self = loop.lock();
    const auto lost = weak_node.lock();
    if (self && lost) self->on_node_lost(*lost);
  };
  options.on_connect_failed = [loop](const Error& error) {
    if (const auto self = loop.lock()) self->on_node_failed(error);
  };
  return options;
}

void ClusterLoop::open_seeds() {
  for (const RedisAddress& seed : options_.nodes)
    static_cast<void>(open(seed, NodeUse::kMaster));
}

void ClusterLoop::close_others(const Routes& routes) {
  const auto is_used = [&](const std::shared_ptr<ClusterNode>& node) {
    return std::any_of(routes.shards.begin(), routes.shards.end(), [&](const Routes::Shard& shard) {
      return shard.master == node ||
             std::find(shard.replicas.begin(), shard.replicas.end(), node) != shard.replicas.end();
    });
  };
  const SteadyTime spare_since = steady_now() - ClusterState::kSpareTime;
  const MutexLock lock(mutex_);
  for (auto entry = nodes_.begin(); entry != nodes_.end();) {
    const std::shared_ptr<ClusterNode>& node = entry->second;
    if (is_used(node) || node->last_used > spare_since) {
      ++entry;
    } else {
      node->connection->stop();
      entry = nodes_.erase(entry);
    }
  }
}

std::vector<std::shared_ptr<ClusterNode>> ClusterLoop::connected_nodes() const {
  std::vector<std::shared_ptr<ClusterNode>> connected;
  const MutexLock lock(mutex_);
  for (const auto& [key, node] : nodes_) {
    if (node->is_connected()) connected.push_back(node);
  }
  return connected;
}

void ClusterLoop::on_node_ready(ClusterNode& node) {
  const bool is_sure = unsure_since_.load(std::memory_order_acquire) == kSure;
  node.is_admitted.store(is_sure, std::memory_order_release);
  wake();
}

void ClusterLoop::on_node_lost(const ClusterNode& node) {
  const std::shared_ptr<ClusterNode> owner = greeting_owner();
  if (!owner || owner.get() == &node) note_unsure();
  wake();
}

// One node that is away is no failure of the cluster.
void ClusterLoop::on_node_failed(const Error& error) {
  if (is_stopped_ || !options_.connection.on_connect_failed) return;
  if (!is_ready()) options_.connection.on_connect_failed(error);
}

// The greeting.

std::shared_ptr<ClusterNode> ClusterLoop::greeting_owner() const {
  const std::shared_ptr<const Routes> known = routes();
  if (!known->topology) return nullptr;
  const std::optional<std::size_t> shard = known->topology->shard_of(greeting_slot_);
  return shard ? known->shards[*shard].master : nullptr;
}

void ClusterLoop::note_unsure() {
  if (!has_greeting()) return;
  ++losses_;
  std::int64_t sure = kSure;
  unsure_since_.compare_exchange_strong(sure, steady_now().time_since_epoch().count());
}

bool ClusterLoop::is_certain() const {
  const std::int64_t since = unsure_since_.load(std::memory_order_acquire);
  if (since == kSure) return true;
  if (since == kNeverKnown) return false;
  return steady_now() - SteadyTime(SteadyTime::duration(since)) <= options_.greeting_grace;
}

bool ClusterLoop::wants_greeting() const {
  return unsure_since_.load(std::memory_order_acquire) != kSure;
}

Task<void> ClusterLoop::greet() {
  const std::shared_ptr<ClusterNode> owner = greeting_owner();
  if (!owner || !owner->is_connected()) co_return;
  const std::uint64_t losses = losses_;
  RedisCommand greeting = options_.connection.greeting;
  const Result<RespValue> reply = co_await send(owner, std::move(greeting));
  if (is_stopped_ || losses != losses_) co_return;
  Result<void> greeted = reply ? Result<void>() : Result<void>(fail(reply.error()));
  if (reply && options_.connection.on_greeted) greeted = options_.connection.on_greeted(*reply);
  if (!greeted) {
    report_refusal(greeted.error());
    co_return;
  }
  is_refusal_reported_ = false;
  unsure_since_.store(kSure, std::memory_order_release);
  for (const std::shared_ptr<ClusterNode>& node : connected_nodes())
    node->is_admitted.store(true, std::memory_order_release);
}

void ClusterLoop::report_refusal(const Error& error) {
  on_node_failed(error);
  if (std::exchange(is_refusal_reported_, true)) return;
  log_.write(LogLevel::kWarning,
             "the Redis cluster is connected, but cannot be used",
             {LogField("reason", error.message())});
}

// Commands.

std::shared_ptr<ClusterNode> ClusterLoop::node_for(const RedisCommand& command) {
  const std::shared_ptr<const Routes> known = routes();
  const std::uint16_t slot = cluster_slot(command.routing_key());
  const std::optional<std::size_t> number =
      known->topology ? known->topology->shard_of(slot) : std::nullopt;
  if (!number || !is_certain()) return nullptr;
  const Routes::Shard& shard = known->shards[*number];
  // What the greeting is about is never read from a replica: it must not be behind.
  const bool is_of_greeting = has_greeting() && slot == greeting_slot_;
  const bool is_for_replica =
      command.size() == 1 && may_be_behind(command.name()) && !is_of_greeting;
  const std::size_t first = next_node_++;
  for (std::size_t i = 0; is_for_replica && i < shard.replicas.size(); ++i) {
    const std::shared_ptr<ClusterNode>& node = shard.replicas[(first + i) % shard.replicas.size()];
    if (node->is_usable()) return node;
  }
  return shard.master->is_usable() ? shard.master : nullptr;
}

Task<Result<RespValue>> ClusterLoop::execute(RedisCommand command) {
  adopt();
  const std::shared_ptr<ClusterNode> node = node_for(command);
  if (!node) {
    const std::string slot = std::to_string(cluster_slot(command.routing_key()));
    co_return fail(is_stopped_ ? ErrorCode::kCancelled : ErrorCode::kUnavailable,
                   "no node of the Redis cluster that keeps slot " + slot + " can be used");
  }
  co_return co_await send(node, std::move(command));
}

Task<Result<RespValue>> ClusterLoop::send(std::shared_ptr<ClusterNode> node, RedisCommand command) {
  const SteadyTime deadline = steady_now() + options_.connection.command_budget;
  Result<RespValue> reply = co_await node->connection->execute_borrowed(command);
  if (!reply || !RedirectedCommand::is_redirected(*reply, command.size())) co_return reply;
  const auto redirected =
      std::make_shared<RedirectedCommand>(command, std::move(*reply), node->address.host);
  co_return co_await follow(redirected, node->address, deadline);
}

Task<Result<RespValue>> ClusterLoop::follow(std::shared_ptr<RedirectedCommand> redirected,
                                            RedisAddress asked,
                                            SteadyTime deadline) {
  for (int hops = 1; redirected->redirection(); ++hops) {
    const ClusterRedirection advice = *redirected->redirection();
    Result<void> noted = note_advice(advice, hops);
    if (!noted) co_return fail(noted.error());
    SteadyTime until = deadline;
    if (advice.kind == ClusterRedirection::Kind::kTryAgain) {
      Timer pause(loop_.get_executor(), std::min(deadline, steady_now() + kTryAgainPause));
      const auto [cancelled] = co_await pause.async_wait(kAsTuple);
      if (cancelled) co_return fail(ErrorCode::kCancelled, "the Redis command was cancelled");
    } else {
      asked = advice.address;
    }
    const std::shared_ptr<ClusterNode> node = open(asked, NodeUse::kMaster);
    node->last_used = steady_now();
    const bool is_connected = co_await wait_until_connected(node, until);
    if (!is_connected)
      co_return fail(ErrorCode::kUnavailable,
                     "the Redis node at " + asked.describe() + " cannot be reached");
    RedisCommand command = redirected->next_command();
    Result<RespValue> reply = co_await execute_until(node->connection, std::move(command), until);
    if (!reply) co_return reply;
    redirected->take(std::move(*reply), asked.host);
  }
  co_return redirected->reply();
}

// Whether to follow it.
Result<void> ClusterLoop::note_advice(const ClusterRedirection& advice, int hops) {
  state_->count(advice.kind);
  if (advice.kind == ClusterRedirection::Kind::kMoved) {
    state_->note_moved(advice.slot, advice.address);
    want_refresh();
  }
  if (advice.kind == ClusterRedirection::Kind::kAsk)
    state_->note_asked(advice.address, steady_now());
  if (advice.kind == ClusterRedirection::Kind::kDown) {
    want_refresh();
    return fail(ErrorCode::kUnavailable, "the Redis cluster is down, or this part of it");
  }
  if (hops > kMaxHops)
    return fail(ErrorCode::kUnavailable, "a Redis command was sent from node to node too often");
  return {};
}

Task<bool> ClusterLoop::wait_until_connected(std::shared_ptr<ClusterNode> node,
                                             SteadyTime deadline) {
  if (node->is_connected()) co_return true;
  const auto waiting = std::make_shared<Waiting>(loop_.get_executor());
  waiting_.push_back(waiting);
  bool is_cancelled = false;
  while (!node->is_connected() && !is_cancelled && !is_stopped_ && steady_now() < deadline) {
    waiting->is_woken = false;
    waiting->timer.expires_at(deadline);
    const auto [failure] = co_await waiting->timer.async_wait(kAsTuple);
    is_cancelled = failure && !waiting->is_woken;
  }
  std::erase(waiting_, waiting);
  co_return node->is_connected();
}

// The connection knows only whole budgets, and a redirected command has used up a part of its own.
// If the time ends, the reply comes to nobody.
Task<Result<RespValue>> ClusterLoop::execute_until(std::shared_ptr<RedisConnection> connection,
                                                   RedisCommand command,
                                                   SteadyTime deadline) {
  const auto waiting = std::make_shared<Waiting>(loop_.get_executor());
  waiting->command = std::move(command);
  waiting->timer.expires_at(deadline);
  boost::asio::co_spawn(
      loop_.get_executor(), execute_for(std::move(connection), waiting), boost::asio::detached);
  const auto [failure] = co_await waiting->timer.async_wait(kAsTuple);
  if (waiting->reply) co_return std::move(*waiting->reply);
  if (failure) co_return fail(ErrorCode::kCancelled, "the Redis command was cancelled");
  co_return fail(ErrorCode::kTimeout, "no reply of the Redis cluster within the command budget");
}

Task<void> ClusterLoop::execute_for(std::shared_ptr<RedisConnection> connection,
                                    std::shared_ptr<Waiting> waiting) {
  Result<RespValue> reply = co_await connection->execute_borrowed(waiting->command);
  waiting->reply = std::move(reply);
  waiting->timer.cancel();
}

// For all threads.

bool ClusterLoop::is_ready() const {
  if (is_stopped_ || !is_certain()) return false;
  const std::shared_ptr<const Routes> known = routes();
  return std::any_of(known->shards.begin(), known->shards.end(), [](const Routes::Shard& shard) {
    return shard.is_usable();
  });
}

bool ClusterLoop::is_ready(std::uint16_t slot) const {
  if (is_stopped_ || !is_certain()) return false;
  const std::shared_ptr<const Routes> known = routes();
  const std::optional<std::size_t> number =
      known->topology ? known->topology->shard_of(slot) : std::nullopt;
  return number && known->shards[*number].is_usable();
}

bool ClusterLoop::is_ready(const RedisAddress& address) const {
  if (is_stopped_ || !is_certain()) return false;
  const MutexLock lock(mutex_);
  const auto found = nodes_.find({address, NodeUse::kMaster});
  return found != nodes_.end() && found->second->is_usable();
}

void ClusterLoop::add_latencies(LatencyWindow::Counts& counts) const {
  const MutexLock lock(mutex_);
  for (const auto& [key, node] : nodes_)
    node->connection->latencies().add_to(counts);
}

}  // namespace refrain
