#pragma once

/// @file
/// A stretch of network that is as bad as a test wants it.

#include "refrain/redis/client/redis_url.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace refrain::testing {

/// Forwards TCP connections to a server, and does to them what it is told to.
///
/// Faults are set while it runs and hold for the connections that there are and for those that
/// come. Each of the two ways has its own.
///
/// Thread safety: one thread drives it; the proxy works on a thread of its own. When a function
/// returns, what it asked for is in force. Ownership: the server may come and go; a connection that
/// the server does not take is reset.
class FaultProxy {
public:
  enum class Way : std::uint8_t { kToServer, kToClient };

  /// What happens to the bytes of one way. Everything off is a plain forwarder.
  struct Faults {
    std::chrono::milliseconds latency{0};        ///< Between the coming and the going of a byte.
    std::size_t reset_after_bytes = 0;           ///< Of a connection: then it is reset. 0: never.
    bool is_stalled = false;                     ///< Nothing is forwarded; connections stay open.
    bool is_trickling = false;                   ///< One byte at a time, with a pause after each.
    std::chrono::milliseconds trickle_pause{1};  ///< After each byte.
  };

  /// Listens on a free port of the loopback address.
  explicit FaultProxy(RedisEndpoint server);
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;
  ~FaultProxy();

  [[nodiscard]] std::uint16_t port() const { return port_; }

  void set(Way way, const Faults& faults);
  /// Ends every fault: connections are taken and forwarded again.
  void heal();
  /// New connections are refused by the kernel, until `heal`.
  void refuse();
  /// Gives up the connections that there are, as a crash does: the client gets a reset.
  void reset_all();
  /// The receiver of that way reads the end of the stream; the other way goes on.
  void half_close(Way way);
  /// Puts bytes that nobody sent among those of that way, on every connection that there is.
  void inject(Way way, const std::string& bytes);

  /// Connections that were taken since the start.
  [[nodiscard]] std::size_t connection_count() const { return connection_count_; }
  /// Connections that the proxy reset since the start.
  [[nodiscard]] std::size_t reset_count() const { return reset_count_; }
  /// Bytes of all connections since the start.
  [[nodiscard]] std::size_t forwarded_bytes(Way way) const;

private:
  class Listener;
  class Link;

  /// Runs `work` on the proxy's thread, and waits for it.
  void do_there(const std::function<void()>& work);
  [[nodiscard]] std::vector<std::shared_ptr<Link>> links();

  const RedisEndpoint server_;
  boost::asio::io_context loop_{1};
  // Keeps the loop running while nothing listens and nobody is connected.
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      loop_.get_executor()};
  std::uint16_t port_ = 0;
  std::unique_ptr<Listener> listener_;      // the loop's thread's
  std::vector<std::weak_ptr<Link>> links_;  // the loop's thread's
  Faults faults_[2];                        // the loop's thread's; by way
  std::atomic<std::size_t> connection_count_{0};
  std::atomic<std::size_t> reset_count_{0};
  std::atomic<std::size_t> forwarded_bytes_[2]{};
  std::thread thread_;
};

}  // namespace refrain::testing
