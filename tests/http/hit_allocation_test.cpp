/// @file
/// A hit allocates nothing: a program of its own, as it replaces the global `operator new`.

#include "refrain/http/connection.h"
#include "refrain/http/router.h"

#include "http/running_server.h"
#include "support/http_client.h"
#include "support/sample_file.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <stdlib.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <thread>

namespace {

// What the event loop's thread allocates, from when a test says so.
std::atomic<bool> is_counting = false;
std::atomic<std::size_t> allocations = 0;
thread_local bool is_loop_thread = false;

void* allocate(std::size_t size) {
  if (is_loop_thread && is_counting) ++allocations;
  // NOLINTNEXTLINE(cppcoreguidelines-no-malloc): this is what operator new is made of
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

// Asio's handlers live in memory from here, which it keeps and uses again.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) {
  if (is_loop_thread && is_counting) ++allocations;
  void* memory = nullptr;
  return ::posix_memalign(&memory, alignment, size) == 0 ? memory : nullptr;
}

void* operator new(std::size_t size) {
  return allocate(size);
}
void* operator new[](std::size_t size) {
  return allocate(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}

namespace refrain::testing {
namespace {

/// Answers everything from a body that is kept.
class Hits final : public http::Handler {
public:
  std::optional<Task<void>> answer(const http::Request& /*request*/,
                                   http::Response& response) override {
    is_loop_thread = true;
    response.add_header("ETag", "\"0123456789abcdef0123456789abcdef\"");
    response.add_header("Cache-Control", "public, max-age=3600");
    response.set_shared_body(body_, "application/json", *body_);
    return std::nullopt;
  }

private:
  const std::shared_ptr<const std::string> body_ = std::make_shared<const std::string>(300, 'h');
};

// Counts what `count` further requests cost after `count` that warm the connection.
template <class Exchange>
std::size_t allocations_of(std::size_t count, Exchange exchange) {
  for (std::size_t i = 0; i < count; ++i)
    exchange();
  allocations = 0;
  is_counting = true;
  for (std::size_t i = 0; i < count; ++i)
    exchange();
  is_counting = false;
  return allocations;
}

TEST(HttpHit, IsCounted) {
  is_loop_thread = true;
  const std::size_t strings = allocations_of(1, [] { std::string(100, 'x').shrink_to_fit(); });
  boost::asio::io_context loop(1);
  const std::size_t handlers = allocations_of(1, [&] { boost::asio::post(loop, [] {}); });
  is_loop_thread = false;

  EXPECT_EQ(strings, 1U);
  EXPECT_EQ(handlers, 1U);
}

TEST(HttpHit, AllocatesNothing) {
  Hits hits;
  http::Router router;
  router.add(
      http::Method::kGet, "/hit", [&](const http::Request& request, http::Response& response) {
        return hits.answer(request, response);
      });
  RunningServer server(router);
  HttpClient client(server.port());

  const std::size_t counted = allocations_of(500, [&] {
    const HttpReply reply = client.exchange(
        "GET /hit?a=b HTTP/1.1\r\nHost: localhost\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n");
    ASSERT_EQ(reply.body.size(), 300U);
  });

  EXPECT_EQ(counted, 0U);
}

TEST(HttpHit, AllocatesNothingForABodyThatComesWithItsHead) {
  Hits hits;
  RunningServer server(hits);
  HttpClient client(server.port());

  const std::size_t counted = allocations_of(500, [&] {
    const HttpReply reply = client.exchange(
        "POST / HTTP/1.1\r\nHost: x\r\nX-Request-Id: given-by-the-client\r\n"
        "Content-Length: 48\r\n\r\n" +
        std::string(48, 'b'));
    ASSERT_EQ(reply.body.size(), 300U);
  });

  EXPECT_EQ(counted, 0U);
}

TEST(HttpHit, AllocatesNothingForABodyThatComesAfterItsHead) {
  Hits hits;
  RunningServer server(hits);
  HttpClient client(server.port());

  const std::size_t counted = allocations_of(200, [&] {
    const HttpReply interim = client.exchange(
        "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 48\r\n\r\n");
    ASSERT_EQ(interim.status, 100U);
    const HttpReply reply = client.exchange(std::string(48, 'b'));
    ASSERT_EQ(reply.body.size(), 300U);
  });

  EXPECT_EQ(counted, 0U);
}

/// Answers everything from a file that is kept open.
class FileHits final : public http::Handler {
public:
  explicit FileHits(std::size_t size) : size_(size) {}

  std::optional<Task<void>> answer(const http::Request& /*request*/,
                                   http::Response& response) override {
    is_loop_thread = true;
    response.set_file_body(file_, "image/png", file_->descriptor(), 0, size_);
    return std::nullopt;
  }

private:
  const std::size_t size_;
  const std::shared_ptr<const SampleFile> file_ =
      std::make_shared<const SampleFile>(std::string(size_, 'h'));
};

TEST(HttpHit, AllocatesNothingForABodyInAFile) {
  FileHits hits(3000);
  RunningServer server(hits);
  HttpClient client(server.port());

  const std::size_t counted = allocations_of(500, [&] {
    ASSERT_EQ(client.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").body.size(), 3000U);
  });

  EXPECT_EQ(counted, 0U);
}

TEST(HttpHit, AllocatesNothingForABodyInAFileThatIsSentInPieces) {
  FileHits hits(5U << 20U);
  RunningServer server(hits);
  HttpClient client(server.port());

  const std::size_t counted = allocations_of(5, [&] {
    ASSERT_EQ(client.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").body.size(), 5U << 20U);
  });

  EXPECT_EQ(counted, 0U);
}

TEST(HttpHit, AllocatesNothingForPipelinedRequests) {
  Hits hits;
  RunningServer server(hits);
  HttpClient client(server.port());
  const std::string get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

  const std::size_t counted = allocations_of(200, [&] {
    client.send(get + get + get);
    for (int i = 0; i < 3; ++i)
      ASSERT_EQ(client.read_reply().body.size(), 300U);
  });

  EXPECT_EQ(counted, 0U);
}

}  // namespace
}  // namespace refrain::testing
