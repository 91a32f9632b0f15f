#pragma once

/// @file
/// One Redis server that can be made ill in every way that a service must live with.

#include "support/fault_proxy.h"
#include "support/redis_server.h"
#include "support/sick_redis.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

namespace refrain::testing {

/// A server of a test's own behind a bad network. The service logs in as a user of its own, so that
/// a test can change what that user may do and still command the server itself.
///
/// Thread safety: one thread drives it.
class SickServer final : public SickRedis {
public:
  SickServer();
  ~SickServer() override;

  /// It is found through the proxy.
  [[nodiscard]] std::vector<std::string> arguments() const override;
  [[nodiscard]] std::size_t connection_count() const override { return proxy_.connection_count(); }

  [[nodiscard]] RedisServer& server() { return server_; }
  [[nodiscard]] FaultProxy& proxy() { return proxy_; }

  /// Lets the server load its keys again, in about `span`; meanwhile it answers that it is loading.
  void reload(std::chrono::milliseconds span);
  /// The same after a crash: the server is killed, and starts with that many keys to load.
  void crash_and_load(std::chrono::milliseconds span);
  /// Waits until it has loaded.
  void wait_until_loaded();

  /// Puts the largest value that Redis can hold, 512 MiB, in the place of the one that is asked for
  /// most.
  void bloat_hottest_value();
  /// Waits until that value is gone, or another one is in its place.
  void wait_until_slim();

private:
  void fill(std::chrono::milliseconds span);

  RedisServer server_;
  FaultProxy proxy_;
  std::thread reloading_;
  std::string bloated_;
};

}  // namespace refrain::testing
