#include "refrain/http/server.h"

#include "refrain/http/server_loop.h"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>

#include <sys/socket.h>

#include <utility>

namespace refrain::http {
namespace {

using Endpoint = boost::asio::ip::tcp::endpoint;
using ReusePort = boost::asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

Result<ServerLoop::Acceptor> listen(boost::asio::io_context& loop,
                                    const Endpoint& endpoint,
                                    bool is_first) {
  boost::system::error_code error;
  ServerLoop::Acceptor acceptor(loop.get_executor());
  static_cast<void>(acceptor.open(endpoint.protocol(), error));
  if (!error)
    static_cast<void>(acceptor.set_option(boost::asio::socket_base::reuse_address(true), error));
  // The first socket binds without sharing and thereby finds out whether another process has the
  // port; only then may the loops share it among themselves.
  if (!error && is_first) {
    ServerLoop::Acceptor probe(loop.get_executor());
    static_cast<void>(probe.open(endpoint.protocol(), error));
    if (!error)
      static_cast<void>(probe.set_option(boost::asio::socket_base::reuse_address(true), error));
    if (!error && endpoint.port() != 0) static_cast<void>(probe.bind(endpoint, error));
    if (!error && endpoint.port() != 0) static_cast<void>(probe.listen(1, error));
  }
  if (!error) static_cast<void>(acceptor.set_option(ReusePort(true), error));
  if (!error) static_cast<void>(acceptor.bind(endpoint, error));
  if (!error)
    static_cast<void>(acceptor.listen(boost::asio::socket_base::max_listen_connections, error));
  if (!error) return acceptor;
  return fail(ErrorCode::kUnavailable,
              "cannot listen on " + endpoint.address().to_string() + " port " +
                  std::to_string(endpoint.port()) + ": " + error.message());
}

}  // namespace

Server::Server(std::shared_ptr<ServerShared> shared, std::uint16_t port)
    : shared_(std::move(shared)),
      port_(port) {}

Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::open(const Address& address,
                                             const std::vector<boost::asio::io_context*>& loops,
                                             Handler& handler,
                                             const Limits& limits,
                                             Log& log) {
  boost::system::error_code error;
  const auto host = boost::asio::ip::make_address(
      address.host == "localhost" ? "127.0.0.1" : address.host, error);
  if (error) {
    return fail(ErrorCode::kInvalidArgument,
                "the host to listen on is an IP address or localhost, not " + address.host,
                "host");
  }
  Endpoint endpoint(host, address.port);
  std::unique_ptr<Server> server(
      new Server(std::make_shared<ServerShared>(handler, limits, log), 0));
  for (boost::asio::io_context* loop : loops) {
    Result<ServerLoop::Acceptor> acceptor = listen(*loop, endpoint, server->loops_.empty());
    if (!acceptor) return fail(acceptor.error());
    endpoint.port(acceptor->local_endpoint().port());
    server->contexts_.push_back(loop);
    server->loops_.push_back(std::make_shared<ServerLoop>(std::move(*acceptor), server->shared_));
  }
  server->port_ = endpoint.port();
  for (const auto& loop : server->loops_)
    loop->start();
  return server;
}

std::size_t Server::connection_count() const {
  return shared_->connections.load(std::memory_order_relaxed);
}

void Server::drain() {
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    boost::asio::post(*contexts_[i], [loop = loops_[i]] { loop->drain(); });
  }
}

void Server::stop() {
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    boost::asio::post(*contexts_[i], [loop = loops_[i]] { loop->stop(); });
  }
}

}  // namespace refrain::http
