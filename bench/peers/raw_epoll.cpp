/// @file
/// The floor under every HTTP server: one thread, one epoll loop, one fixed answer. It looks for
/// the end of each request's head and for nothing else: no method, no path, no limits, no timeouts.
///
/// usage: peer_raw_epoll PORT BODY_FILE CONTENT_TYPE

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <ios>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace {

constexpr int kEventsAtOnce = 128;
constexpr std::size_t kBufferSize = 64 * 1024;
constexpr std::string_view kEndOfHead = "\r\n\r\n";

/// A client's connection: how far into the end of a head it is, and what it is still owed.
class Connection {
public:
  Connection(int socket, std::string_view answer) : socket_(socket), answer_(answer) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { ::close(socket_); }

  [[nodiscard]] int socket() const { return socket_; }
  [[nodiscard]] bool is_writing() const { return answers_owed_ > 0; }

  /// Reads once. Returns false at the end of the stream.
  bool read(std::span<char> buffer) {
    const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (size <= 0) return size < 0 && errno == EAGAIN;
    for (const char byte : buffer.first(static_cast<std::size_t>(size))) {
      // After a mismatch only '\r' can be the beginning of an end.
      if (byte != kEndOfHead[matched_]) matched_ = 0;
      if (byte == kEndOfHead[matched_]) ++matched_;
      if (matched_ < kEndOfHead.size()) continue;
      matched_ = 0;
      ++answers_owed_;
    }
    return true;
  }

  /// Writes what the socket takes. Returns false if the client is gone.
  bool write() {
    while (answers_owed_ > 0) {
      const std::string_view rest = answer_.substr(written_);
      const ssize_t size = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (size < 0) return errno == EAGAIN;
      written_ += static_cast<std::size_t>(size);
      if (written_ < answer_.size()) continue;
      written_ = 0;
      --answers_owed_;
    }
    return true;
  }

private:
  int socket_;
  std::string_view answer_;
  std::size_t matched_ = 0;
  std::size_t written_ = 0;
  std::size_t answers_owed_ = 0;
};

int listen_on(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int one = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);  // accepted sockets inherit it
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return -1;
  return ::listen(socket, SOMAXCONN) == 0 ? socket : -1;
}

void watch(int epoll, int operation, Connection& connection, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &connection;
  ::epoll_ctl(epoll, operation, connection.socket(), &event);
}

void accept_one(int epoll, int listener, std::string_view answer) {
  const int socket = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (socket < 0) return;
  auto connection = std::make_unique<Connection>(socket, answer);
  watch(epoll, EPOLL_CTL_ADD, *connection, EPOLLIN);
  connection
      .release();  // NOLINT(bugprone-unused-return-value): epoll holds it until `serve_one` ends it
}

void serve_one(int epoll, Connection& connection, std::uint32_t events, std::span<char> buffer) {
  const bool was_writing = connection.is_writing();
  bool is_alive = (events & EPOLLIN) == 0 || connection.read(buffer);
  is_alive = is_alive && (events & (EPOLLERR | EPOLLHUP)) == 0 && connection.write();
  if (!is_alive) {
    const std::unique_ptr<Connection> ended(&connection);
    return;
  }
  if (connection.is_writing() != was_writing) {
    watch(epoll, EPOLL_CTL_MOD, connection, connection.is_writing() ? EPOLLOUT : EPOLLIN);
  }
}

[[noreturn]] void serve(int listener, std::string_view answer) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event listening{};
  listening.events = EPOLLIN;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &listening);
  std::string buffer(kBufferSize, '\0');
  epoll_event events[kEventsAtOnce];
  while (true) {
    const int count = ::epoll_wait(epoll, events, kEventsAtOnce, -1);
    for (int i = 0; i < count; ++i) {
      auto* connection = static_cast<Connection*>(events[i].data.ptr);
      if (connection == nullptr) {
        accept_one(epoll, listener, answer);
      } else {
        serve_one(epoll, *connection, events[i].events, buffer);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: peer_raw_epoll PORT BODY_FILE CONTENT_TYPE\n", stderr);
    return 2;
  }
  std::ifstream file(argv[2], std::ios::binary);
  const std::string body(std::istreambuf_iterator<char>(file), {});
  const int listener = listen_on(static_cast<std::uint16_t>(std::stoi(argv[1])));
  if (body.empty() || listener < 0) {
    std::fputs("peer_raw_epoll: cannot read the body or cannot listen\n", stderr);
    return 1;
  }
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Type: " + std::string(argv[3]) +
                             "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                             body;
  serve(listener, answer);
}
