#pragma once

/// @file
/// A server on a free port, its event loops in threads of their own.

#include "refrain/http/handler.h"
#include "refrain/http/limits.h"
#include "refrain/http/server.h"

#include "support/log_spy.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace refrain::testing {

/// Runs until the end of the scope. Its destructor waits for the loops to run out of work, so every
/// test also shows that `stop` leaves nothing behind.
class RunningServer {
public:
  explicit RunningServer(http::Handler& handler,
                         std::size_t loop_count = 1,
                         const http::Limits& limits = {},
                         const std::string& host = "127.0.0.1") {
    std::vector<boost::asio::io_context*> pointers;
    for (std::size_t i = 0; i < loop_count; ++i) {
      loops_.push_back(std::make_unique<boost::asio::io_context>(1));
      pointers.push_back(loops_.back().get());
    }
    http::Server::Address address;
    address.host = host;
    auto opened = http::Server::open(address, pointers, handler, limits, log_);
    if (!opened) throw std::runtime_error(opened.error().message());
    server_ = std::move(*opened);
    for (boost::asio::io_context* loop : pointers)
      threads_.emplace_back([loop] { loop->run(); });
  }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;
  ~RunningServer() {
    server_->stop();
    for (std::thread& thread : threads_)
      thread.join();
  }

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  [[nodiscard]] http::Server& server() { return *server_; }
  [[nodiscard]] const LogSpy& log() const { return log_; }

  /// Waits until every loop has done what was posted to it before and has seen what clients had
  /// sent on connections that it reads from. Once round the loop it finishes what it was at, once
  /// it looks at its sockets, once it takes in what it has found there. @pre The server has not
  /// been stopped.
  void settle() {
    for (const auto& loop : loops_) {
      for (int round = 0; round < 3; ++round) {
        std::promise<void> done;
        boost::asio::post(*loop, [&done] { done.set_value(); });
        done.get_future().wait();
      }
    }
  }

  /// Waits until that many connections are open; false after ten seconds.
  [[nodiscard]] bool wait_for_connections(std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (server_->connection_count() != count) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      settle();
    }
    return true;
  }

private:
  std::vector<std::unique_ptr<boost::asio::io_context>> loops_;
  LogSpy log_;
  std::unique_ptr<http::Server> server_;
  std::vector<std::thread> threads_;
};

}  // namespace refrain::testing
