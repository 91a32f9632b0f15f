#pragma once

/// @file
/// Many clients of a service at once, who check every answer.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace refrain::testing {

/// Where an answer came from, by its `Cache-Status`.
enum class AnswerSource : std::uint8_t { kRedis, kMemory, kGenerated, kShared };

/// Connections that are kept alive and ask a text service for one prediction after another: hot
/// texts that come again and again, and new ones. The answer to a text is known beforehand, since
/// the model is the small one that says the same after any of these texts; anything else than a 200
/// with exactly that answer is a failure.
///
/// Thread safety: one thread drives it; the clients work on a thread of their own.
class HttpLoad {
public:
  /// What stands before and after the text in every answer.
  struct Frame {
    std::string begin;
    std::string end;
  };

  struct Options {
    std::uint16_t port = 0;
    std::size_t connections = 64;
    std::size_t hot_texts = 200;
    std::size_t new_text_every = 10;  ///< Of so many requests of a connection one is new.
    std::chrono::milliseconds pause{
        5};             ///< Of a connection, between an answer and the next request.
    Frame frame;        ///< See `frame_of`.
    std::string label;  ///< In every text, so that two loads ask for different ones.
  };

  struct Sample {
    std::chrono::steady_clock::time_point begin;
    std::chrono::microseconds latency{0};
    AnswerSource source = AnswerSource::kGenerated;
    bool is_right = false;
  };

  /// Asks the service for one text. Throws if that is not answered.
  static Frame frame_of(std::uint16_t port);

  /// Connects and begins to ask. Throws if the service cannot be reached.
  explicit HttpLoad(const Options& options);
  HttpLoad(const HttpLoad&) = delete;
  HttpLoad& operator=(const HttpLoad&) = delete;
  ~HttpLoad();

  /// Answers so far, right or wrong, and what did not get one.
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::size_t failure_count() const { return failure_count_; }

  /// Waits for `more` answers from now on.
  void wait_for(std::size_t more) const;

  /// Lets every request that is under way end, for ten seconds at most, and ends. Once.
  void stop();

  /// All requests in the order in which they ended; the first failures in words. After `stop`.
  [[nodiscard]] const std::vector<Sample>& samples() const { return samples_; }
  [[nodiscard]] const std::vector<std::string>& failures() const { return failures_; }

private:
  class Clients;

  const Options options_;
  std::atomic<std::size_t> count_{0};
  std::atomic<std::size_t> failure_count_{0};
  std::vector<Sample> samples_;        // the thread's until it has ended
  std::vector<std::string> failures_;  // likewise
  std::unique_ptr<Clients> clients_;
  std::thread thread_;
};

}  // namespace refrain::testing
