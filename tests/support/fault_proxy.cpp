#include "support/fault_proxy.h"

#include "refrain/core/task.h"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <future>
#include <optional>
#include <utility>

namespace refrain::testing {

namespace {

using boost::asio::ip::tcp;
using Acceptor = boost::asio::basic_socket_acceptor<tcp, Executor>;
using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, Executor>;
using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>,
                                                Executor>;
using TimePoint = std::chrono::steady_clock::time_point;

// Of one way of a connection. Beyond it the proxy stops reading, so that the sender notices.
constexpr std::size_t kMaxQueuedBytes = std::size_t{256} << 10U;

constexpr std::array<FaultProxy::Way, 2> kWays = {FaultProxy::Way::kToServer,
                                                  FaultProxy::Way::kToClient};

std::size_t index_of(FaultProxy::Way way) {
  return way == FaultProxy::Way::kToServer ? 0 : 1;
}

Socket::endpoint_type address_of(const RedisEndpoint& server) {
  if (!server.unix_path.empty())
    return boost::asio::local::stream_protocol::endpoint(server.unix_path);
  return tcp::endpoint(boost::asio::ip::make_address(server.host), server.port);
}

}  // namespace

/// One connection: a socket to each side and what is on its way between them. All on the loop.
class FaultProxy::Link : public std::enable_shared_from_this<Link> {
public:
  Link(FaultProxy& proxy, Socket client)
      : proxy_(proxy),
        client_(std::move(client)),
        server_(client_.get_executor()),
        lanes_{Lane(client_.get_executor()), Lane(client_.get_executor())} {}

  static Task<void> live(std::shared_ptr<Link> self) {
    const auto address = address_of(self->proxy_.server_);
    const auto [failure] = co_await self->server_.async_connect(address, kAsTuple);
    if (self->is_over_) co_return;
    if (failure) {
      self->reset();
      co_return;
    }
    for (const Way way : kWays) {
      boost::asio::co_spawn(self->server_.get_executor(), read(self, way), boost::asio::detached);
      boost::asio::co_spawn(self->server_.get_executor(), write(self, way), boost::asio::detached);
    }
  }

  void reset() {
    if (is_over_) return;
    ++proxy_.reset_count_;
    end();
  }

  /// The faults have changed, or there is something to send.
  void wake() {
    for (Lane& lane : lanes_)
      lane.wake.cancel();
  }

  void inject(Way way, const std::string& bytes) { push(lane(way), bytes); }

  void half_close(Way way) {
    lane(way).is_shut = true;
    boost::system::error_code ignored;
    ignored = to(way).shutdown(Socket::shutdown_send, ignored);
  }

  /// Closes both sides at once: unread bytes are lost, and the peers get a reset.
  void end() {
    is_over_ = true;
    for (Socket* socket : {&client_, &server_}) {
      boost::system::error_code ignored;
      ignored = socket->set_option(boost::asio::socket_base::linger(true, 0), ignored);
      ignored = socket->close(ignored);
    }
    wake();
    for (Lane& lane : lanes_)
      lane.room.cancel();
  }

private:
  struct Chunk {
    Chunk(TimePoint leaves_at, std::string content) : due(leaves_at), bytes(std::move(content)) {}
    TimePoint due;
    std::string bytes;  // empty: the end of the stream
  };

  struct Lane {
    explicit Lane(const Executor& executor) : wake(executor), room(executor) {}
    std::deque<Chunk> chunks;
    std::size_t queued = 0;
    std::size_t forwarded = 0;
    Timer wake;  // of the writer
    Timer room;  // of the reader
    bool is_shut = false;
  };

  [[nodiscard]] Lane& lane(Way way) { return lanes_[index_of(way)]; }
  [[nodiscard]] Socket& from(Way way) { return way == Way::kToServer ? client_ : server_; }
  [[nodiscard]] Socket& to(Way way) { return way == Way::kToServer ? server_ : client_; }
  [[nodiscard]] const Faults& faults(Way way) const { return proxy_.faults_[index_of(way)]; }

  void push(Lane& lane, std::string bytes) {
    const Way way = &lane == lanes_.data() ? Way::kToServer : Way::kToClient;
    lane.queued += bytes.size();
    lane.chunks.emplace_back(std::chrono::steady_clock::now() + faults(way).latency,
                             std::move(bytes));
    lane.wake.cancel();
  }

  static Task<void> read(std::shared_ptr<Link> self, Way way) {
    Lane& lane = self->lane(way);
    std::array<char, 16384> buffer{};
    while (!self->is_over_) {
      const auto [failure, size] =
          co_await self->from(way).async_read_some(boost::asio::buffer(buffer), kAsTuple);
      if (self->is_over_) co_return;
      self->push(lane, failure ? std::string() : std::string(buffer.data(), size));
      if (failure) co_return;
      while (lane.queued > kMaxQueuedBytes && !self->is_over_) {
        lane.room.expires_at(TimePoint::max());
        co_await lane.room.async_wait(kAsTuple);
      }
    }
  }

  /// Until when the writer has nothing to do, unless it is woken; nothing if it can go on now.
  [[nodiscard]] std::optional<TimePoint> idle_until(Way way) {
    const Lane& lane = this->lane(way);
    if (lane.chunks.empty() || faults(way).is_stalled) return TimePoint::max();
    const TimePoint due = lane.chunks.front().due;
    if (due > std::chrono::steady_clock::now()) return due;
    return std::nullopt;
  }

  /// How much of the first chunk goes now.
  [[nodiscard]] std::size_t next_size(Way way) {
    const Lane& lane = this->lane(way);
    std::size_t size = lane.chunks.front().bytes.size();
    if (faults(way).is_trickling) size = std::min<std::size_t>(size, 1);
    const std::size_t limit = faults(way).reset_after_bytes;
    if (limit > 0) size = std::min(size, limit - std::min(limit, lane.forwarded));
    return size;
  }

  static Task<void> write(std::shared_ptr<Link> self, Way way) {
    Lane& lane = self->lane(way);
    while (!self->is_over_) {
      if (const auto idle = self->idle_until(way); idle) {
        lane.wake.expires_at(*idle);
        co_await lane.wake.async_wait(kAsTuple);
        continue;
      }
      if (lane.chunks.front().bytes.empty()) {
        self->finish(way);
        co_return;
      }
      const std::size_t size = self->next_size(way);
      const std::string piece = lane.chunks.front().bytes.substr(0, size);
      self->take(lane, size);
      if (!lane.is_shut)
        co_await boost::asio::async_write(self->to(way), boost::asio::buffer(piece), kAsTuple);
      self->count(way, size);
      if (self->faults(way).is_trickling && !self->is_over_) {
        lane.wake.expires_after(self->faults(way).trickle_pause);
        co_await lane.wake.async_wait(kAsTuple);
      }
    }
  }

  void take(Lane& lane, std::size_t size) {
    std::string& bytes = lane.chunks.front().bytes;
    bytes.erase(0, size);
    if (bytes.empty()) lane.chunks.pop_front();
    lane.queued -= size;
    lane.room.cancel();
  }

  void count(Way way, std::size_t size) {
    lane(way).forwarded += size;
    proxy_.forwarded_bytes_[index_of(way)] += size;
    const std::size_t limit = faults(way).reset_after_bytes;
    if (limit > 0 && lane(way).forwarded >= limit) reset();
  }

  /// The sender has ended. When both have, the connection is over.
  void finish(Way way) {
    half_close(way);
    if (lanes_[0].is_shut && lanes_[1].is_shut) end();
  }

  FaultProxy& proxy_;
  Socket client_;
  Socket server_;
  std::array<Lane, 2> lanes_;
  bool is_over_ = false;
};

/// The socket that takes connections. All on the loop.
class FaultProxy::Listener {
public:
  explicit Listener(FaultProxy& proxy)
      : proxy_(proxy),
        holder_(proxy.loop_.get_executor()),
        acceptor_(proxy.loop_.get_executor()),
        address_(bind(holder_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0))) {}

  [[nodiscard]] std::uint16_t port() const { return address_.port(); }

  void open() {
    bind(acceptor_, address_);
    acceptor_.listen();
    accept();
  }

  void close() { acceptor_.close(); }
  [[nodiscard]] bool is_open() const { return acceptor_.is_open(); }

private:
  using ReusePort = boost::asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

  static tcp::endpoint bind(Acceptor& socket, const tcp::endpoint& address) {
    socket.open(address.protocol());
    socket.set_option(ReusePort(true));
    socket.bind(address);
    return socket.local_endpoint();
  }

  void accept() {
    using Accepted = boost::asio::basic_stream_socket<tcp, Executor>;
    auto on_accepted = [this](const boost::system::error_code& failure, Accepted client) {
      if (failure == boost::asio::error::operation_aborted) return;
      if (!failure) take(std::move(client));
      accept();
    };
    acceptor_.async_accept(std::move(on_accepted));
  }

  void take(boost::asio::basic_stream_socket<tcp, Executor> client) {
    client.set_option(tcp::no_delay(true));
    const auto link = std::make_shared<Link>(proxy_, Socket(std::move(client)));
    ++proxy_.connection_count_;
    std::erase_if(proxy_.links_, [](const auto& one) { return one.expired(); });
    proxy_.links_.push_back(link);
    boost::asio::co_spawn(proxy_.loop_.get_executor(), Link::live(link), boost::asio::detached);
  }

  FaultProxy& proxy_;
  Acceptor holder_;  // never listens, and keeps the port from others while nobody does
  Acceptor acceptor_;
  const tcp::endpoint address_;
};

FaultProxy::FaultProxy(RedisEndpoint server)
    : server_(std::move(server)),
      listener_(std::make_unique<Listener>(*this)) {
  port_ = listener_->port();
  listener_->open();
  thread_ = std::thread([this] { loop_.run(); });
}

FaultProxy::~FaultProxy() {
  do_there([this] {
    if (listener_->is_open()) listener_->close();
    for (const auto& link : links())
      link->end();
  });
  work_.reset();
  thread_.join();
}

void FaultProxy::do_there(const std::function<void()>& work) {
  std::promise<void> done;
  boost::asio::post(loop_, [&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

std::vector<std::shared_ptr<FaultProxy::Link>> FaultProxy::links() {
  std::vector<std::shared_ptr<Link>> found;
  for (const auto& weak : links_) {
    if (auto link = weak.lock(); link) found.push_back(std::move(link));
  }
  return found;
}

void FaultProxy::set(Way way, const Faults& faults) {
  do_there([&] {
    faults_[index_of(way)] = faults;
    for (const auto& link : links())
      link->wake();
  });
}

void FaultProxy::heal() {
  for (const Way way : kWays)
    set(way, Faults());
  do_there([this] {
    if (!listener_->is_open()) listener_->open();
  });
}

void FaultProxy::refuse() {
  do_there([this] {
    if (listener_->is_open()) listener_->close();
  });
}

void FaultProxy::reset_all() {
  do_there([this] {
    for (const auto& link : links())
      link->reset();
  });
}

void FaultProxy::half_close(Way way) {
  do_there([&] {
    for (const auto& link : links())
      link->half_close(way);
  });
}

void FaultProxy::inject(Way way, const std::string& bytes) {
  do_there([&] {
    for (const auto& link : links())
      link->inject(way, bytes);
  });
}

std::size_t FaultProxy::forwarded_bytes(Way way) const {
  return forwarded_bytes_[index_of(way)];
}

}  // namespace refrain::testing
