/// @file
/// What a client gets that does not speak HTTP, or too much of it.

#include "refrain/http/connection.h"

#include "http/running_server.h"
#include "http/sample_routes.h"
#include "support/http_client.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>

namespace refrain::testing {
namespace {

using namespace std::string_literals;

const std::string kGet = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string kPost = "POST /echo HTTP/1.1\r\nHost: x\r\n";

/// One request that is refused, and how. Each is sent at once and byte by byte.
struct Wrong {
  const char* name;
  std::string request;
  unsigned status = 400;
};

std::ostream& operator<<(std::ostream& stream, const Wrong& wrong) {
  return stream << wrong.name;
}

class HttpRefusal : public ::testing::TestWithParam<Wrong> {
protected:
  SampleRoutes routes_;
};

std::string fields(std::size_t count) {
  std::string result;
  for (std::size_t i = 0; i < count; ++i)
    result += "X-" + std::to_string(i) + ": y\r\n";
  return result;
}

INSTANTIATE_TEST_SUITE_P(
    Of,
    HttpRefusal,
    ::testing::Values(
        Wrong{"Garbage", "\x16\x03\x01\x02\x00\x01\xfc\x03\r\n\r\n"s},
        Wrong{"WordsWithoutSense", "hello there\r\n\r\n"},
        Wrong{"NoTarget", "GET  HTTP/1.1\r\nHost: x\r\n\r\n"},
        Wrong{"Http09", "GET /hello\r\n\r\n"},
        Wrong{"Http2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        Wrong{"BadVersion", "GET /hello HTTP/1.x\r\nHost: x\r\n\r\n", 505},
        Wrong{"FutureVersion", "GET /hello HTTP/3.1\r\nHost: x\r\n\r\n", 505},
        Wrong{"NulInTarget", "GET /he\0llo HTTP/1.1\r\nHost: x\r\n\r\n"s},
        Wrong{"NulInName", "GET /hello HTTP/1.1\r\nHost: x\r\nA\0B: c\r\n\r\n"s},
        Wrong{"NulInValue", "GET /hello HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n"s},
        Wrong{"BareCarriageReturn", "GET /hello HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n"},
        Wrong{"SpaceBeforeColon", kPost + "Content-Length : 1\r\n\r\na"},
        Wrong{"SpaceBeforeName", "GET /hello HTTP/1.1\r\n Host: x\r\n\r\n"},
        Wrong{"NoColon", "GET /hello HTTP/1.1\r\nHost: x\r\nAB\r\n\r\n"},
        Wrong{"FoldedLine", "GET /hello HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n"},
        Wrong{"FoldedLength", kPost + "Content-Length: 1\r\n 1\r\n\r\nabcdefghijk"},
        Wrong{"NoHost", "GET /hello HTTP/1.1\r\nA: b\r\n\r\n"},
        Wrong{"TwoHosts", "GET /hello HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"},
        Wrong{"LengthAndChunks",
              kPost + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        Wrong{"ChunksAndLength",
              kPost + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"},
        Wrong{"TwoLengths", kPost + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"},
        Wrong{"ListOfLengths", kPost + "Content-Length: 1, 2\r\n\r\nab"},
        Wrong{"NegativeLength", kPost + "Content-Length: -1\r\n\r\n"},
        Wrong{"SignedLength", kPost + "Content-Length: +1\r\n\r\na"},
        Wrong{"HexadecimalLength", kPost + "Content-Length: 0x1\r\n\r\na"},
        Wrong{"EmptyLength", kPost + "Content-Length:\r\n\r\n"},
        Wrong{"LengthOverflow", kPost + "Content-Length: 18446744073709551617\r\n\r\na"},
        Wrong{"UnknownCoding", kPost + "Transfer-Encoding: gzip\r\n\r\n"},
        Wrong{"UnknownCodingAndLength",
              kPost + "Transfer-Encoding: xchunked\r\nContent-Length: 1\r\n\r\na"},
        Wrong{"CodingUnderChunks", kPost + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
        Wrong{"CodingsInTwoFields",
              kPost + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        Wrong{"ChunkedNotLast", kPost + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"},
        Wrong{"ChunkedTwice", kPost + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"},
        Wrong{"EmptyCoding", kPost + "Transfer-Encoding:\r\n\r\n0\r\n\r\n"},
        Wrong{"ChunksInHttp10",
              "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        Wrong{"ChunkSizeOfNoDigits", kPost + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n"},
        Wrong{"ChunkSizeWithSign",
              kPost + "Transfer-Encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n"},
        Wrong{"ChunkSizeWithPrefix",
              kPost + "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n"},
        Wrong{"ChunkSizeOverflow",
              kPost + "Transfer-Encoding: chunked\r\n\r\n10000000000000001\r\na\r\n0\r\n\r\n"},
        Wrong{"ChunkLongerThanItSays",
              kPost + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n"},
        Wrong{"BodyOverTheLimit",
              kPost + "Content-Length: 65537\r\n\r\n" + std::string(65'537, 'b'),
              413},
        Wrong{"ChunkOverTheLimit",
              kPost + "Transfer-Encoding: chunked\r\n\r\n10001\r\n" + std::string(65'537, 'b') +
                  "\r\n0\r\n\r\n",
              413},
        Wrong{"ChunksOverTheLimit",
              kPost + "Transfer-Encoding: chunked\r\n\r\n8000\r\n" + std::string(0x8000, 'b') +
                  "\r\n8001\r\n" + std::string(0x8001, 'b') + "\r\n0\r\n\r\n",
              413},
        Wrong{"TargetOverTheLimit",
              "GET /" + std::string(8192, 't') + " HTTP/1.1\r\nHost: x\r\n\r\n",
              431},
        Wrong{"FieldOverTheLimit",
              "GET /hello HTTP/1.1\r\nHost: x\r\nA: " + std::string(8192, 'a') + "\r\n\r\n",
              431},
        Wrong{"HeadOverTheLimit",
              "GET /" + std::string(5000, 't') +
                  " HTTP/1.1\r\nHost: x\r\nA: " + std::string(5000, 'a') + "\r\n\r\n",
              431},
        Wrong{"TooManyFields", "GET /hello HTTP/1.1\r\nHost: x\r\n" + fields(64) + "\r\n", 431},
        Wrong{"EndlessChunkExtension",
              kPost + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(20'000, 'e'),
              431}),
    [](const ::testing::TestParamInfo<Wrong>& wrong) { return std::string(wrong.param.name); });

TEST_P(HttpRefusal, IsReadableAndClosesTheConnectionAndTheServiceGoesOn) {
  RunningServer server(routes_);
  HttpClient before(server.port());
  ASSERT_EQ(before.exchange(kGet).body, "hello");

  for (const std::size_t piece : {GetParam().request.size(), std::size_t{1}}) {
    HttpClient client(server.port());
    std::string request = GetParam().request;
    // Byte by byte only as far as the interesting part goes: the rest is ballast.
    const std::size_t slow_part = std::min<std::size_t>(request.size(), 300);
    if (piece == 1) {
      for (std::size_t i = 0; i < slow_part; ++i)
        client.try_send(request.substr(i, 1));
      request.erase(0, slow_part);
    }
    client.try_send(request);
    const HttpReply reply = client.read_reply();
    client.finish_sending();

    EXPECT_EQ(reply.status, GetParam().status) << reply.body;
    EXPECT_EQ(reply.header("Connection"), "close");
    EXPECT_EQ(reply.header("Content-Type"), "application/json");
    EXPECT_TRUE(reply.body.starts_with(R"({"error":{"message":")")) << reply.body;
    EXPECT_EQ(client.wait_for_end(), Ending::kClosed);
  }
  EXPECT_EQ(before.exchange(kGet).body, "hello");
}

TEST_P(HttpRefusal, ComesAfterTheAnswersToWhatWasRight) {
  RunningServer server(routes_);
  HttpClient client(server.port());

  client.try_send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n" + kGet + GetParam().request);
  const HttpReply head = client.read_reply(Content::kIsAbsent);
  const HttpReply get = client.read_reply();
  const HttpReply refusal = client.read_reply();

  EXPECT_EQ(head.status, 200U);
  EXPECT_EQ(get.body, "hello");
  EXPECT_EQ(refusal.status, GetParam().status);
}

TEST(HttpConnection, RefusesAfterAHeadWithABody) {
  SampleRoutes routes;
  RunningServer server(routes);
  HttpClient client(server.port());

  client.send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\nrubbish\r\n\r\n");
  static_cast<void>(client.read_reply(Content::kIsAbsent));
  const HttpReply refusal = client.read_reply();

  EXPECT_EQ(refusal.status, 400U);
  EXPECT_FALSE(refusal.body.empty());
}

TEST(HttpConnection, TakesAHeadOfExactlyTheLimitHoweverItIsSplit) {
  SampleRoutes routes;
  const http::Limits limits;
  RunningServer server(routes, 1, limits);
  const std::string frame = "GET /hello HTTP/1.1\r\nHost: x\r\nA: \r\n\r\n";
  const auto head_of = [&](std::size_t size) {
    return "GET /hello HTTP/1.1\r\nHost: x\r\nA: " + std::string(size - frame.size(), 'a') +
           "\r\n\r\n";
  };

  for (const std::size_t piece : {1'000'000U, 4000U, 1009U, 31U}) {
    HttpClient fits(server.port());
    fits.send_in_pieces(head_of(limits.max_header_bytes), piece);
    EXPECT_EQ(fits.read_reply().status, 200U) << piece;
    HttpClient too_large(server.port());
    too_large.send_in_pieces(head_of(limits.max_header_bytes + 1), piece);
    EXPECT_EQ(too_large.read_reply().status, 431U) << piece;
  }
}

TEST(HttpConnection, TakesSixtyFourFields) {
  SampleRoutes routes;
  RunningServer server(routes);
  HttpClient client(server.port());

  EXPECT_EQ(client.exchange("GET /hello HTTP/1.1\r\nHost: x\r\n" + fields(63) + "\r\n").status,
            200U);
}

TEST(HttpConnection, LetsAClientReadWhyItsLargeBodyIsRefused) {
  SampleRoutes routes;
  RunningServer server(routes);
  HttpClient client(server.port());

  client.send(kPost + "Content-Length: 3000000\r\n\r\n");
  client.send(std::string(3'000'000, 'b'));
  const HttpReply reply = client.read_reply();
  client.finish_sending();

  EXPECT_EQ(reply.status_line, "HTTP/1.1 413 Content Too Large");
  EXPECT_NE(reply.body.find("65536 bytes"), std::string::npos) << reply.body;
  EXPECT_EQ(client.wait_for_end(), Ending::kClosed);
}

}  // namespace
}  // namespace refrain::testing
