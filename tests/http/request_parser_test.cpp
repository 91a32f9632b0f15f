#include "refrain/http/request_parser.h"

#include "http/request_feed.h"

#include <boost/beast/http/error.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace refrain::testing {
namespace {

namespace beast_http = boost::beast::http;

const std::string kPost =
    "POST /a/b?c=d HTTP/1.1\r\nHost: x\r\nEmpty:\r\nX-Test: \t two words \r\nContent-Length: 11\r\n"
    "\r\nhello world";
const std::string kChunked =
    "\r\nPOST /a/b?c=d HTTP/1.1\r\nhost: x\r\nX-Test: two words\r\nTransfer-Encoding: "
    "Chunked\r\n\r\n"
    "4;ext=\"1;2\"\r\nhell\r\n1\r\no\r\n6\r\n world\r\n00\r\nTrailer: no\r\nX-Test: no\r\n\r\n";
const std::string kNext = "GET /next HTTP/1.1\r\n";

void expect_the_post(const RequestFeed& feed, std::size_t size, std::string_view how) {
  ASSERT_TRUE(feed.is_done()) << how << ": " << feed.error().message();
  EXPECT_EQ(feed.size(), size) << how;
  EXPECT_EQ(feed.request().method(), http::Method::kPost) << how;
  EXPECT_EQ(feed.request().target(), "/a/b?c=d") << how;
  EXPECT_EQ(feed.request().header("Host"), "x") << how;
  EXPECT_EQ(feed.request().header("X-Test"), "two words") << how;
  EXPECT_EQ(feed.request().header("Trailer"), "") << how;
  EXPECT_EQ(feed.request().body(), "hello world") << how;
}

TEST(RequestParser, ReadsOneRequestAndLeavesTheNext) {
  for (const std::string& request : {kPost, kChunked}) {
    RequestFeed feed;

    feed.feed(request + kNext);

    expect_the_post(feed, request.size(), "at once");
  }
}

TEST(RequestParser, ReadsTheSameHoweverTheBytesAreSplit) {
  for (const std::string& request : {kPost, kChunked}) {
    const std::string bytes = request + kNext;
    for (std::size_t first = 0; first <= bytes.size(); ++first) {
      for (std::size_t second = first; second <= bytes.size(); ++second) {
        RequestFeed feed;

        feed.feed(bytes.substr(0, first));
        feed.feed(bytes.substr(first, second - first));
        feed.feed(bytes.substr(second));

        expect_the_post(feed, request.size(), std::to_string(first) + "," + std::to_string(second));
      }
    }
  }
}

TEST(RequestParser, ReadsTheSameByteByByteInABufferThatIsJustLargeEnough) {
  for (const std::string& request : {kPost, kChunked}) {
    http::Limits limits;
    limits.max_header_bytes = request.find("\r\n\r\n") + 4;
    RequestFeed feed(limits, 40);  // the trailer's size

    for (const char& byte : request)
      feed.feed({&byte, 1});

    expect_the_post(feed, request.size(), "byte by byte");
  }
}

TEST(RequestParser, IsNotDoneAndHasNothingToSayBeforeTheEnd) {
  for (const std::string& request : {kPost, kChunked}) {
    for (std::size_t size = 0; size < request.size(); ++size) {
      RequestFeed feed;

      feed.feed(request.substr(0, size));

      EXPECT_FALSE(feed.is_done()) << size;
      EXPECT_FALSE(feed.error()) << size << ": " << feed.error().message();
    }
  }
}

TEST(RequestParser, CopiesNothingThatComesAtOnce) {
  RequestFeed feed;

  feed.feed(kPost);

  EXPECT_TRUE(feed.is_in_buffer(feed.request().target()));
  EXPECT_TRUE(feed.is_in_buffer(feed.request().header("X-Test")));
  EXPECT_TRUE(feed.is_in_buffer(feed.request().body()));
}

TEST(RequestParser, CopiesNoBodyThatComesInOnePieceAfterItsHead) {
  RequestFeed feed;
  const std::size_t head_size = kPost.size() - 11;

  feed.feed(kPost.substr(0, head_size));
  feed.feed(kPost.substr(head_size));

  EXPECT_EQ(feed.request().body(), "hello world");
  EXPECT_TRUE(feed.is_in_buffer(feed.request().body()));
}

TEST(RequestParser, GathersABodyOfManyTimesItsBuffer) {
  http::Limits limits;
  limits.max_header_bytes = 100;
  limits.max_body_bytes = 100'000;
  std::string body;
  for (int i = 0; body.size() < 100'000; ++i)
    body += std::to_string(i);
  body.resize(100'000);
  RequestFeed feed(limits, 50);

  feed.feed("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + body);

  ASSERT_TRUE(feed.is_done()) << feed.error().message();
  EXPECT_EQ(feed.request().body(), body);
  EXPECT_EQ(feed.request().header("host"), "x");
}

TEST(RequestParser, ForgetsTheRequestBefore) {
  http::Request request;
  const http::Limits limits;
  http::RequestParser::ErrorCode error;
  {
    http::RequestParser parser(request, kPost, limits);
    parser.consume(kPost, error);
    ASSERT_TRUE(parser.is_done());
  }

  const http::RequestParser next(request, kPost, limits);

  EXPECT_EQ(request.method(), http::Method::kOther);
  EXPECT_EQ(request.target(), "");
  EXPECT_EQ(request.header("Host"), "");
  EXPECT_EQ(request.body(), "");
}

TEST(RequestParser, SaysWhatIsWrong) {
  const auto error_of = [](const std::string& request) {
    RequestFeed feed;
    feed.feed(request);
    return feed.error();
  };
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\n";

  EXPECT_EQ(error_of("\x16\x03\x01\r\n\r\n"), beast_http::error::bad_method);
  EXPECT_EQ(error_of("GET / HTTP/2.0\r\n\r\n"), beast_http::error::bad_version);
  EXPECT_EQ(error_of("GET / HTTP/1.1\r\n\r\n"), beast_http::error::bad_field);
  EXPECT_EQ(error_of(head + "A: b\r\n c\r\n\r\n"), beast_http::error::bad_value);
  EXPECT_EQ(error_of(head + "Content-Length: x\r\n\r\n"), beast_http::error::bad_content_length);
  EXPECT_EQ(error_of(head + "Content-Length: 65537\r\n\r\n"), beast_http::error::body_limit);
  EXPECT_EQ(error_of(head + "Transfer-Encoding: gzip\r\n\r\n"),
            beast_http::error::bad_transfer_encoding);
  EXPECT_EQ(error_of(head + "A: " + std::string(9000, 'b')), beast_http::error::header_limit);
  EXPECT_EQ(error_of(head + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n"),
            beast_http::error::bad_chunk);
}

TEST(RequestParser, HasWordsOfItsOwnForWhatBeastDoesNotKnow) {
  const auto complaint_of = [](const std::string& request) {
    RequestFeed feed;
    feed.feed(request);
    return std::string(feed.parser().complaint());
  };
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (std::size_t i = 0; i < http::Request::kMaxFields; ++i)
    many += "A: b\r\n";

  EXPECT_EQ(complaint_of(many + "\r\n"), "there are more than 64 fields");
  EXPECT_EQ(complaint_of("GET / HTTP/1.1\r\nA: b\r\n\r\n"), "there is to be one Host field");
  EXPECT_EQ(complaint_of(kPost), "");
}

TEST(RequestParser, KnowsWhetherTheClientWaitsForAContinue) {
  const auto waits = [](const std::string& version, const std::string& field) {
    RequestFeed feed;
    feed.feed("POST / HTTP/" + version + "\r\nHost: x\r\n" + field +
              "\r\nContent-Length: 1\r\n\r\n");
    return feed.parser().has_expect_continue();
  };

  EXPECT_TRUE(waits("1.1", "Expect: 100-continue"));
  EXPECT_TRUE(waits("1.1", "expect: 100-Continue"));
  EXPECT_FALSE(waits("1.1", "Expect: something else"));
  EXPECT_FALSE(waits("1.1", "X-Expect: 100-continue"));
  EXPECT_FALSE(waits("1.0", "Expect: 100-continue"));
}

TEST(RequestParser, KnowsWhetherTheConnectionMayGoOn) {
  const auto keeps_alive = [](const std::string& version, const std::string& field) {
    RequestFeed feed;
    feed.feed("GET / HTTP/" + version + "\r\nHost: x\r\n" + field + "\r\n");
    return feed.parser().keep_alive();
  };

  EXPECT_TRUE(keeps_alive("1.1", ""));
  EXPECT_TRUE(keeps_alive("1.1", "Connection: keep-alive\r\n"));
  EXPECT_FALSE(keeps_alive("1.1", "Connection: x, Close\r\n"));
  EXPECT_FALSE(keeps_alive("1.0", ""));
  EXPECT_TRUE(keeps_alive("1.0", "Connection: Keep-Alive\r\n"));
}

}  // namespace
}  // namespace refrain::testing
