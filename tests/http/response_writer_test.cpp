/// @file
/// A writer on one end of a connection, and at the other end who reads when the test says so.

#include "refrain/http/response_writer.h"

#include "http/file_route.h"
#include "support/sample_file.h"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace refrain::testing {
namespace {

using boost::asio::ip::tcp;
using http::Response;
using http::ResponseWriter;

constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\n\r\n";
const std::string kBefore = "what lies before the body";

class ResponseWriterTest : public ::testing::Test {
public:
  ~ResponseWriterTest() override { ::close(peer_); }

protected:
  ResponseWriterTest() {
    boost::asio::basic_socket_acceptor<tcp, Executor> acceptor(
        loop_.get_executor(), tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    // So small that the writer has to wait.
    const int size = 1 << 16;
    const tcp::endpoint address = acceptor.local_endpoint();
    if (::setsockopt(peer_, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) != 0 ||
        ::connect(peer_, address.data(), static_cast<socklen_t>(address.size())) != 0)
      throw std::runtime_error("cannot connect");
    acceptor.accept(socket_);
    socket_.set_option(boost::asio::socket_base::send_buffer_size(size));
  }

  void set_file(const std::shared_ptr<SampleFile>& file, std::size_t size) {
    response_.set_file_body(file, "text/plain", file->descriptor(), kBefore.size(), size);
  }

  void write(bool has_body = true) {
    outcome_.reset();
    writer_.write(
        kHead, response_, has_body, [this](ResponseWriter::ErrorCode error) { outcome_ = error; });
  }

  void turn() {
    loop_.restart();
    loop_.poll();
  }

  /// Reads until so much has come or the writer has ended; then the writer ends, too.
  std::string read(std::size_t size) {
    std::string received;
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (received.size() < size || !outcome_) {
      if (std::chrono::steady_clock::now() > patience) throw std::runtime_error("nothing comes");
      turn();
      std::array<char, 50'000> piece{};
      const ssize_t got = ::recv(peer_, piece.data(), piece.size(), MSG_DONTWAIT);
      if (got > 0) {
        received.append(piece.data(), static_cast<std::size_t>(got));
      } else if (outcome_ && *outcome_) {
        break;
      } else {
        pollfd readable{peer_, POLLIN, 0};
        ::poll(&readable, 1, 1);
      }
    }
    return received;
  }

  boost::asio::io_context loop_{1};
  ResponseWriter::Socket socket_{loop_.get_executor()};
  ResponseWriter writer_{socket_};
  Response response_;
  const int peer_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::optional<ResponseWriter::ErrorCode> outcome_;
};

TEST_F(ResponseWriterTest, WritesHeadAndBodyFromMemory) {
  response_.set_body("text/plain", "body");

  write();

  EXPECT_EQ(read(kHead.size() + 4), std::string(kHead) + "body");
  EXPECT_FALSE(*outcome_);
}

TEST_F(ResponseWriterTest, WritesHeadAndBodyFromAFile) {
  const auto file = std::make_shared<SampleFile>(kBefore + "body" + "what lies behind");
  set_file(file, 4);

  write();

  EXPECT_EQ(read(kHead.size() + 4), std::string(kHead) + "body");
  EXPECT_FALSE(*outcome_);
}

TEST_F(ResponseWriterTest, WritesOnlyTheHeadIfThereIsNoBody) {
  const auto file = std::make_shared<SampleFile>(kBefore + "body");

  set_file(file, 4);
  write(false);
  EXPECT_EQ(read(kHead.size()), kHead);

  set_file(file, 0);
  write();
  EXPECT_EQ(read(kHead.size()), kHead);

  response_.set_body("text/plain", "body");
  write(false);
  EXPECT_EQ(read(kHead.size()), kHead);
}

TEST_F(ResponseWriterTest, TellsOfTheEndFromTheLoopOnly) {
  const auto file = std::make_shared<SampleFile>(kBefore + "body");
  set_file(file, 4);

  write();
  EXPECT_FALSE(outcome_.has_value());
  turn();

  EXPECT_TRUE(outcome_.has_value());
}

TEST_F(ResponseWriterTest, WaitsForAReaderThatIsSlow) {
  const std::string body = long_text(5U << 20U);
  set_file(std::make_shared<SampleFile>(kBefore + body), body.size());

  write();
  for (int i = 0; i < 100; ++i)
    turn();
  EXPECT_FALSE(outcome_.has_value());
  const std::string received = read(kHead.size() + body.size());

  EXPECT_TRUE(received == std::string(kHead) + body);
  EXPECT_FALSE(*outcome_);
}

TEST_F(ResponseWriterTest, WaitsAlsoWithTheHead) {
  const std::string body = long_text(3U << 20U);
  // The socket is full already.
  const std::string earlier = long_text(10'000);
  std::size_t before = 0;
  ssize_t sent = 0;
  while ((sent = ::send(socket_.native_handle(), earlier.data(), earlier.size(), MSG_DONTWAIT)) > 0)
    before += static_cast<std::size_t>(sent);
  set_file(std::make_shared<SampleFile>(kBefore + body), body.size());

  write();
  turn();
  EXPECT_FALSE(outcome_.has_value());
  const std::string received = read(before + kHead.size() + body.size());

  EXPECT_TRUE(std::string_view(received).substr(before) == std::string(kHead) + body);
}

TEST_F(ResponseWriterTest, GivesOthersATurnForEveryPiece) {
  constexpr std::size_t kPieces = 8;
  const std::string body = long_text(kPieces * ResponseWriter::kMaxPiece);
  set_file(std::make_shared<SampleFile>(kBefore + body), body.size());
  std::size_t turns = 0;

  write();
  std::size_t received = 0;
  while (!outcome_) {
    loop_.restart();
    loop_.poll_one();
    ++turns;
    std::array<char, 50'000> piece{};
    const ssize_t got = ::recv(peer_, piece.data(), piece.size(), MSG_DONTWAIT);
    received += got > 0 ? static_cast<std::size_t>(got) : 0;
  }

  EXPECT_GE(turns, kPieces);
  EXPECT_GT(received, 0U);
}

TEST_F(ResponseWriterTest, EndsWithAnErrorWhereTheFileEnds) {
  set_file(std::make_shared<SampleFile>(kBefore + "body"), 5);

  write();

  EXPECT_EQ(read(kHead.size() + 5), std::string(kHead) + "body");
  EXPECT_EQ(*outcome_, boost::asio::error::eof);
}

TEST_F(ResponseWriterTest, EndsWithAnErrorWhenTheFileIsCutOffMeanwhile) {
  const std::string body = long_text(5U << 20U);
  const auto file = std::make_shared<SampleFile>(kBefore + body);
  set_file(file, body.size());
  write();
  turn();

  file->truncate(1U << 20U);  // between two pages, see connection_file_body_test.cpp
  const std::string received = read(kHead.size() + body.size());

  EXPECT_EQ(*outcome_, boost::asio::error::eof);
  EXPECT_GE(received.size(), kHead.size());
  EXPECT_LT(received.size(), body.size());
  EXPECT_TRUE((std::string(kHead) + body).starts_with(received));
}

TEST_F(ResponseWriterTest, SaysWhenAFileCannotBeRead) {
  const int unreadable = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  response_.set_file_body(std::make_shared<int>(0), "text/plain", unreadable, 0, 4);

  write();
  turn();
  ::close(unreadable);

  ASSERT_TRUE(outcome_.has_value());
  EXPECT_EQ(outcome_->value(), EBADF);
}

TEST_F(ResponseWriterTest, IsNotKilledByAConnectionThatIsBrokenMeanwhile) {
  ASSERT_EQ(std::signal(SIGPIPE, SIG_DFL), SIG_DFL);
  const std::string body = long_text(5U << 20U);
  set_file(std::make_shared<SampleFile>(kBefore + body), body.size());
  write();
  turn();
  ASSERT_FALSE(outcome_.has_value());

  // The head is sent: what meets the broken connection is sendfile(2).
  socket_.shutdown(boost::asio::socket_base::shutdown_send);
  static_cast<void>(read(kHead.size() + body.size()));

  EXPECT_EQ(*outcome_, boost::asio::error::broken_pipe);
}

TEST_F(ResponseWriterTest, EndsWhenItsSocketIsClosedMeanwhile) {
  const std::string body = long_text(5U << 20U);
  set_file(std::make_shared<SampleFile>(kBefore + body), body.size());
  write();
  turn();
  ASSERT_FALSE(outcome_.has_value());

  socket_.close();
  turn();

  ASSERT_TRUE(outcome_.has_value());
  EXPECT_EQ(*outcome_, boost::asio::error::operation_aborted);
}

}  // namespace
}  // namespace refrain::testing
