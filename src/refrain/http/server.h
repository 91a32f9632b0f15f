#pragma once

/// @file
/// An HTTP/1.1 server on every event loop of the process.

#include "refrain/core/log.h"
#include "refrain/core/result.h"
#include "refrain/http/handler.h"
#include "refrain/http/limits.h"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace refrain::http {

class ServerLoop;
struct ServerShared;

/// Listens on one address with a socket per event loop (`SO_REUSEPORT`): the kernel spreads the
/// connections and no loop ever talks to another.
///
/// A thread that runs one of the loops has SIGPIPE blocked from when it first sends a body from a
/// file (`ResponseWriter`); the process's own disposition of it is left alone.
///
/// Thread safety: `drain`, `stop` and the getters may be called from any thread.
/// Ownership: loops, handler and log outlive the server; destroy it after the loops have ended.
class Server {
public:
  struct Address {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0 picks a free one.
  };

  /// Binds and listens on every loop; accepting begins when the loops run. Fails with
  /// `kUnavailable` if the address cannot be had, naming it.
  static Result<std::unique_ptr<Server>> open(const Address& address,
                                              const std::vector<boost::asio::io_context*>& loops,
                                              Handler& handler,
                                              const Limits& limits,
                                              Log& log);

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  /// The port that was bound.
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t connection_count() const;

  /// Accepts no more; idle connections close, busy ones after their response.
  void drain();

  /// Cancels what is left, so that the loops can run out of work.
  void stop();

private:
  Server(std::shared_ptr<ServerShared> shared, std::uint16_t port);

  std::shared_ptr<ServerShared> shared_;
  std::uint16_t port_;
  std::vector<boost::asio::io_context*> contexts_;
  std::vector<std::shared_ptr<ServerLoop>> loops_;
};

}  // namespace refrain::http
