#include "support/http_load.h"

#include "refrain/core/task.h"

#include "support/http_client.h"
#include "support/wait_until.h"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace refrain::testing {

namespace {

using boost::asio::ip::tcp;
using Socket = boost::asio::basic_stream_socket<tcp, Executor>;
using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>,
                                                Executor>;

constexpr std::chrono::seconds kPatience{10};
constexpr std::size_t kMaxFailuresInWords = 10;
constexpr std::size_t kMaxHead = std::size_t{16} << 10U;

// The model knows "thank" and none of the words before it, so what it says depends on that alone.
constexpr std::string_view kKnownEnd = " thank ";

std::string request_for(const std::string& text) {
  std::string target = text;
  for (char& letter : target)
    if (letter == ' ') letter = '+';
  return "GET /v1/predictions?count=1&text=" + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

AnswerSource source_in(std::string_view head) {
  if (head.find("detail=redis") != std::string_view::npos) return AnswerSource::kRedis;
  if (head.find("detail=memory") != std::string_view::npos) return AnswerSource::kMemory;
  if (head.find("collapsed") != std::string_view::npos) return AnswerSource::kShared;
  return AnswerSource::kGenerated;
}

std::size_t content_length_in(std::string_view head) {
  constexpr std::string_view kName = "Content-Length: ";
  const std::size_t begin = head.find(kName);
  std::size_t length = 0;
  if (begin == std::string_view::npos) return length;
  const char* const digits = head.data() + begin + kName.size();
  std::from_chars(digits, head.data() + head.size(), length);
  return length;
}

}  // namespace

/// The connections; everything but the constructor on the load's own thread.
class HttpLoad::Clients {
public:
  explicit Clients(HttpLoad& load) : load_(load), patience_(loop_.get_executor()) {
    for (std::size_t i = 0; i < load.options_.connections; ++i) {
      connections_.push_back(std::make_unique<Connection>(loop_.get_executor(), i));
      const tcp::endpoint address(boost::asio::ip::address_v4::loopback(), load.options_.port);
      connections_.back()->socket.connect(address);
      connections_.back()->socket.set_option(tcp::no_delay(true));
      boost::asio::co_spawn(
          loop_.get_executor(), live(*this, *connections_.back()), boost::asio::detached);
    }
  }

  void run() { loop_.run(); }

  void stop() {
    boost::asio::post(loop_, [this] {
      is_stopped_ = true;
      for (const auto& connection : connections_)
        connection->timer.cancel();
      patience_.expires_after(kPatience);
      patience_.async_wait([this](const boost::system::error_code& failure) {
        if (failure) return;
        for (const auto& connection : connections_)
          connection->socket.close();
      });
      // The others may all have ended already.
      if (alive_ == 0) patience_.cancel();
    });
  }

private:
  struct Connection {
    Connection(const Executor& executor, std::size_t index)
        : socket(executor),
          timer(executor),
          number(index) {}
    Socket socket;
    Timer timer;
    std::size_t number;
    std::size_t asked = 0;
    std::string text;      // of the present request
    std::string received;  // of its answer
  };

  /// The text that a connection asks for next.
  [[nodiscard]] std::string next_text(Connection& connection) {
    const Options& options = load_.options_;
    const std::size_t turn = connection.asked++;
    std::string text = options.label;
    if (turn % options.new_text_every == connection.number % options.new_text_every) {
      text += "new" + std::to_string(connection.number) + "x" + std::to_string(turn);
    } else {
      // Steps that share no factor with most sizes: the hot texts are all asked for, and mixed.
      const std::size_t hot = connection.number * 7919 + turn * 31;
      text += "hot" + std::to_string(hot % options.hot_texts);
    }
    return text.append(kKnownEnd);
  }

  /// What is wrong with the answer; empty if nothing.
  [[nodiscard]] std::string judge(const Connection& connection, std::size_t body_at) const {
    const std::string_view answer = connection.received;
    if (!answer.starts_with("HTTP/1.1 200 ")) return "not a 200";
    const Frame& frame = load_.options_.frame;
    const std::string expected = frame.begin + connection.text + frame.end;
    return answer.substr(body_at) == expected ? "" : "not the expected body: " + expected;
  }

  void record(const Connection& connection, Sample sample, const std::string& fault) {
    sample.latency = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - sample.begin);
    sample.is_right = fault.empty();
    load_.samples_.push_back(sample);
    if (!fault.empty()) {
      ++load_.failure_count_;
      if (load_.failures_.size() < kMaxFailuresInWords)
        load_.failures_.push_back(connection.text + ": " + fault + ", got " + connection.received);
    }
    ++load_.count_;
  }

  /// Sends one request and takes its answer in. False if the connection is of no use any more.
  static Task<bool> ask(Clients& self, Connection& connection) {
    Sample sample;
    sample.begin = std::chrono::steady_clock::now();
    connection.text = self.next_text(connection);
    connection.received.clear();
    const std::string request = request_for(connection.text);
    const auto [unsent, sent] = co_await boost::asio::async_write(
        connection.socket, boost::asio::buffer(request), kAsTuple);
    static_cast<void>(sent);
    auto received = boost::asio::dynamic_buffer(connection.received, kMaxHead);
    const auto [no_head, head_size] =
        co_await boost::asio::async_read_until(connection.socket, received, "\r\n\r\n", kAsTuple);
    if (unsent || no_head) {
      self.record(connection, sample, "no answer: " + (unsent ? unsent : no_head).message());
      co_return false;
    }
    const std::string_view head = std::string_view(connection.received).substr(0, head_size);
    sample.source = source_in(head);
    const std::size_t whole = head_size + content_length_in(head);
    const std::size_t missing = whole - std::min(whole, connection.received.size());
    const auto [no_body, size] = co_await boost::asio::async_read(
        connection.socket, received, boost::asio::transfer_exactly(missing), kAsTuple);
    static_cast<void>(size);
    if (no_body) {
      self.record(connection, sample, "the body ends early: " + no_body.message());
      co_return false;
    }
    self.record(connection, sample, self.judge(connection, head_size));
    co_return true;
  }

  static Task<void> live(Clients& self, Connection& connection) {
    ++self.alive_;
    while (!self.is_stopped_ && co_await ask(self, connection)) {
      connection.timer.expires_after(self.load_.options_.pause);
      if (!self.is_stopped_) co_await connection.timer.async_wait(kAsTuple);
    }
    if (--self.alive_ == 0) self.patience_.cancel();
  }

  HttpLoad& load_;
  boost::asio::io_context loop_{1};
  Timer patience_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::size_t alive_ = 0;
  bool is_stopped_ = false;
};

HttpLoad::Frame HttpLoad::frame_of(std::uint16_t port) {
  const std::string text = "sample" + std::string(kKnownEnd);
  HttpClient client(port);
  const HttpReply reply = client.exchange(request_for(text));
  const std::size_t position = reply.body.find(text);
  if (reply.status != 200 || position == std::string::npos)
    throw std::runtime_error("no prediction: " + reply.status_line + " " + reply.body);
  Frame frame;
  frame.begin = reply.body.substr(0, position);
  frame.end = reply.body.substr(position + text.size());
  return frame;
}

HttpLoad::HttpLoad(const Options& options)
    : options_(options),
      clients_(std::make_unique<Clients>(*this)),
      thread_([this] { clients_->run(); }) {}

HttpLoad::~HttpLoad() {
  if (thread_.joinable()) stop();
}

void HttpLoad::wait_for(std::size_t more) const {
  const std::size_t wanted = count() + more;
  wait_until("the load goes on", [&] { return count() >= wanted; }, 3 * kPatience);
}

void HttpLoad::stop() {
  clients_->stop();
  thread_.join();
}

}  // namespace refrain::testing
