#pragma once

/// @file
/// A Redis server of a test's own, and one that only pretends.

#include "refrain/redis/client/redis_address.h"
#include "refrain/redis/client/redis_url.h"
#include "refrain/redis/client/resp_value.h"

#include "support/temp_dir.h"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace refrain::testing {

/// A private `redis-server` in a folder of its own, on a Unix socket and a free TCP port of the
/// loopback address. It saves nothing. The constructor throws if the program is missing or does not
/// become ready, so that a test fails rather than passes without its server.
class RedisServer {
public:
  /// `arguments` are added to the command line: `{"--requirepass", "secret"}`.
  /// `config` is what its configuration file holds; without any it has none.
  explicit RedisServer(std::vector<std::string> arguments = {}, const std::string& config = {});
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;
  ~RedisServer();

  void stop();    ///< SIGTERM, and waits for its end.
  void kill();    ///< SIGKILL, and waits for its end.
  void freeze();  ///< SIGSTOP: connections are still accepted by the kernel and nobody answers.
  void thaw();    ///< SIGCONT.
  void start();   ///< Again on the same addresses, after `stop` or `kill`; empty.

  /// Sends one command on a connection of its own and returns the reply.
  RespValue command(const std::vector<std::string>& words) const;

  [[nodiscard]] RedisEndpoint unix_endpoint() const;
  [[nodiscard]] RedisEndpoint tcp_endpoint() const;
  [[nodiscard]] bool is_running() const { return pid_ > 0; }
  /// Running and not frozen.
  [[nodiscard]] bool is_awake() const { return is_running() && !is_frozen_; }

  /// A TCP port of the loopback address that nobody listened on just now.
  static std::uint16_t free_port();

  /// For `command`, when the server wants one.
  void set_password(std::string password) { password_ = std::move(password); }

private:
  void end(int signal);
  void wait_until_ready();

  TempDir folder_;
  std::vector<std::string> arguments_;
  std::string config_path_;  // empty: no file
  std::string password_;
  std::string socket_path_;
  std::uint16_t port_;
  ::pid_t pid_ = -1;
  bool is_frozen_ = false;
};

/// Where it listens by TCP.
RedisAddress address_of(const RedisServer& server);

/// Returns once a replica of `master` has all that was written there so far.
void wait_until_replicated(const RedisServer& master);

/// Accepts connections on a Unix socket and answers what each sends first, second, … with the given
/// bytes in turn, then says no more until the client closes the connection.
class FakeRedisServer {
public:
  explicit FakeRedisServer(std::vector<std::string> answers);
  FakeRedisServer(const FakeRedisServer&) = delete;
  FakeRedisServer& operator=(const FakeRedisServer&) = delete;
  ~FakeRedisServer();

  [[nodiscard]] RedisEndpoint endpoint() const;

private:
  void serve() const;

  TempDir folder_;
  std::vector<std::string> answers_;
  int listener_ = -1;
  int wake_[2] = {-1, -1};
  std::thread thread_;
};

}  // namespace refrain::testing
