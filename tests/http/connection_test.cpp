/// @file
/// What a client sees of one connection: replies in order, bodies in any pieces, keep-alive.

#include "refrain/http/connection.h"

#include "http/gate.h"
#include "http/running_server.h"
#include "http/sample_routes.h"
#include "support/http_client.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <semaphore>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace refrain::testing {
namespace {

const std::string kGet = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";

std::string post(const std::string& body) {
  return "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

// Text in which no two neighbouring pieces are alike.
std::string long_text(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i)
    text += std::to_string(i) + ",";
  text.resize(size);
  return text;
}

// `body` as chunks of the sizes given in turn.
std::string chunked(std::string_view body, const std::vector<std::size_t>& sizes) {
  std::string result;
  for (std::size_t i = 0; !body.empty(); ++i) {
    const std::string_view chunk = body.substr(0, sizes[i % sizes.size()]);
    body.remove_prefix(chunk.size());
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + 20, chunk.size(), 16).ptr;
    result.append(digits.data(), end).append("\r\n").append(chunk).append("\r\n");
  }
  return result + "0\r\n\r\n";
}

const std::string kChunkedHead =
    "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Everything here holds with one event loop and with two.
class HttpConnection : public ::testing::TestWithParam<std::size_t> {
protected:
  SampleRoutes routes_;
};

INSTANTIATE_TEST_SUITE_P(Loops, HttpConnection, ::testing::Values(1, 2));

TEST_P(HttpConnection, AnswersAGet) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  const HttpReply reply = client.exchange(kGet);

  EXPECT_EQ(reply.status_line, "HTTP/1.1 200 OK");
  EXPECT_EQ(reply.header("Content-Type"), "text/plain");
  EXPECT_EQ(reply.header("Content-Length"), "5");
  EXPECT_TRUE(reply.header("Date").ends_with(" GMT")) << reply.header("Date");
  EXPECT_FALSE(reply.has_header("Connection"));
  EXPECT_EQ(reply.body, "hello");
}

TEST_P(HttpConnection, AnswersManyRequestsOneAfterTheOther) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  for (int i = 0; i < 200; ++i) {
    const std::string body = long_text(static_cast<std::size_t>(i) * 37);

    const HttpReply reply = client.exchange(i % 2 == 0 ? kGet : post(body));

    ASSERT_EQ(reply.status, 200U) << i;
    ASSERT_EQ(reply.body, i % 2 == 0 ? "hello" : body) << i;
  }
}

TEST_P(HttpConnection, AnswersPipelinedRequestsInTheirOrder) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  client.send(post("first") + kGet + post("third"));

  EXPECT_EQ(client.read_reply().body, "first");
  EXPECT_EQ(client.read_reply().body, "hello");
  EXPECT_EQ(client.read_reply().body, "third");
}

TEST_P(HttpConnection, AnswersPipelinedRequestsThatAreSplitAnywhere) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());
  const std::string three = post("first") + kChunkedHead + chunked("second", {4, 1}) + kGet;

  for (std::size_t split = 1; split < three.size(); ++split) {
    client.send(three.substr(0, split));
    server.settle();
    client.send(three.substr(split));

    ASSERT_EQ(client.read_reply().body, "first") << split;
    ASSERT_EQ(client.read_reply().body, "second") << split;
    ASSERT_EQ(client.read_reply().body, "hello") << split;
  }
}

TEST_P(HttpConnection, AnswersRequestsThatArriveByteByByte) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  client.send_in_pieces(
      post("first") + kChunkedHead + chunked("second", {4, 1}) + kGet + post(long_text(3000)), 1);

  EXPECT_EQ(client.read_reply().body, "first");
  EXPECT_EQ(client.read_reply().body, "second");
  EXPECT_EQ(client.read_reply().body, "hello");
  EXPECT_EQ(client.read_reply().body, long_text(3000));
}

TEST_P(HttpConnection, AnswersMorePipelinedRequestsThanItsBufferHolds) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());
  std::string all;
  for (std::size_t i = 0; i < 300; ++i)
    all += post(long_text(i));

  std::thread sender([&] { client.send(all); });
  std::size_t right = 0;
  for (std::size_t i = 0; i < 300; ++i)
    right += client.read_reply().body == long_text(i) ? 1U : 0U;
  sender.join();

  EXPECT_EQ(right, 300U);
}

TEST_P(HttpConnection, TakesABodyThatComesAfterItsHead) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());
  const std::string body = long_text(1000);
  const std::string request = post(body);
  const std::size_t head_size = request.size() - body.size();

  client.send(request.substr(0, head_size));
  server.settle();
  client.send(body);

  EXPECT_EQ(client.read_reply().body, body);
}

TEST_P(HttpConnection, TakesABodyInTwoPieces) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());
  const std::string body = long_text(1000);
  const std::string request = post(body);

  client.send(request.substr(0, request.size() - 500));
  server.settle();
  client.send(request.substr(request.size() - 500));

  EXPECT_EQ(client.read_reply().body, body);
}

TEST_P(HttpConnection, TakesABodyLargerThanItsBuffer) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());
  const std::string body = long_text(60'000);

  client.send_in_pieces(post(body), 1999);

  EXPECT_EQ(client.read_reply().body, body);
  EXPECT_EQ(client.exchange(kGet).body, "hello");
}

TEST_P(HttpConnection, TakesABodyOfExactlyTheLimit) {
  http::Limits limits;
  RunningServer server(routes_, GetParam(), limits);
  HttpClient client(server.port());
  const std::string body = long_text(limits.max_body_bytes);

  EXPECT_EQ(client.exchange(post(body)).body, body);
  EXPECT_EQ(client.exchange(kChunkedHead + chunked(body, {40'000})).body, body);
}

TEST_P(HttpConnection, TakesAnEmptyBody) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  EXPECT_EQ(client.exchange(post("")).status, 200U);
  EXPECT_EQ(client.exchange(kChunkedHead + "0\r\n\r\n").status, 200U);
  EXPECT_EQ(client.exchange(kGet).body, "hello");
}

TEST_P(HttpConnection, TakesChunksInAnyPieces) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());
  const std::string body = long_text(5000);
  const std::string request = kChunkedHead + chunked(body, {1, 2, 300, 17, 1000});

  for (const std::size_t piece : {1U, 2U, 3U, 5U, 7U, 61U, 509U, 4096U}) {
    client.send_in_pieces(request, piece);

    ASSERT_EQ(client.read_reply().body, body) << piece;
  }
}

TEST_P(HttpConnection, TakesTheLastChunkInAnyPieces) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());
  const std::string last = "0\r\n\r\n";

  for (std::size_t first = 0; first < last.size(); ++first) {
    for (std::size_t second = first; second < last.size(); ++second) {
      client.send(kChunkedHead + last.substr(0, first));
      server.settle();
      client.send(last.substr(first, second - first));
      server.settle();
      client.send(last.substr(second));

      ASSERT_EQ(client.read_reply().status, 200U) << first << ", " << second;
    }
  }
}

TEST_P(HttpConnection, TakesChunkExtensionsAndIgnoresThem) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  client.send(kChunkedHead + "3;a=b;c=\"d;e\"\r\nabc\r\n0;f\r\n\r\n");

  EXPECT_EQ(client.read_reply().body, "abc");
}

TEST_P(HttpConnection, DoesNotMistakeATrailerForAHeader) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  client.send(
      "POST /header HTTP/1.1\r\nHost: x\r\nX-Test: true\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n0\r\nAuthorization: Bearer stolen\r\nX-Request-Id: late\r\n\r\n");
  const HttpReply reply = client.read_reply();

  EXPECT_EQ(reply.body, "true|");
  EXPECT_NE(reply.header("X-Request-Id"), "late");
  EXPECT_EQ(client.exchange(kGet).body, "hello");
}

TEST_P(HttpConnection, IgnoresAnEmptyLineBeforeARequest) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  EXPECT_EQ(client.exchange("\r\n" + kGet).body, "hello");
  EXPECT_EQ(client.exchange(post("a") + "\r\n" + kGet).body, "a");
  EXPECT_EQ(client.read_reply().body, "hello");
}

TEST_P(HttpConnection, TakesATargetInAbsoluteForm) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  EXPECT_EQ(client.exchange("GET http://x:80/target?a=http://y/ HTTP/1.1\r\nHost: x\r\n\r\n").body,
            "/target?a=http://y/");
}

TEST_P(HttpConnection, AnswersAHeadWithTheLengthAndWithoutTheBody) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  client.send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n" + kGet);
  const HttpReply head = client.read_reply(Content::kIsAbsent);
  const HttpReply get = client.read_reply();

  EXPECT_EQ(head.status, 200U);
  EXPECT_EQ(head.header("Content-Length"), "5");
  EXPECT_EQ(head.header("Content-Type"), "text/plain");
  EXPECT_EQ(get.body, "hello");
}

TEST_P(HttpConnection, SendsNoContentWithStatusesThatHaveNone) {
  routes_.router().add(http::Method::kGet,
                       "/not-modified",
                       [](const http::Request& /*request*/, http::Response& response) {
                         response.set_status(304);
                         response.add_header("ETag", "\"1\"");
                         response.set_body("text/plain", "not to be sent");
                         return std::optional<Task<void>>();
                       });
  routes_.router().add(http::Method::kDelete,
                       "/nothing",
                       [](const http::Request& /*request*/, http::Response& response) {
                         response.set_status(204);
                         response.set_body("text/plain", "not to be sent");
                         return std::optional<Task<void>>();
                       });
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  client.send("GET /not-modified HTTP/1.1\r\nHost: x\r\n\r\n" + kGet);
  const HttpReply not_modified = client.read_reply();
  EXPECT_EQ(client.read_reply().body, "hello");
  client.send("DELETE /nothing HTTP/1.1\r\nHost: x\r\n\r\n" + kGet);
  const HttpReply nothing = client.read_reply();
  EXPECT_EQ(client.read_reply().body, "hello");

  EXPECT_EQ(not_modified.status_line, "HTTP/1.1 304 Not Modified");
  EXPECT_EQ(not_modified.header("ETag"), "\"1\"");
  EXPECT_FALSE(not_modified.has_header("Content-Length"));
  EXPECT_EQ(nothing.status_line, "HTTP/1.1 204 No Content");
  EXPECT_FALSE(nothing.has_header("Content-Length"));
}

TEST_P(HttpConnection, ClosesWhenTheClientAsksForIt) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  client.send("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + kGet);
  const HttpReply reply = client.read_reply();

  EXPECT_EQ(reply.header("Connection"), "close");
  EXPECT_EQ(reply.body, "hello");
  EXPECT_EQ(client.wait_for_end(), Ending::kClosed);
}

TEST_P(HttpConnection, ClosesAfterAnAnswerToHttp10) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  const HttpReply reply = client.exchange("GET /hello HTTP/1.0\r\n\r\n");

  EXPECT_EQ(reply.header("Connection"), "close");
  EXPECT_EQ(reply.body, "hello");
  EXPECT_EQ(client.wait_for_end(), Ending::kClosed);
}

TEST_P(HttpConnection, KeepsAnHttp10ConnectionThatAsksForIt) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());
  const std::string request = "GET /hello HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n";

  const HttpReply first = client.exchange(request);
  const HttpReply second = client.exchange(request);

  EXPECT_EQ(first.header("Connection"), "keep-alive");
  EXPECT_EQ(second.body, "hello");
}

TEST_P(HttpConnection, AnswersAClientThatHasFinishedSending) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  client.send(kGet + kGet);
  client.finish_sending();

  EXPECT_EQ(client.read_reply().body, "hello");
  EXPECT_EQ(client.read_reply().body, "hello");
  EXPECT_EQ(client.wait_for_end(), Ending::kClosed);
}

TEST_P(HttpConnection, ForgetsAClientThatLeavesInTheMiddle) {
  RunningServer server(routes_, GetParam());
  const std::string request = post(long_text(100));

  for (std::size_t size = 0; size < request.size(); size += 11) {
    HttpClient client(server.port());
    client.send(request.substr(0, size));
    if (size % 2 == 0) client.reset();
  }

  EXPECT_TRUE(server.wait_for_connections(0));
  HttpClient next(server.port());
  EXPECT_EQ(next.exchange(kGet).body, "hello");
}

TEST_P(HttpConnection, SaysContinueToAClientThatWaitsForIt) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  client.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  const HttpReply interim = client.read_reply();
  client.send("ab");
  server.settle();
  client.send("cde" + kGet);

  EXPECT_EQ(interim.status_line, "HTTP/1.1 100 Continue");
  EXPECT_EQ(client.read_reply().body, "abcde");
  EXPECT_EQ(client.read_reply().body, "hello");
}

TEST_P(HttpConnection, DoesNotSayContinueToAClientThatDidNotWait) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  const HttpReply reply = client.exchange(
      "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nabcde");

  EXPECT_EQ(reply.status, 200U);
}

TEST_P(HttpConnection, DoesNotSayContinueToHttp10) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  client.send("POST /echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  server.settle();
  const HttpReply reply = client.exchange("abcde");

  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.body, "abcde");
}

TEST_P(HttpConnection, RefusesTheBodyInsteadOfSayingContinue) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  const HttpReply reply = client.exchange(
      "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 70000\r\n\r\n");

  EXPECT_EQ(reply.status, 413U);
}

TEST_P(HttpConnection, EchoesARequestId) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());
  const std::string longest(128, 'i');

  for (const std::string& id : {std::string("a-1_!~"), longest}) {
    const HttpReply reply =
        client.exchange("GET /hello HTTP/1.1\r\nHost: x\r\nx-request-ID:  " + id + " \r\n\r\n");

    EXPECT_EQ(reply.header("X-Request-Id"), id);
  }
}

TEST_P(HttpConnection, ReplacesARequestIdThatIsNone) {
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  for (const std::string& id : {std::string(),
                                std::string("two words"),
                                std::string("caf\xc3\xa9"),
                                std::string(129, 'i')}) {
    const HttpReply reply =
        client.exchange("GET /hello HTTP/1.1\r\nHost: x\r\nX-Request-Id: " + id + "\r\n\r\n");

    EXPECT_FALSE(reply.header("X-Request-Id").empty());
    EXPECT_NE(reply.header("X-Request-Id"), id);
  }
}

TEST_P(HttpConnection, NeverGivesTheSameRequestIdTwice) {
  RunningServer server(routes_, GetParam());
  std::set<std::string, std::less<>> ids;

  for (int i = 0; i < 10; ++i) {
    HttpClient client(server.port());
    ids.emplace(client.exchange(kGet).header("X-Request-Id"));
    ids.emplace(client.exchange(kGet).header("X-Request-Id"));
    ids.emplace(client.exchange("rubbish\r\n\r\n").header("X-Request-Id"));
  }

  EXPECT_EQ(ids.size(), 30U);
  EXPECT_FALSE(ids.contains(""));
}

TEST_P(HttpConnection, SaysWhetherTheClientIsOnThisMachine) {
  bool is_from_loopback = false;
  routes_.router().add(http::Method::kGet,
                       "/where",
                       [&](const http::Request& request, http::Response& /*response*/) {
                         is_from_loopback = request.is_from_loopback();
                         return std::optional<Task<void>>();
                       });
  const std::string request = "GET /where HTTP/1.1\r\nHost: x\r\n\r\n";

  for (const auto& [listen, connect] : std::vector<std::pair<std::string, std::string>>{
           {"127.0.0.1", "127.0.0.1"}, {"::1", "::1"}, {"::", "::1"}, {"::", "127.0.0.1"}}) {
    is_from_loopback = false;
    RunningServer server(routes_, GetParam(), {}, listen);
    HttpClient client(server.port(), connect);
    EXPECT_EQ(client.exchange(request).status, 200U);
    EXPECT_TRUE(is_from_loopback) << connect << " to " << listen;
  }
}

// What a handler may throw, at once and later.
Task<void> throw_after_passing(Gate& gate, bool is_exception) {
  co_await gate.pass();
  if (is_exception) throw std::runtime_error("later");
  throw 7;
}

TEST_P(HttpConnection, SurvivesAHandlerThatThrows) {
  Gate gate;
  gate.open();
  const auto add = [&](const char* path, auto fail) {
    routes_.router().add(http::Method::kGet,
                         path,
                         [fail](const http::Request& /*request*/,
                                http::Response& response) -> std::optional<Task<void>> {
                           response.add_header("X-Half", "done");
                           response.set_body("text/plain", "half an answer");
                           return fail();
                         });
  };
  add("/throw", []() -> std::optional<Task<void>> { throw std::runtime_error("at once"); });
  add("/throw-int", []() -> std::optional<Task<void>> { throw 7; });
  add("/later", [&]() -> std::optional<Task<void>> { return throw_after_passing(gate, true); });
  add("/later-int",
      [&]() -> std::optional<Task<void>> { return throw_after_passing(gate, false); });
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  for (const char* path : {"/throw", "/throw-int", "/later", "/later-int"}) {
    const HttpReply reply =
        client.exchange("GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n\r\n");

    EXPECT_EQ(reply.status_line, "HTTP/1.1 500 Internal Server Error") << path;
    EXPECT_FALSE(reply.has_header("X-Half")) << path;
    EXPECT_EQ(reply.body,
              R"({"error":{"message":"the request could not be answered","type":"server_error",)"
              R"("param":null,"code":"internal"}})")
        << path;
    EXPECT_EQ(client.exchange(kGet).body, "hello") << path;
  }
  EXPECT_EQ(server.log().count(LogLevel::kError), 4U);
}

Task<void> answer_after_passing(Gate& gate,
                                const http::Request& request,
                                http::Response& response) {
  co_await gate.pass();
  response.set_body("text/plain",
                    std::string(request.target()) + " " + std::string(request.header("X-Test")) +
                        " " + std::string(request.body()));
}

TEST_P(HttpConnection, KeepsTheRequestWhileItIsAnsweredLater) {
  Gate gate;
  routes_.router().add(
      http::Method::kPost, "/later*", [&](const http::Request& request, http::Response& response) {
        return std::optional(answer_after_passing(gate, request, response));
      });
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  client.send(
      "POST /later?a=b HTTP/1.1\r\nHost: x\r\nX-Test: kept\r\nContent-Length: 4\r\n\r\nbody");
  gate.wait_for_arrival();
  client.send(post(long_text(20'000)) + kGet);
  server.settle();
  gate.open();

  EXPECT_EQ(client.read_reply().body, "/later?a=b kept body");
  EXPECT_EQ(client.read_reply().body, long_text(20'000));
  EXPECT_EQ(client.read_reply().body, "hello");
}

TEST_P(HttpConnection, KeepsABodyInPiecesWhileItIsAnsweredLater) {
  Gate gate;
  routes_.router().add(
      http::Method::kPost, "/later*", [&](const http::Request& request, http::Response& response) {
        return std::optional(answer_after_passing(gate, request, response));
      });
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());
  const std::string body = long_text(30'000);

  client.send(
      "POST /later HTTP/1.1\r\nHost: x\r\nX-Test: kept\r\nTransfer-Encoding: chunked\r\n\r\n" +
      chunked(body, {777}) + kGet);
  gate.wait_for_arrival();
  gate.open();

  EXPECT_EQ(client.read_reply().body, "/later kept " + body);
  EXPECT_EQ(client.read_reply().body, "hello");
}

Task<void> count_after_passing(Gate& gate, std::atomic<int>& count) {
  co_await gate.pass();
  ++count;
}

TEST_P(HttpConnection, CompletesTheWorkOfAClientThatHasLeft) {
  Gate gate;
  std::atomic<int> done = 0;
  routes_.router().add(http::Method::kGet,
                       "/count",
                       [&](const http::Request& /*request*/, http::Response& /*response*/) {
                         return std::optional(count_after_passing(gate, done));
                       });
  RunningServer server(routes_, GetParam());
  HttpClient reset(server.port());
  HttpClient closed(server.port());

  for (HttpClient* client : {&reset, &closed}) {
    client->send("GET /count HTTP/1.1\r\nHost: x\r\n\r\n");
    gate.wait_for_arrival();
  }
  reset.reset();
  closed.close();
  gate.open();

  EXPECT_TRUE(server.wait_for_connections(0));
  EXPECT_EQ(done, 2);
}

// Serves the path /shared from a body that its handler shares, more than the kernel takes at once.
class SharedBody {
public:
  explicit SharedBody(SampleRoutes& routes) {
    routes.router().add(http::Method::kGet,
                        "/shared",
                        [this](const http::Request& /*request*/, http::Response& response) {
                          const std::shared_ptr<const std::string> owner(
                              new std::string(text_), [this](const std::string* body) {
                                is_released_ = true;
                                delete body;
                              });
                          response.set_shared_body(owner, "text/plain", *owner);
                          asked_.release();
                          return std::optional<Task<void>>();
                        });
  }

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool is_released() const { return is_released_; }
  [[nodiscard]] bool wait_until_asked() { return asked_.try_acquire_for(std::chrono::seconds(10)); }

private:
  const std::string text_ = long_text(8U << 20U);
  std::atomic<bool> is_released_ = false;
  std::binary_semaphore asked_{0};
};

TEST_P(HttpConnection, KeepsASharedBodyUntilItIsSentAndNoLonger) {
  SharedBody shared(routes_);
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  client.send("GET /shared HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(shared.wait_until_asked());
  server.settle();
  const bool was_released_early = shared.is_released();
  const HttpReply reply = client.read_reply();
  const HttpReply next = client.exchange(kGet);

  EXPECT_FALSE(was_released_early);
  EXPECT_EQ(reply.body, shared.text());
  EXPECT_EQ(next.body, "hello");
  EXPECT_TRUE(shared.is_released());
}

TEST_P(HttpConnection, ReleasesASharedBodyWhoseClientHasLeft) {
  SharedBody shared(routes_);
  RunningServer server(routes_, GetParam());
  HttpClient client(server.port());

  client.send("GET /shared HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(shared.wait_until_asked());
  client.reset();

  EXPECT_TRUE(server.wait_for_connections(0));
  EXPECT_TRUE(shared.is_released());
}

}  // namespace
}  // namespace refrain::testing
