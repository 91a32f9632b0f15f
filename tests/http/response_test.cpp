#include "refrain/http/response.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace refrain::http {
namespace {

TEST(Response, BeginsAsAnEmpty200) {
  Response response;

  EXPECT_EQ(response.status(), 200U);
  EXPECT_EQ(response.header_lines(), "");
  EXPECT_EQ(response.content_type(), "");
  EXPECT_EQ(response.body(), "");
}

TEST(Response, IsEmptyAgainAfterClear) {
  Response response;
  response.set_status(404);
  response.add_header("A", "b");
  response.set_body("text/plain", "body");

  response.clear();

  EXPECT_EQ(response.status(), 200U);
  EXPECT_EQ(response.header_lines(), "");
  EXPECT_EQ(response.content_type(), "");
  EXPECT_EQ(response.body(), "");
}

TEST(Response, WritesItsFieldsAsLines) {
  Response response;

  response.add_header("ETag", "\"1\"");
  response.header_lines() += "Age: 3\r\n";

  EXPECT_EQ(response.header_lines(), "ETag: \"1\"\r\nAge: 3\r\n");
}

TEST(Response, KeepsTheOwnerOfASharedBody) {
  auto owner = std::make_shared<const std::string>("shared");
  const std::weak_ptr<const std::string> watch = owner;
  Response response;

  response.set_shared_body(owner, "text/plain", *owner);
  owner.reset();

  EXPECT_FALSE(watch.expired());
  EXPECT_EQ(response.body(), "shared");
  EXPECT_EQ(response.content_type(), "text/plain");
}

TEST(Response, LetsTheOwnerGoWhenTheBodyIsAnother) {
  const auto owner = std::make_shared<const std::string>("shared");
  const auto other = std::make_shared<const std::string>("other");
  Response response;

  response.set_shared_body(owner, "text/plain", *owner);
  response.set_body("text/plain", "own");
  EXPECT_EQ(owner.use_count(), 1);

  response.set_shared_body(owner, "text/plain", *owner);
  response.set_shared_body(other, "text/plain", *other);
  EXPECT_EQ(owner.use_count(), 1);
  EXPECT_EQ(response.body(), "other");

  response.clear();
  EXPECT_EQ(other.use_count(), 1);
}

TEST(Response, LetsTheOwnerGoWhenItEnds) {
  const auto owner = std::make_shared<const std::string>("shared");
  {
    Response response;
    response.set_shared_body(owner, "text/plain", *owner);
    EXPECT_EQ(owner.use_count(), 2);
  }

  EXPECT_EQ(owner.use_count(), 1);
}

TEST(Response, KnowsWhereABodyInAFileLies) {
  const auto owner = std::make_shared<int>(0);
  Response response;

  response.set_file_body(owner, "image/png", 42, std::uint64_t{5} << 40U, 123);

  ASSERT_NE(response.file(), nullptr);
  EXPECT_EQ(response.file()->descriptor, 42);
  EXPECT_EQ(response.file()->offset, std::uint64_t{5} << 40U);
  EXPECT_EQ(response.body_size(), 123U);
  EXPECT_EQ(response.content_type(), "image/png");
  EXPECT_EQ(owner.use_count(), 2);
}

TEST(Response, HasOneBodyAtATimeWhereverItLies) {
  const auto owner = std::make_shared<int>(0);
  Response response;

  response.set_file_body(owner, "image/png", 42, 0, 123);
  response.set_body("text/plain", "own");
  EXPECT_EQ(response.file(), nullptr);
  EXPECT_EQ(response.body(), "own");
  EXPECT_EQ(response.body_size(), 3U);

  response.set_file_body(owner, "image/png", 42, 0, 123);
  response.set_shared_body(owner, "text/plain", "shared");
  EXPECT_EQ(response.file(), nullptr);
  EXPECT_EQ(response.body_size(), 6U);

  response.set_file_body(owner, "image/png", 42, 0, 123);
  EXPECT_EQ(response.body_size(), 123U);
  response.clear();
  EXPECT_EQ(response.file(), nullptr);
  EXPECT_EQ(response.body(), "");
  EXPECT_EQ(owner.use_count(), 1);
}

TEST(Response, TakesAnyHandleThatIsSmall) {
  struct Handle {
    explicit Handle(int& count) : count_(&count) { ++*count_; }
    Handle(Handle&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
    Handle& operator=(Handle&&) = delete;
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() {
      if (count_ != nullptr) --*count_;
    }
    int* count_;
  };
  int count = 0;
  Response response;

  response.set_shared_body(Handle(count), "text/plain", "literal");
  EXPECT_EQ(count, 1);
  response.clear();

  EXPECT_EQ(count, 0);
}

}  // namespace
}  // namespace refrain::http
