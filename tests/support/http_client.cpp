#include "support/http_client.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace refrain::testing {
namespace {

constexpr int kPatienceSeconds = 10;

[[noreturn]] void fail_with_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), "http client: " + what);
}

bool equal_names(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

template <class T>
void set_option(int socket, int level, int name, const T& value) {
  if (::setsockopt(socket, level, name, &value, sizeof value) != 0) fail_with_errno("setsockopt");
}

// A connected socket, or -1. A size of 0 leaves the receive buffer as it is.
int connect_to(std::uint16_t port, const std::string& host, int receive_buffer_size = 0) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found) != 0)
    throw std::runtime_error("http client: not an address: " + host);
  const int result = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer_size > 0) set_option(result, SOL_SOCKET, SO_RCVBUF, receive_buffer_size);
  const bool is_connected =
      result >= 0 && ::connect(result, found->ai_addr, found->ai_addrlen) == 0;
  ::freeaddrinfo(found);
  if (is_connected) return result;
  if (result >= 0) ::close(result);
  return -1;
}

}  // namespace

std::string_view HttpReply::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equal_names(key, name)) return value;
  }
  return {};
}

bool HttpReply::has_header(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(), [&](const auto& field) {
    return equal_names(field.first, name);
  });
}

HttpClient::HttpClient(std::uint16_t port, const std::string& host) : HttpClient(port, host, 0) {}

HttpClient::HttpClient(std::uint16_t port, int receive_buffer_size)
    : HttpClient(port, "127.0.0.1", receive_buffer_size) {}

HttpClient::HttpClient(std::uint16_t port, const std::string& host, int receive_buffer_size)
    : socket_(connect_to(port, host, receive_buffer_size)) {
  if (socket_ < 0) fail_with_errno("connect to " + host + " port " + std::to_string(port));
  timeval patience{};
  patience.tv_sec = kPatienceSeconds;
  set_option(socket_, SOL_SOCKET, SO_RCVTIMEO, patience);
  set_option(socket_, SOL_SOCKET, SO_SNDTIMEO, patience);
  set_option(socket_, IPPROTO_TCP, TCP_NODELAY, 1);
}

HttpClient::~HttpClient() {
  close();
}

void HttpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) fail_with_errno("send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void HttpClient::try_send(std::string_view bytes) {
  try {
    send(bytes);
  } catch (const std::system_error& refused) {
    if (refused.code().value() != EPIPE && refused.code().value() != ECONNRESET) throw;
  }
}

void HttpClient::send_in_pieces(std::string_view bytes, std::size_t piece) {
  for (std::size_t i = 0; i < bytes.size(); i += piece)
    send(bytes.substr(i, piece));
}

bool HttpClient::receive_more() {
  std::array<char, 16384> piece{};
  const ssize_t size = ::recv(socket_, piece.data(), piece.size(), 0);
  if (size < 0) fail_with_errno("receive");
  received_.append(piece.data(), static_cast<std::size_t>(size));
  return size > 0;
}

void HttpClient::read_head(HttpReply& reply) {
  std::size_t end = std::string::npos;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!receive_more()) throw std::runtime_error("http client: closed after: " + received_);
  }
  const std::string head = received_.substr(0, end + 2);
  received_.erase(0, end + 4);
  std::size_t begin = head.find("\r\n");
  reply.status_line = head.substr(0, begin);
  if (!reply.status_line.starts_with("HTTP/1.1 "))
    throw std::runtime_error("http client: not a status line: " + reply.status_line);
  reply.status = static_cast<unsigned>(std::stoul(reply.status_line.substr(9, 3)));
  for (begin += 2; begin < head.size();) {
    const std::size_t line_end = head.find("\r\n", begin);
    const std::size_t colon = head.find(": ", begin);
    if (colon > line_end) throw std::runtime_error("http client: not a field in: " + head);
    reply.headers.emplace_back(head.substr(begin, colon - begin),
                               head.substr(colon + 2, line_end - colon - 2));
    begin = line_end + 2;
  }
}

HttpReply HttpClient::read_reply(Content content) {
  HttpReply reply;
  read_head(reply);
  const bool has_none = content == Content::kIsAbsent || reply.status < 200 ||
                        reply.status == 204 || reply.status == 304;
  if (has_none) return reply;
  const std::string length(reply.header("Content-Length"));
  if (length.empty()) throw std::runtime_error("http client: a response without a length");
  const std::size_t size = std::stoul(length);
  while (received_.size() < size) {
    if (!receive_more()) throw std::runtime_error("http client: the body ends early");
  }
  reply.body = received_.substr(0, size);
  received_.erase(0, size);
  return reply;
}

HttpReply HttpClient::exchange(std::string_view request) {
  send(request);
  return read_reply();
}

std::string HttpClient::read_to_end() {
  try {
    while (receive_more()) {
    }
  } catch (const std::system_error& ended) {
    if (ended.code().value() != ECONNRESET) throw;
  }
  return std::exchange(received_, {});
}

bool HttpClient::has_input() const {
  pollfd request{socket_, POLLIN, 0};
  return !received_.empty() || ::poll(&request, 1, 0) > 0;
}

Ending HttpClient::wait_for_end() {
  if (!received_.empty()) return Ending::kStillOpen;
  char byte = 0;
  const ssize_t size = ::recv(socket_, &byte, 1, 0);
  if (size == 0) return Ending::kClosed;
  return size < 0 && errno == ECONNRESET ? Ending::kReset : Ending::kStillOpen;
}

void HttpClient::finish_sending() {
  if (::shutdown(socket_, SHUT_WR) != 0) fail_with_errno("shutdown");
}

void HttpClient::reset() {
  linger at_once{};
  at_once.l_onoff = 1;
  set_option(socket_, SOL_SOCKET, SO_LINGER, at_once);
  close();
}

void HttpClient::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

bool can_connect(std::uint16_t port, const std::string& host) {
  const int socket = connect_to(port, host);
  if (socket >= 0) ::close(socket);
  return socket >= 0;
}

}  // namespace refrain::testing
