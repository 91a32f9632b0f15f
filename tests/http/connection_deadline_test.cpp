/// @file
/// Clients that are slow. These wait for real deadlines of one second, by reading until the server
/// does something.

#include "refrain/http/connection.h"

#include "http/file_route.h"
#include "http/running_server.h"
#include "http/sample_routes.h"
#include "support/http_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace refrain::testing {
namespace {

const std::string kGet = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";

http::Limits one_second() {
  http::Limits limits;
  limits.idle_timeout = std::chrono::seconds(1);
  limits.header_timeout = std::chrono::seconds(1);
  limits.body_timeout = std::chrono::seconds(1);
  limits.write_timeout = std::chrono::seconds(1);
  return limits;
}

TEST(HttpDeadline, RefusesAHeadThatDoesNotEnd) {
  SampleRoutes routes;
  RunningServer server(routes, 1, one_second());
  HttpClient client(server.port());

  const HttpReply reply = client.exchange("GET /hello HTTP/1.1\r\nHost: x\r\nX-Slow: ");

  EXPECT_EQ(reply.status_line, "HTTP/1.1 408 Request Timeout");
  EXPECT_EQ(reply.header("Connection"), "close");
  client.finish_sending();
  EXPECT_EQ(client.wait_for_end(), Ending::kClosed);
}

TEST(HttpDeadline, RefusesABodyThatDoesNotEnd) {
  SampleRoutes routes;
  RunningServer server(routes, 1, one_second());
  HttpClient client(server.port());

  const HttpReply reply =
      client.exchange("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc");

  EXPECT_EQ(reply.status, 408U);
  EXPECT_EQ(reply.header("Connection"), "close");
}

TEST(HttpDeadline, IsNotPutOffByAByteNowAndThen) {
  SampleRoutes routes;
  http::Limits limits = one_second();
  limits.max_header_bytes = 16U << 20U;  // more than can drip in ten seconds
  RunningServer server(routes, 1, limits);
  HttpClient client(server.port());
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(10);

  client.send("GET /hello HTTP/1.1\r\nHost: x\r\nX-Slow: ");
  while (!client.has_input() && std::chrono::steady_clock::now() < patience) {
    client.try_send("x");
    server.settle();
  }

  EXPECT_EQ(client.read_reply().status, 408U);
}

TEST(HttpDeadline, ClosesAnIdleConnectionWithoutAWord) {
  SampleRoutes routes;
  RunningServer server(routes, 1, one_second());
  HttpClient silent(server.port());
  HttpClient served(server.port());

  EXPECT_EQ(served.exchange(kGet).body, "hello");

  EXPECT_EQ(silent.wait_for_end(), Ending::kClosed);
  EXPECT_EQ(served.wait_for_end(), Ending::kClosed);
  EXPECT_TRUE(server.wait_for_connections(0));
}

TEST(HttpDeadline, GivesUpAClientThatDoesNotRead) {
  SampleRoutes routes;
  std::atomic<bool> is_released = false;
  routes.router().add(http::Method::kGet,
                      "/large",
                      [&](const http::Request& /*request*/, http::Response& response) {
                        const std::shared_ptr<const std::string> owner(
                            new std::string(16U << 20U, 'x'), [&](const std::string* body) {
                              is_released = true;
                              delete body;
                            });
                        response.set_shared_body(owner, "text/plain", *owner);
                        return std::optional<Task<void>>();
                      });
  RunningServer server(routes, 1, one_second());
  HttpClient client(server.port());

  client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");

  EXPECT_TRUE(server.wait_for_connections(1));
  EXPECT_TRUE(server.wait_for_connections(0));
  EXPECT_TRUE(is_released);
}

TEST(HttpDeadline, GivesUpAClientThatDoesNotReadAFile) {
  SampleRoutes routes;
  FileRoute file(routes, 16U << 20U);
  RunningServer server(routes, 1, one_second());
  HttpClient client(server.port());

  client.send("GET /file HTTP/1.1\r\nHost: x\r\n\r\n");

  EXPECT_TRUE(file.wait_until_asked());
  EXPECT_TRUE(server.wait_for_connections(0));
  EXPECT_EQ(file.users(), 0);
}

TEST(HttpDeadline, GivesUpAClientThatIsRefusedAndDoesNotLeave) {
  SampleRoutes routes;
  RunningServer server(routes);
  HttpClient client(server.port());

  EXPECT_EQ(client.exchange("rubbish\r\n\r\n").status, 400U);

  EXPECT_TRUE(server.wait_for_connections(0));
}

}  // namespace
}  // namespace refrain::testing
