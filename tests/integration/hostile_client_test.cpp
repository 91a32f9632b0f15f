#include "support/service_process.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"

#include <boost/json/array.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace refrain {
namespace {

using testing::Ending;
using testing::HttpClient;
using testing::HttpReply;
using testing::ServiceProcess;
using testing::TempDir;

constexpr int kMaxConnections = 40;

std::string request_for(const std::string& prompt, const std::string& headers = "") {
  return "GET /v1/stickers?size=64&prompt=" + prompt + " HTTP/1.1\r\nHost: x\r\n" + headers +
         "\r\n";
}

/// One impatient service, with room for few connections, for all tests of the suite.
class HostileClient : public ::testing::Test {
protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TempDir>();
    service_ =
        std::make_unique<ServiceProcess>(std::vector<std::string>{"sticker",
                                                                  "--mock-delay",
                                                                  "0",
                                                                  "--header-timeout",
                                                                  "1",
                                                                  "--body-timeout",
                                                                  "1",
                                                                  "--max-connections",
                                                                  std::to_string(kMaxConnections)},
                                         folder_->path().string());
  }
  static void TearDownTestSuite() {
    service_.reset();
    folder_.reset();
  }

  static std::uint16_t port() { return service_->sticker_port(); }

  /// Whether nearly all of the service's connections are free: as many clients as that are
  /// answered at the same time.
  static bool has_room() {
    std::vector<std::unique_ptr<HttpClient>> clients;
    for (int i = 0; i < kMaxConnections - 1; ++i)
      clients.push_back(std::make_unique<HttpClient>(port()));
    // A refused client is told so without having asked; the first answer of each is what counts.
    for (const auto& client : clients)
      client->try_send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    return std::all_of(clients.begin(), clients.end(), [](const auto& client) {
      return client->read_reply().status == 200;
    });
  }

private:
  static inline std::unique_ptr<TempDir> folder_;
  static inline std::unique_ptr<ServiceProcess> service_;
};

TEST_F(HostileClient, HalfAHeadTimesOut) {
  HttpClient client(port());
  client.send("GET /v1/stickers?prompt=half HTTP/1.1\r\nHo");

  EXPECT_EQ(client.read_reply().status, 408U);
  EXPECT_EQ(client.wait_for_end(), Ending::kClosed);
}

TEST_F(HostileClient, HalfABodyTimesOut) {
  HttpClient client(port());
  client.send(
      "POST /v1/stickers HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      "Content-Length: 100\r\n\r\n{\"prompt\":");

  EXPECT_EQ(client.read_reply().status, 408U);
  EXPECT_EQ(client.wait_for_end(), Ending::kClosed);
}

TEST_F(HostileClient, ByteByByteIsAnsweredAllTheSame) {
  HttpClient client(port());

  client.send_in_pieces(request_for("bytes"), 1);
  const HttpReply reply = client.read_reply();

  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.header("Content-Type"), "image/png");
}

TEST_F(HostileClient, VanishingClientsLeaveNothingBehind) {
  for (int i = 0; i < 200; ++i) {
    HttpClient client(port());
    const std::string whole = request_for("vanish" + std::to_string(i));
    switch (i % 4) {
      case 0:  // in the middle of the request
        client.send(whole.substr(0, whole.size() / 2));
        client.reset();
        break;
      case 1:  // before the response
        client.send(whole);
        client.reset();
        break;
      case 2:  // in the middle of many responses, none of which is read
        for (int j = 0; j < 20; ++j)
          client.try_send(whole);
        client.reset();
        break;
      default:  // in order, but without waiting
        client.send(whole);
        client.close();
    }
  }

  testing::wait_until("the connections are free again", [] { return has_room(); });
  EXPECT_EQ(HttpClient(port()).exchange(request_for("after+all")).status, 200U);
}

TEST_F(HostileClient, GarbageIsABadRequest) {
  using namespace std::string_literals;
  const std::vector<std::string> garbage = {
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"s,
      "\0\0\0\0\r\n\r\n"s,
      "hello\r\n\r\n"s,
      "GET\r\n\r\n"s,
      "GET / HTTP/1.1\r\nno colon\r\n\r\n"s,
      "GET / HTTP/1.1\r\nHost: x\r\nA\x01: b\r\n\r\n"s,
      "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"s,
      "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"s,
      "GET / HTTP/1.1\r\n\r\n"s,
  };

  for (const std::string& bytes : garbage) {
    HttpClient client(port());
    client.try_send(bytes);
    EXPECT_EQ(client.read_reply().status, 400U) << bytes;
  }
  EXPECT_EQ(testing::get(port(), "/healthz").status, 200U);
}

TEST_F(HostileClient, PipelinedRequestsAreAnsweredInOrder) {
  constexpr int kRequests = 300;
  HttpClient client(port());
  std::string all;
  for (int i = 0; i < kRequests; ++i) {
    all += request_for("pipelined" + std::to_string(i % 7),
                       "X-Request-Id: number-" + std::to_string(i) + "\r\n");
  }

  client.send(all);

  std::vector<std::string> bodies(7);
  for (int i = 0; i < kRequests; ++i) {
    const HttpReply reply = client.read_reply();
    ASSERT_EQ(reply.status, 200U) << i;
    ASSERT_EQ(reply.header("X-Request-Id"), "number-" + std::to_string(i));
    std::string& body = bodies[static_cast<std::size_t>(i % 7)];
    if (i < 7) body = reply.body;
    ASSERT_TRUE(reply.body == body) << i;
  }
}

}  // namespace
}  // namespace refrain
