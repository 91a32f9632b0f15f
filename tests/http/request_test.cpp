#include "refrain/http/request.h"

#include "http/request_feed.h"

#include <gtest/gtest.h>

#include <string>

namespace refrain::testing {
namespace {

std::string get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n";
}

TEST(Request, CutsItsTargetAtTheFirstQuestionMark) {
  RequestFeed feed;

  feed.feed(get("/a%20b?c=d?e"));

  EXPECT_EQ(feed.request().target(), "/a%20b?c=d?e");
  EXPECT_EQ(feed.request().path(), "/a%20b");
  EXPECT_EQ(feed.request().query(), "c=d?e");
}

TEST(Request, HasAnEmptyQueryIfThereIsNone) {
  RequestFeed without;
  RequestFeed empty;

  without.feed(get("/a"));
  empty.feed(get("/a?"));

  EXPECT_EQ(without.request().path(), "/a");
  EXPECT_EQ(without.request().query(), "");
  EXPECT_EQ(empty.request().path(), "/a");
  EXPECT_EQ(empty.request().query(), "");
}

TEST(Request, LeavesTheAuthorityOutOfItsTarget) {
  const auto target_of = [](const std::string& target) {
    RequestFeed feed;
    feed.feed(get(target));
    return std::string(feed.request().target());
  };

  EXPECT_EQ(target_of("http://x/a?b"), "/a?b");
  EXPECT_EQ(target_of("https://x:1/a"), "/a");
  EXPECT_EQ(target_of("http://x"), "/");
  EXPECT_EQ(target_of("http:/x"), "http:/x");
  EXPECT_EQ(target_of("/http://x/a"), "/http://x/a");
  EXPECT_EQ(target_of("*"), "*");
}

TEST(Request, FindsTheFirstFieldOfANameInAnyCase) {
  RequestFeed feed;

  feed.feed("GET / HTTP/1.1\r\nHost: x\r\nX-Test: one\r\nx-test: two\r\nX-Tes: three\r\n\r\n");

  EXPECT_EQ(feed.request().header("x-TEST"), "one");
  EXPECT_EQ(feed.request().header("X-Tes"), "three");
  EXPECT_EQ(feed.request().header("X-Test-"), "");
  EXPECT_EQ(feed.request().header(""), "");
}

}  // namespace
}  // namespace refrain::testing
