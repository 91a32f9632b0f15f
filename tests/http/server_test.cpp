/// @file
/// Opening, draining and stopping.

#include "refrain/http/server.h"

#include "http/gate.h"
#include "http/running_server.h"
#include "http/sample_routes.h"
#include "support/http_client.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace refrain::testing {
namespace {

const std::string kGet = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string kLater = "GET /later HTTP/1.1\r\nHost: x\r\n\r\n";

Task<void> say_later(Gate& gate, http::Response& response) {
  co_await gate.pass();
  response.set_body("text/plain", "later");
}

/// Everything here holds with one event loop and with two.
class HttpServer : public ::testing::TestWithParam<std::size_t> {
protected:
  HttpServer() {
    routes_.router().add(http::Method::kGet,
                         "/later",
                         [this](const http::Request& /*request*/, http::Response& response) {
                           return std::optional(say_later(gate_, response));
                         });
  }

  Gate gate_;
  SampleRoutes routes_;
};

INSTANTIATE_TEST_SUITE_P(Loops, HttpServer, ::testing::Values(1, 2));

Result<std::unique_ptr<http::Server>> open_on(boost::asio::io_context& loop,
                                              http::Handler& handler,
                                              const std::string& host,
                                              std::uint16_t port) {
  static NullLog log;
  http::Server::Address address;
  address.host = host;
  address.port = port;
  return http::Server::open(address, {&loop}, handler, http::Limits(), log);
}

TEST_P(HttpServer, PicksAFreePort) {
  RunningServer first(routes_, GetParam());
  RunningServer second(routes_, GetParam());

  EXPECT_NE(first.port(), 0);
  EXPECT_NE(first.port(), second.port());
  EXPECT_EQ(HttpClient(first.port()).exchange(kGet).body, "hello");
  EXPECT_EQ(HttpClient(second.port()).exchange(kGet).body, "hello");
}

TEST_P(HttpServer, ListensOnIpv6) {
  RunningServer server(routes_, GetParam(), {}, "::1");

  EXPECT_EQ(HttpClient(server.port(), "::1").exchange(kGet).body, "hello");
}

TEST_P(HttpServer, KnowsLocalhostByName) {
  RunningServer server(routes_, GetParam(), {}, "localhost");

  EXPECT_EQ(HttpClient(server.port()).exchange(kGet).body, "hello");
}

TEST_P(HttpServer, RefusesAPortThatIsTaken) {
  RunningServer server(routes_, GetParam());
  boost::asio::io_context loop(1);

  const auto second = open_on(loop, routes_, "127.0.0.1", server.port());

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(second.error().message().find("127.0.0.1 port " + std::to_string(server.port())),
            std::string::npos)
      << second.error().message();
}

TEST_P(HttpServer, TakesAPortAgainThatAServerHasLeft) {
  std::uint16_t port = 0;
  {
    RunningServer server(routes_, GetParam());
    port = server.port();
    HttpClient client(port);
    EXPECT_EQ(client.exchange(kGet).body, "hello");
  }
  boost::asio::io_context loop(1);

  EXPECT_TRUE(open_on(loop, routes_, "127.0.0.1", port));
}

TEST(HttpServerAddress, IsRefusedIfItIsNoAddressOrNotOurs) {
  boost::asio::io_context loop(1);
  SampleRoutes routes;

  const auto not_an_address = open_on(loop, routes, "no such host", 0);
  const auto not_ours = open_on(loop, routes, "192.0.2.1", 0);

  ASSERT_FALSE(not_an_address);
  EXPECT_EQ(not_an_address.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(not_an_address.error().message().find("no such host"), std::string::npos);
  ASSERT_FALSE(not_ours);
  EXPECT_EQ(not_ours.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(not_ours.error().message().find("192.0.2.1"), std::string::npos);
}

TEST_P(HttpServer, TurnsAwayWhatIsMoreThanItsConnections) {
  http::Limits limits;
  limits.max_connections = 2;
  RunningServer server(routes_, GetParam(), limits);
  HttpClient first(server.port());
  HttpClient second(server.port());
  EXPECT_EQ(first.exchange(kGet).body, "hello");
  EXPECT_EQ(second.exchange(kGet).body, "hello");

  HttpClient third(server.port());
  const HttpReply reply = third.exchange(kGet);
  third.finish_sending();
  const Ending ending = third.wait_for_end();
  second.close();
  ASSERT_TRUE(server.wait_for_connections(1));
  HttpClient fourth(server.port());

  EXPECT_EQ(reply.status_line, "HTTP/1.1 503 Service Unavailable");
  EXPECT_EQ(reply.header("Retry-After"), "1");
  EXPECT_EQ(reply.header("Connection"), "close");
  EXPECT_EQ(reply.body,
            R"({"error":{"message":"too many connections; try again soon",)"
            R"("type":"unavailable_error","param":null,"code":"unavailable"}})");
  EXPECT_EQ(ending, Ending::kClosed);
  EXPECT_EQ(first.exchange(kGet).body, "hello");
  EXPECT_EQ(fourth.exchange(kGet).body, "hello");
}

TEST_P(HttpServer, DoesNotResetAConnectionThatItTurnsAway) {
  http::Limits limits;
  limits.max_connections = 0;
  RunningServer server(routes_, GetParam(), limits);
  HttpClient client(server.port());
  server.settle();

  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n");
  client.send(std::string(60'000, 'b'));
  const HttpReply reply = client.read_reply();
  client.finish_sending();

  EXPECT_EQ(reply.status, 503U);
  EXPECT_EQ(client.wait_for_end(), Ending::kClosed);
}

TEST_P(HttpServer, ClosesIdleConnectionsWhenItDrains) {
  RunningServer server(routes_, GetParam());
  HttpClient served(server.port());
  HttpClient silent(server.port());
  EXPECT_EQ(served.exchange(kGet).body, "hello");
  ASSERT_TRUE(server.wait_for_connections(2));

  server.server().drain();

  EXPECT_EQ(served.wait_for_end(), Ending::kClosed);
  EXPECT_EQ(silent.wait_for_end(), Ending::kClosed);
  EXPECT_TRUE(server.wait_for_connections(0));
}

TEST_P(HttpServer, FinishesWhatIsUnderWayWhenItDrains) {
  RunningServer server(routes_, GetParam());
  HttpClient busy(server.port());
  HttpClient sending(server.port());
  busy.send(kLater + kGet);
  gate_.wait_for_arrival();
  sending.send(kGet.substr(0, 20));
  ASSERT_TRUE(server.wait_for_connections(2));
  server.settle();

  server.server().drain();
  gate_.open();
  const HttpReply later = busy.read_reply();
  const HttpReply sent = sending.exchange(kGet.substr(20));

  EXPECT_EQ(later.body, "later");
  EXPECT_EQ(later.header("Connection"), "close");
  EXPECT_EQ(busy.wait_for_end(), Ending::kClosed);
  EXPECT_EQ(sent.body, "hello");
  EXPECT_EQ(sent.header("Connection"), "close");
}

TEST_P(HttpServer, AcceptsNoMoreWhenItDrains) {
  RunningServer server(routes_, GetParam());
  EXPECT_TRUE(can_connect(server.port()));

  server.server().drain();
  server.settle();

  EXPECT_FALSE(can_connect(server.port()));
}

TEST_P(HttpServer, LetsARefusedClientReadWhyAlsoWhenItDrains) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
  const HttpReply reply = client.read_reply();
  server.settle();

  server.server().drain();
  server.settle();
  client.send(std::string(1'000'000, 'b'));
  client.finish_sending();

  EXPECT_EQ(reply.status, 413U);
  EXPECT_EQ(client.wait_for_end(), Ending::kClosed);
}

TEST_P(HttpServer, MayBeDrainedAndStoppedMoreThanOnce) {
  RunningServer server(routes_, GetParam());

  server.server().drain();
  server.server().drain();
  server.server().stop();
  server.server().stop();

  EXPECT_EQ(server.server().connection_count(), 0U);
}

TEST_P(HttpServer, LeavesNothingBehindWhenItStops) {
  auto server = std::make_unique<RunningServer>(routes_, GetParam());
  HttpClient idle(server->port());
  HttpClient in_head(server->port());
  HttpClient in_body(server->port());
  HttpClient lingering(server->port());
  HttpClient busy(server->port());
  in_head.send("GET /hello HT");
  in_body.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc");
  EXPECT_EQ(lingering.exchange("rubbish\r\n\r\n").status, 400U);
  busy.send(kLater);
  gate_.wait_for_arrival();
  ASSERT_TRUE(server->wait_for_connections(5));
  server->settle();

  server->server().stop();
  gate_.open();
  server.reset();  // ends only when every loop has

  for (HttpClient* client : {&idle, &in_head, &in_body, &lingering, &busy})
    EXPECT_NE(client->wait_for_end(), Ending::kStillOpen);
}

TEST(HttpServerLifetime, MayEndBeforeTheLoopsWithConnectionsOpen) {
  SampleRoutes routes;
  NullLog log;
  auto loop = std::make_unique<boost::asio::io_context>(1);
  auto server = open_on(*loop, routes, "127.0.0.1", 0);
  ASSERT_TRUE(server);
  std::thread thread([&] { loop->run(); });
  HttpClient idle((*server)->port());
  HttpClient in_head((*server)->port());
  EXPECT_EQ(idle.exchange(kGet).body, "hello");
  EXPECT_EQ(in_head.exchange(kGet + "GET /he").body, "hello");

  loop->stop();
  thread.join();
  server->reset();
  loop.reset();

  EXPECT_NE(idle.wait_for_end(), Ending::kStillOpen);
  EXPECT_NE(in_head.wait_for_end(), Ending::kStillOpen);
}

TEST(HttpServerLoad, AnswersManyClientsAtOnce) {
  SampleRoutes routes;
  RunningServer server(routes, 2);
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;

  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 10; ++k) {
        HttpClient client(server.port());
        for (int n = 0; n < 10; ++n)
          right += client.exchange(kGet).body == "hello" ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();

  EXPECT_EQ(right, 800);
}

}  // namespace
}  // namespace refrain::testing
