#pragma once

/// @file
/// A client that sends exactly the bytes a test wants, also the wrong ones.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace refrain::testing {

/// One response as it came.
struct HttpReply {
  unsigned status = 0;
  std::string status_line;  ///< Without its line break.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// The value of the first field of that name (any case), or an empty view.
  [[nodiscard]] std::string_view header(std::string_view name) const;
  [[nodiscard]] bool has_header(std::string_view name) const;
};

/// Whether a response is followed by the content that its head announces: not after `HEAD`.
enum class Content : std::uint8_t { kFollows, kIsAbsent };

/// How a connection ended.
enum class Ending : std::uint8_t {
  kClosed,     ///< The server closed it in order.
  kReset,      ///< The server gave it up: what it had sent may be lost.
  kStillOpen,  ///< More came instead of an end, or nothing did.
};

/// A blocking connection. Every failure and every wait of more than ten seconds throws, so that a
/// test fails and does not hang.
///
/// Thread safety: one thread at a time.
class HttpClient {
public:
  explicit HttpClient(std::uint16_t port, const std::string& host = "127.0.0.1");
  /// A client that has room for no more than about so many bytes until the test reads them.
  HttpClient(std::uint16_t port, int receive_buffer_size);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();

  void send(std::string_view bytes);
  /// Sends as far as the server lets: for requests that it may refuse before their end.
  void try_send(std::string_view bytes);
  /// One write, and if the network keeps them apart one packet, for each `piece` bytes.
  void send_in_pieces(std::string_view bytes, std::size_t piece);

  [[nodiscard]] HttpReply read_reply(Content content = Content::kFollows);
  [[nodiscard]] HttpReply exchange(std::string_view request);

  /// Everything until the connection ends, however it does.
  [[nodiscard]] std::string read_to_end();

  /// Whether something is there to be read, or the end.
  [[nodiscard]] bool has_input() const;

  /// Waits for the end. Whatever came before it must have been read.
  [[nodiscard]] Ending wait_for_end();

  /// Says that nothing more will be sent; replies can still be read.
  void finish_sending();
  /// Leaves as a client that was killed does: the server's next write fails.
  void reset();
  void close();

private:
  HttpClient(std::uint16_t port, const std::string& host, int receive_buffer_size);
  bool receive_more();
  void read_head(HttpReply& reply);

  int socket_ = -1;
  std::string received_;
};

/// Whether anybody listens there.
[[nodiscard]] bool can_connect(std::uint16_t port, const std::string& host = "127.0.0.1");

}  // namespace refrain::testing
