#pragma once

/// @file
/// A Redis that can be made ill in every way that a service must live with.

#include "support/fault_proxy.h"
#include "support/redis_server.h"

#include <chrono>
#include <string>
#include <thread>

namespace refrain::testing {

/// A server of a test's own behind a bad network. The service logs in as a user of its own, so that
/// a test can change what that user may do and still command the server itself.
///
/// Thread safety: one thread drives it.
class SickRedis {
public:
  SickRedis();
  SickRedis(const SickRedis&) = delete;
  SickRedis& operator=(const SickRedis&) = delete;
  ~SickRedis();

  /// Where the service finds it: through the proxy.
  [[nodiscard]] std::string url() const;

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
