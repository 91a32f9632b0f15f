#include "refrain/http/server_loop.h"

#include <time.h>

#include <array>
#include <random>
#include <utility>

namespace refrain::http {
namespace {

// When the process is out of file descriptors, accepting again at once would only spin.
constexpr std::chrono::milliseconds kAcceptPause{100};

// Clients of one loop that are being told that there are too many; more are closed without a word.
constexpr std::size_t kMostTurnedAway = 128;

// Any odd number makes a full cycle; this one (2^64 divided by the golden ratio) spreads the ids.
constexpr std::uint64_t kIdStep = 0x9E3779B97F4A7C15U;

}  // namespace

ServerLoop::ServerLoop(Acceptor acceptor, std::shared_ptr<ServerShared> shared)
    : acceptor_(std::move(acceptor)),
      second_(acceptor_.get_executor()),
      accept_pause_(acceptor_.get_executor()),
      shared_(std::move(shared)) {
  std::random_device entropy;
  connection_id_ = (std::uint64_t{entropy()} << 32U) | entropy();
  renew_date();
}

void ServerLoop::start() {
  accept();
  wait_a_second();
}

void ServerLoop::accept() {
  acceptor_.async_accept(
      [self = shared_from_this()](boost::system::error_code error, Connection::Socket socket) {
        self->on_accepted(error, std::move(socket));
      });
}

void ServerLoop::on_accepted(boost::system::error_code error, Connection::Socket socket) {
  if (is_draining_) return;
  if (error) {
    log().write(LogLevel::kWarning,
                "a connection could not be accepted",
                {LogField("error", error.message())});
    accept_pause_.expires_after(kAcceptPause);
    accept_pause_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
      if (!cancelled && !self->is_draining_) self->accept();
    });
    return;
  }
  const bool is_full =
      shared_->connections.load(std::memory_order_relaxed) >= limits().max_connections;
  const Admission admission = is_full ? Admission::kTurnedAway : Admission::kServed;
  if (!is_full || turned_away_ < kMostTurnedAway)
    std::make_shared<Connection>(std::move(socket), shared_from_this(), admission)->start();
  accept();
}

void ServerLoop::wait_a_second() {
  second_.expires_after(std::chrono::seconds(1));
  second_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
    // It may have been on its way already when it was cancelled.
    if (cancelled || self->is_stopped_) return;
    ++self->tick_;
    self->renew_date();
    // None leaves the list meanwhile: what ends it is called by the loop, later.
    for (Connection* connection : self->connections_)
      connection->check_deadline(self->tick_);
    self->wait_a_second();
  });
}

void ServerLoop::renew_date() {
  const time_t now = ::time(nullptr);
  tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 40> text{};
  const std::size_t size =
      ::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  date_.assign(text.data(), size);
}

std::uint64_t ServerLoop::next_connection_id() {
  return connection_id_ += kIdStep;
}

std::list<Connection*>::iterator ServerLoop::add(Connection& connection, Admission admission) {
  if (admission == Admission::kServed) {
    shared_->connections.fetch_add(1, std::memory_order_relaxed);
  } else {
    ++turned_away_;
  }
  return connections_.insert(connections_.end(), &connection);
}

void ServerLoop::remove(std::list<Connection*>::iterator place, Admission admission) {
  connections_.erase(place);
  if (admission == Admission::kServed) {
    shared_->connections.fetch_sub(1, std::memory_order_relaxed);
  } else {
    --turned_away_;
  }
}

void ServerLoop::drain() {
  is_draining_ = true;
  boost::system::error_code ignored;
  static_cast<void>(acceptor_.close(ignored));
  accept_pause_.cancel();
  for (Connection* connection : connections_)
    connection->drain();
}

void ServerLoop::stop() {
  is_stopped_ = true;
  drain();
  second_.cancel();
  for (Connection* connection : connections_)
    connection->stop();
}

}  // namespace refrain::http
