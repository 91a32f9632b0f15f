#pragma once

/// @file
/// Heads and bodies on their way into a socket.

#include "refrain/core/task.h"
#include "refrain/http/response.h"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace refrain::http {

/// Writes one response at a time: head and a body in memory as one gather write; a body in a file
/// by sendfile(2), which takes it from the page cache to the socket without a copy through here.
///
/// A file is sent in pieces of bounded size with a turn of the loop between them, so that one
/// client with a fast network does not keep the others waiting. What the kernel must first read
/// from the disk it reads while the loop waits: such files are for tiers that know them to be hot.
///
/// The thread that sends a file has SIGPIPE blocked from then on: sendfile(2) raises it for a
/// client that has left, and knows no MSG_NOSIGNAL.
///
/// Thread safety: belongs to the socket's event loop.
/// Ownership: the socket outlives the writer.
class ResponseWriter {
public:
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
  using ErrorCode = boost::system::error_code;

  /// The most that is sent of a file in one turn of the loop: some tens of microseconds' work.
  static constexpr std::size_t kMaxPiece = std::size_t{256} << 10U;

  explicit ResponseWriter(Socket& socket) : socket_(socket) {}

  /// Writes `head`, and the body of `response` if `has_body`, then calls `done(error)` from the
  /// loop. After an error, `boost::asio::error::eof` for a file that is shorter than was said, part
  /// of the response may have been sent: nothing but to close the connection is left.
  /// @pre Nothing else is being written. `head` and `response` stay as they are until `done`, which
  /// keeps them and this writer alive.
  template <class Done>
  void write(std::string_view head, const Response& response, bool has_body, Done done) {
    // Without content there is nothing to follow the head at once, as it would be promised to.
    const bool has_content = has_body && response.body_size() > 0;
    if (has_content && response.file() != nullptr) {
      begin_file(head, *response.file());
      write_file(std::move(done));
      return;
    }
    const std::string_view body = has_content ? response.body() : std::string_view();
    const std::array<boost::asio::const_buffer, 2> buffers{
        boost::asio::buffer(head.data(), head.size()),
        boost::asio::buffer(body.data(), body.size())};
    boost::asio::async_write(
        socket_, buffers, [done = std::move(done)](ErrorCode error, std::size_t /*size*/) mutable {
          done(error);
        });
  }

private:
  enum class Step : std::uint8_t {
    kDone,
    kPause,  ///< A whole piece was sent; more may be as soon as others have had their turn.
    kFull,   ///< The socket takes no more for now.
    kFailed,
  };

  template <class Done>
  void write_file(Done done) {
    ErrorCode error;
    switch (send_some(error)) {
      case Step::kFull:
        socket_.async_wait(Socket::wait_write,
                           [this, done = std::move(done)](ErrorCode cancelled) mutable {
                             go_on(cancelled, std::move(done));
                           });
        break;
      case Step::kPause:
        boost::asio::post(socket_.get_executor(), [this, done = std::move(done)]() mutable {
          go_on(ErrorCode(), std::move(done));
        });
        break;
      case Step::kDone:
      case Step::kFailed:
        // Never from here: who is called may write again, and so on for as long as requests come.
        boost::asio::post(socket_.get_executor(),
                          [error, done = std::move(done)]() mutable { done(error); });
        break;
    }
  }

  template <class Done>
  void go_on(ErrorCode error, Done done) {
    if (error) {
      done(error);
    } else {
      write_file(std::move(done));
    }
  }

  void begin_file(std::string_view head, const Response::File& file);
  /// Sends what the socket takes of the head and a piece of the file, without waiting.
  Step send_some(ErrorCode& error);
  Step send_head(ErrorCode& error);
  Step send_piece(ErrorCode& error);

  Socket& socket_;
  std::string_view head_;  // what is left of it
  Response::File file_;    // what is left of it
};

}  // namespace refrain::http
