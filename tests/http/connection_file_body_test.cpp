/// @file
/// What a client sees of bodies that the server sends from files.

#include "refrain/http/connection.h"

#include "http/file_route.h"
#include "http/running_server.h"
#include "http/sample_routes.h"
#include "support/http_client.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

namespace refrain::testing {
namespace {

const std::string kGet = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string kGetFile = "GET /file HTTP/1.1\r\nHost: x\r\n\r\n";
// More than the kernel takes at once for a client with so small a buffer.
constexpr std::size_t kLarge = 9U << 20U;
constexpr int kSmallBuffer = 1 << 16;

/// Everything here holds with one event loop and with two.
class HttpFileBody : public ::testing::TestWithParam<std::size_t> {
protected:
  SampleRoutes routes_;
};

INSTANTIATE_TEST_SUITE_P(Loops, HttpFileBody, ::testing::Values(1, 2));

TEST_P(HttpFileBody, IsAnsweredAsOneFromMemoryIs) {
  FileRoute file(routes_, 1000);
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  const HttpReply reply = client.exchange(kGetFile);

  EXPECT_EQ(reply.status_line, "HTTP/1.1 200 OK");
  EXPECT_EQ(reply.header("Content-Type"), "text/plain");
  EXPECT_EQ(reply.header("Content-Length"), "1000");
  EXPECT_EQ(reply.body, file.text());
}

TEST_P(HttpFileBody, LeavesTheConnectionForFurtherRequests) {
  FileRoute file(routes_, 1000);
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(client.exchange(kGetFile).body, file.text()) << i;
    ASSERT_EQ(client.exchange(kGet).body, "hello") << i;
  }
  EXPECT_EQ(file.users(), 0);
}

TEST_P(HttpFileBody, ComesWholeToAClientThatIsSlow) {
  FileRoute file(routes_, kLarge);
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port(), kSmallBuffer);

  client.send(kGetFile);
  ASSERT_TRUE(file.wait_until_asked());
  server.settle();
  EXPECT_EQ(file.users(), 1);
  const HttpReply reply = client.read_reply();
  const HttpReply next = client.exchange(kGet);

  EXPECT_TRUE(reply.body == file.text());
  EXPECT_EQ(next.body, "hello");
  EXPECT_EQ(file.users(), 0);
}

TEST_P(HttpFileBody, ComesWholeToManyClientsAtOnce) {
  FileRoute file(routes_, 5U << 20U);
  RunningServer server(routes_, GetParam());
  std::vector<int> right(6, 0);
  {
    std::vector<std::jthread> clients;
    clients.reserve(right.size());
    for (int& count : right) {
      clients.emplace_back([&] {
        HttpClient client(server.port());
        for (int i = 0; i < 3; ++i)
          count += client.exchange(kGetFile).body == file.text() ? 1 : 0;
      });
    }
  }

  EXPECT_EQ(right, std::vector<int>(6, 3));
}

TEST_P(HttpFileBody, IsLeftOutOfTheAnswerToAHead) {
  FileRoute file(routes_, 1000);
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  client.send("HEAD /file HTTP/1.1\r\nHost: x\r\n\r\n" + kGet);
  const HttpReply head = client.read_reply(Content::kIsAbsent);
  const HttpReply next = client.read_reply();

  EXPECT_EQ(head.status, 200U);
  EXPECT_EQ(head.header("Content-Length"), "1000");
  EXPECT_EQ(next.body, "hello");
}

TEST_P(HttpFileBody, IsLeftOutOfA304) {
  FileRoute file(routes_, 1000);
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  client.send("GET /known-file HTTP/1.1\r\nHost: x\r\n\r\n" + kGet);
  const HttpReply known = client.read_reply();
  const HttpReply next = client.read_reply();

  EXPECT_EQ(known.status, 304U);
  EXPECT_FALSE(known.has_header("Content-Length"));
  EXPECT_EQ(next.body, "hello");
}

TEST_P(HttpFileBody, MayBeEmpty) {
  FileRoute file(routes_, 0);
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  const HttpReply reply = client.exchange(kGetFile);

  EXPECT_EQ(reply.header("Content-Length"), "0");
  EXPECT_EQ(client.exchange(kGet).body, "hello");
}

TEST_P(HttpFileBody, KeepsItsPlaceAmongPipelinedRequests) {
  FileRoute file(routes_, 100'000);
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());
  std::string all;
  for (int i = 0; i < 20; ++i)
    all.append(kGet).append(kGetFile).append(kGetFile);

  client.send(all);

  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(client.read_reply().body, "hello") << i;
    ASSERT_TRUE(client.read_reply().body == file.text()) << i;
    ASSERT_TRUE(client.read_reply().body == file.text()) << i;
  }
}

TEST_P(HttpFileBody, AnswersAsManyPipelinedRequestsAsItsBufferHolds) {
  FileRoute file(routes_, 10);
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());
  constexpr int kRequests = 2000;
  std::string all;
  for (int i = 0; i < kRequests; ++i)
    all += "GET /file HTTP/1.1\r\nHost:\r\n\r\n";

  std::jthread sender([&] { client.send(all); });
  int right = 0;
  for (int i = 0; i < kRequests; ++i)
    right += client.read_reply().body == file.text() ? 1 : 0;

  EXPECT_EQ(right, kRequests);
}

TEST_P(HttpFileBody, IsWholeBeforeTheConnectionCloses) {
  FileRoute file(routes_, kLarge);
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port(), kSmallBuffer);

  const HttpReply reply =
      client.exchange("GET /file HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

  EXPECT_EQ(reply.header("Connection"), "close");
  EXPECT_TRUE(reply.body == file.text());
  EXPECT_EQ(client.wait_for_end(), Ending::kClosed);
}

TEST_P(HttpFileBody, IsWholeThoughTheServerDrains) {
  FileRoute file(routes_, kLarge);
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port(), kSmallBuffer);
  client.send(kGetFile);
  ASSERT_TRUE(file.wait_until_asked());

  server.server().drain();
  server.settle();
  const HttpReply reply = client.read_reply();

  EXPECT_TRUE(reply.body == file.text());
  EXPECT_EQ(client.wait_for_end(), Ending::kClosed);
}

TEST_P(HttpFileBody, IsGivenUpWhenTheServerStops) {
  FileRoute file(routes_, kLarge);
  {
    RunningServer server(routes_, GetParam());
    HttpClient client(server.port(), kSmallBuffer);
    client.send(kGetFile);
    ASSERT_TRUE(file.wait_until_asked());
    server.settle();
  }

  EXPECT_EQ(file.users(), 0);
}

TEST_P(HttpFileBody, EndsEarlyAndWithoutAWrongByteWhenItsFileIsShorter) {
  FileRoute file(routes_, 1000);
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());
  HttpClient other(server.port());
  file.truncate(400);

  client.send(kGetFile);
  const std::string received = client.read_to_end();

  const std::size_t end_of_head = received.find("\r\n\r\n") + 4;
  EXPECT_NE(received.find("\r\nContent-Length: 1000\r\n"), std::string::npos);
  EXPECT_EQ(received.substr(end_of_head), file.text().substr(0, 400));
  EXPECT_EQ(server.log().count(LogLevel::kError), 1U);
  EXPECT_EQ(other.exchange(kGet).body, "hello");
}

TEST_P(HttpFileBody, EndsEarlyAndWithoutAWrongByteWhenItsFileIsCutOffMeanwhile) {
  FileRoute file(routes_, kLarge);
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port(), kSmallBuffer);
  client.send(kGetFile);
  ASSERT_TRUE(file.wait_until_asked());
  server.settle();

  // Between two pages: of the page it cuts through the kernel zeroes the rest, also where that is
  // on its way to a client. Nobody may do so to a file that a tier answers from.
  file.truncate_between_pages(kLarge / 8);
  const std::string received = client.read_to_end();

  const std::size_t end_of_head = received.find("\r\n\r\n") + 4;
  ASSERT_GE(received.size(), end_of_head);
  EXPECT_LT(received.size(), kLarge);
  EXPECT_TRUE(file.text().starts_with(received.substr(end_of_head)));
  EXPECT_TRUE(server.wait_for_connections(0));
  EXPECT_EQ(file.users(), 0);
}

TEST_P(HttpFileBody, IsGivenUpWhenItsClientLeaves) {
  ASSERT_EQ(std::signal(SIGPIPE, SIG_DFL), SIG_DFL);
  FileRoute file(routes_, kLarge);
  RunningServer server(routes_, GetParam());

  for (int i = 0; i < 8; ++i) {
    HttpClient client(server.port(), kSmallBuffer);
    client.send(kGetFile);
    ASSERT_TRUE(file.wait_until_asked());
    if (i % 2 == 0) server.settle();
    // Who has said that it has finished and then resets gives the server EPIPE, not ECONNRESET.
    if (i % 4 < 2) client.finish_sending();
    client.reset();
  }

  EXPECT_TRUE(server.wait_for_connections(0));
  EXPECT_EQ(file.users(), 0);
  EXPECT_EQ(server.log().count(LogLevel::kError), 0U);
  HttpClient next(server.port());
  EXPECT_EQ(next.exchange(kGet).body, "hello");
}

}  // namespace
}  // namespace refrain::testing
