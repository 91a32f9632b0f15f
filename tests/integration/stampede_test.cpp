#include "support/service_process.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <vector>

namespace refrain {
namespace {

using testing::ServiceProcess;
using testing::TempDir;

constexpr std::size_t kClients = 1000;
constexpr std::string_view kRequest =
    "GET /v1/stickers?prompt=stampede&size=128 HTTP/1.1\r\nHost: localhost\r\nConnection: "
    "close\r\n\r\n";

/// Many clients in one thread: each sends one request and reads to the end.
class Crowd {
public:
  Crowd(std::uint16_t port, std::size_t size) {
    const rlimit files{4096, 4096};
    ::setrlimit(RLIMIT_NOFILE, &files);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (std::size_t i = 0; i < size; ++i) {
      const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      EXPECT_EQ(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
      sockets_.push_back(socket);
    }
    answers_.resize(size);
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;
  ~Crowd() {
    for (std::size_t i = 0; i < sockets_.size(); ++i)
      leave(i);
  }

  void send(std::size_t client) {
    EXPECT_EQ(::send(sockets_[client], kRequest.data(), kRequest.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(kRequest.size()));
  }

  void leave(std::size_t client) {
    if (sockets_[client] >= 0) ::close(sockets_[client]);
    sockets_[client] = -1;
  }

  /// Reads until every client that is still there has its whole answer.
  void read_all() {
    std::vector<char> buffer(1 << 16U);
    for (std::size_t i = 0; i < sockets_.size(); ++i) {
      if (sockets_[i] < 0) continue;
      ssize_t size = 0;
      while ((size = ::recv(sockets_[i], buffer.data(), buffer.size(), 0)) > 0) {
        answers_[i].append(buffer.data(), static_cast<std::size_t>(size));
      }
    }
  }

  [[nodiscard]] std::string body(std::size_t client) const {
    const std::size_t end_of_head = answers_[client].find("\r\n\r\n");
    return end_of_head == std::string::npos ? std::string()
                                            : answers_[client].substr(end_of_head + 4);
  }
  [[nodiscard]] bool is_ok(std::size_t client) const {
    return answers_[client].starts_with("HTTP/1.1 200 ");
  }

private:
  std::vector<int> sockets_;
  std::vector<std::string> answers_;
};

std::int64_t generations(const ServiceProcess& service) {
  return testing::cache_status(service.sticker_port()).at("generation").at("count").as_int64();
}

std::int64_t requests(const ServiceProcess& service, const char* kind) {
  return testing::cache_status(service.sticker_port()).at("requests").at(kind).as_int64();
}

TEST(Stampede, OfAThousandEqualRequestsIsOneGeneration) {
  const TempDir folder;
  const ServiceProcess service({"sticker", "--mock-delay", "0.5"}, folder.path().string());
  Crowd crowd(service.sticker_port(), kClients);

  for (std::size_t i = 0; i < kClients; ++i)
    crowd.send(i);
  crowd.read_all();

  EXPECT_EQ(generations(service), 1);
  EXPECT_EQ(requests(service, "total"), kClients);
  EXPECT_EQ(requests(service, "error"), 0);
  for (std::size_t i = 0; i < kClients; ++i) {
    ASSERT_TRUE(crowd.is_ok(i)) << "client " << i;
    ASSERT_EQ(crowd.body(i), crowd.body(0)) << "client " << i;
  }
}

TEST(Stampede, GoesOnWhenTheFirstClientLeaves) {
  const TempDir folder;
  const ServiceProcess service({"sticker", "--mock-delay", "0.5"}, folder.path().string());
  Crowd crowd(service.sticker_port(), kClients);

  crowd.send(0);
  testing::wait_until("the generation has begun", [&] {
    return testing::cache_status(service.sticker_port())
               .at("generation")
               .at("running")
               .as_int64() == 1;
  });
  crowd.leave(0);
  for (std::size_t i = 1; i < kClients; ++i)
    crowd.send(i);
  crowd.read_all();

  EXPECT_EQ(generations(service), 1);
  for (std::size_t i = 1; i < kClients; ++i) {
    ASSERT_TRUE(crowd.is_ok(i)) << "client " << i;
    ASSERT_EQ(crowd.body(i), crowd.body(1)) << "client " << i;
  }
  testing::wait_until("the answer is on the disk", [&] {
    return testing::tier_status(service.sticker_port(), "disk").at("items").as_int64() == 1;
  });
}

}  // namespace
}  // namespace refrain
