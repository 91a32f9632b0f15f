#include "refrain/http/router.h"

#include "http/running_server.h"
#include "support/http_client.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace refrain::testing {
namespace {

http::Route saying(const char* text) {
  return [text](const http::Request& /*request*/, http::Response& response) {
    response.set_body("text/plain", text);
    return std::optional<Task<void>>();
  };
}

std::string request(const char* method, const char* target) {
  return std::string(method) + " " + target + " HTTP/1.1\r\nHost: x\r\n\r\n";
}

class HttpRouter : public ::testing::Test {
protected:
  HttpRouter() {
    router_.add(http::Method::kGet, "/", saying("root"));
    router_.add(http::Method::kGet, "/a", saying("get a"));
    router_.add(http::Method::kPost, "/a", saying("post a"));
    router_.add(http::Method::kQuery, "/a", saying("query a"));
    router_.add(http::Method::kGet, "/b/special", saying("special"));
    router_.add(http::Method::kGet, "/b/*", saying("any b"));
    router_.add(http::Method::kDelete, "/c", saying("delete c"));
  }

  HttpReply ask(const char* method, const char* target) {
    return HttpClient(server_.port()).exchange(request(method, target));
  }

  http::Router router_;
  RunningServer server_{router_};
};

TEST_F(HttpRouter, ChoosesByMethodAndPath) {
  EXPECT_EQ(ask("GET", "/").body, "root");
  EXPECT_EQ(ask("GET", "/a").body, "get a");
  EXPECT_EQ(ask("POST", "/a").body, "post a");
  EXPECT_EQ(ask("QUERY", "/a").body, "query a");
  EXPECT_EQ(ask("DELETE", "/c").body, "delete c");
}

TEST_F(HttpRouter, LooksAtThePathWithoutTheQuery) {
  EXPECT_EQ(ask("GET", "/a?x=/b/y").body, "get a");
  EXPECT_EQ(ask("GET", "/?a").body, "root");
}

TEST_F(HttpRouter, MatchesAStarAsAPrefixAndTheFirstRouteWins) {
  EXPECT_EQ(ask("GET", "/b/special").body, "special");
  EXPECT_EQ(ask("GET", "/b/").body, "any b");
  EXPECT_EQ(ask("GET", "/b/c/d").body, "any b");
  EXPECT_EQ(ask("GET", "/b").status, 404U);
}

TEST_F(HttpRouter, SaysThatAPathIsUnknown) {
  for (const char* target : {"/A", "/a/", "/aa", "//", "*", "a"}) {
    const HttpReply reply = ask("GET", target);

    EXPECT_EQ(reply.status_line, "HTTP/1.1 404 Not Found") << target;
    EXPECT_NE(reply.body.find(R"("code":"not_found")"), std::string::npos) << target;
    EXPECT_FALSE(reply.has_header("Allow")) << target;
  }
}

TEST_F(HttpRouter, NamesTheMethodsOfAKnownPath) {
  const HttpReply a = ask("DELETE", "/a");
  const HttpReply c = ask("GET", "/c");

  EXPECT_EQ(a.status_line, "HTTP/1.1 405 Method Not Allowed");
  EXPECT_EQ(a.header("Allow"), "GET, HEAD, POST, QUERY");
  EXPECT_NE(a.body.find(R"("code":"method_not_allowed")"), std::string::npos);
  EXPECT_NE(a.body.find("this route takes GET, HEAD, POST, QUERY"), std::string::npos);
  EXPECT_EQ(c.header("Allow"), "DELETE");
}

TEST_F(HttpRouter, NamesAMethodOnceAlsoIfTwoRoutesMatch) {
  EXPECT_EQ(ask("POST", "/b/special").header("Allow"), "GET, HEAD");
}

TEST_F(HttpRouter, RefusesMethodsThatNoRouteCanBeFor) {
  EXPECT_EQ(ask("PUT", "/a").status, 405U);
  EXPECT_EQ(ask("OPTIONS", "/a").status, 405U);
  EXPECT_EQ(ask("get", "/a").status, 405U);
}

TEST_F(HttpRouter, AnswersAHeadFromTheRouteForGet) {
  HttpClient client(server_.port());

  client.send(request("HEAD", "/a") + request("HEAD", "/c") + request("HEAD", "/none") +
              request("GET", "/a"));
  const HttpReply a = client.read_reply(Content::kIsAbsent);
  const HttpReply c = client.read_reply(Content::kIsAbsent);
  const HttpReply none = client.read_reply(Content::kIsAbsent);

  EXPECT_EQ(a.status, 200U);
  EXPECT_EQ(a.header("Content-Length"), "5");
  EXPECT_EQ(c.status, 405U);
  EXPECT_EQ(none.status, 404U);
  EXPECT_EQ(client.read_reply().body, "get a");
}

}  // namespace
}  // namespace refrain::testing
