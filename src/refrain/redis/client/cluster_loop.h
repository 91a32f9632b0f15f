#pragma once

/// @file
/// What a cluster's client has on one event loop.

#include "refrain/core/clock.h"
#include "refrain/core/log.h"
#include "refrain/core/mutex.h"
#include "refrain/core/result.h"
#include "refrain/core/task.h"
#include "refrain/redis/client/cluster_node.h"
#include "refrain/redis/client/cluster_redirection.h"
#include "refrain/redis/client/cluster_state.h"
#include "refrain/redis/client/cluster_topology.h"
#include "refrain/redis/client/latency_window.h"
#include "refrain/redis/client/redirected_command.h"
#include "refrain/redis/client/redis_address.h"
#include "refrain/redis/client/redis_client_options.h"
#include "refrain/redis/client/redis_command.h"
#include "refrain/redis/client/resp_value.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace refrain {

/// A connection to each master of the cluster, and what keeps them in step with the topology: it is
/// asked for again when a node says that something has moved, when a node is lost, and from time to
/// time.
///
/// The options' greeting is asked of the node that keeps its key, whenever the connection to that
/// node comes up. Until it was answered once, no node is used. While the node is out of reach the
/// others are used on, for the options' grace; but what connects meanwhile has to wait, since this
/// process may have been away from the whole cluster.
///
/// Thread safety: `start`, `execute` and `live` on the loop; everything else from any thread.
/// Ownership: the work in its loop keeps it alive until it was stopped. The log and what the
/// options' functions refer to outlive the call of `stop`.
class ClusterLoop : public std::enable_shared_from_this<ClusterLoop> {
public:
  /// @pre `loop` is run by one thread and outlives this.
  ClusterLoop(const RedisClientOptions& options,
              std::shared_ptr<ClusterState> state,
              boost::asio::io_context& loop,
              Log& log);
  ClusterLoop(const ClusterLoop&) = delete;
  ClusterLoop& operator=(const ClusterLoop&) = delete;
  ~ClusterLoop();

  /// Begins connecting in the background. From any thread, once.
  void start();
  /// Ends what waits with `kCancelled`, and calls none of the options' functions any more.
  void stop();

  /// Asks for the topology again, soon.
  void renew();

  /// See `RedisClient::execute`. A command is followed through a few redirections, within its
  /// budget.
  Task<Result<RespValue>> execute(RedisCommand command);

  [[nodiscard]] bool is_ready() const;
  /// @pre `slot < kClusterSlots`.
  [[nodiscard]] bool is_ready(std::uint16_t slot) const;
  /// Whether the master at `address` is used.
  [[nodiscard]] bool is_ready(const RedisAddress& address) const;

  /// Adds those of all connections.
  void add_latencies(LatencyWindow::Counts& counts) const;

  [[nodiscard]] boost::asio::io_context& loop() const { return loop_; }

private:
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        Executor>;

  enum class NodeUse : std::uint8_t { kMaster, kReplica };

  // The nodes of a topology's shards, with their numbers.
  struct Routes {
    struct Shard {
      std::shared_ptr<ClusterNode> master;
      std::vector<std::shared_ptr<ClusterNode>> replicas;  // only if they are read from
      [[nodiscard]] bool is_usable() const;
    };
    std::shared_ptr<const ClusterTopology> topology;
    std::vector<Shard> shards;
  };

  // Somebody who waits for a connection, or for the reply to a redirected command.
  struct Waiting {
    explicit Waiting(Executor executor) : timer(executor) {}
    Timer timer;
    bool is_woken = false;
    std::optional<Result<RespValue>> reply;
    RedisCommand command;
  };

  // Members that are coroutines keep this alive by `self`, or are awaited by one that does.
  static Task<void> live(std::shared_ptr<ClusterLoop> self);
  Task<void> refresh();
  Task<void> greet();
  Task<void> rest();
  Task<Result<RespValue>> send(std::shared_ptr<ClusterNode> node, RedisCommand command);
  Task<Result<RespValue>> follow(std::shared_ptr<RedirectedCommand> redirected,
                                 RedisAddress asked,
                                 SteadyTime deadline);
  Task<bool> wait_until_connected(std::shared_ptr<ClusterNode> node, SteadyTime deadline);
  Task<Result<RespValue>> execute_until(std::shared_ptr<RedisConnection> connection,
                                        RedisCommand command,
                                        SteadyTime deadline);
  static Task<void> execute_for(std::shared_ptr<RedisConnection> connection,
                                std::shared_ptr<Waiting> waiting);

  void adopt();
  [[nodiscard]] std::shared_ptr<const Routes> routes() const;
  [[nodiscard]] std::vector<std::shared_ptr<ClusterNode>> connected_nodes() const;
  std::shared_ptr<ClusterNode> open(const RedisAddress& address, NodeUse use);
  [[nodiscard]] RedisConnectionOptions options_of(const std::shared_ptr<ClusterNode>& node,
                                                  NodeUse use);
  void open_seeds();
  void close_others(const Routes& routes);
  [[nodiscard]] std::shared_ptr<ClusterNode> node_for(const RedisCommand& command);
  [[nodiscard]] std::shared_ptr<ClusterNode> greeting_owner() const;
  Result<void> note_advice(const ClusterRedirection& advice, int hops);
  void note_unsure();
  void on_node_ready(ClusterNode& node);
  void on_node_lost(const ClusterNode& node);
  void on_node_failed(const Error& error);
  void report_refusal(const Error& error);
  [[nodiscard]] bool wants_refresh() const;
  [[nodiscard]] bool wants_greeting() const;
  [[nodiscard]] bool is_certain() const;
  [[nodiscard]] bool has_greeting() const { return options_.connection.greeting.size() > 0; }
  void want_refresh();
  void wake();

  const RedisClientOptions options_;
  const std::shared_ptr<ClusterState> state_;
  boost::asio::io_context& loop_;
  Log& log_;
  const std::uint16_t greeting_slot_;

  mutable Mutex mutex_;
  std::map<std::pair<RedisAddress, NodeUse>, std::shared_ptr<ClusterNode>> nodes_
      REFRAIN_GUARDED_BY(mutex_);
  std::shared_ptr<const Routes> routes_ REFRAIN_GUARDED_BY(mutex_);

  // The loop's own.
  Timer rest_timer_;
  std::vector<std::shared_ptr<Waiting>> waiting_;  // for connections
  std::uint64_t adopted_version_ = 0;
  std::optional<SteadyTime> refresh_wanted_;
  std::uint64_t losses_ = 0;  // of the greeting's owner
  std::size_t next_node_ = 0;
  std::uint64_t next_seed_ = 0;
  bool is_woken_ = false;
  bool is_refusal_reported_ = false;

  // Since when what the greeting is about may have changed unheard, in the steady clock's ticks.
  static constexpr std::int64_t kSure = 0;
  static constexpr std::int64_t kNeverKnown = -1;
  std::atomic<std::int64_t> unsure_since_;
  std::atomic<bool> is_stopped_{false};
};

}  // namespace refrain
