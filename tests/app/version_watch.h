#pragma once

/// @file
/// Whether an instance ever answers what was replaced long enough ago.

#include "refrain/redis/tracking_counters.h"

#include "app/near_instance.h"
#include "support/wait_until.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace refrain::testing {

/// One instance overwrites keys with ever higher versions, as fast as it can, while another one is
/// asked for them on each of its loops. An answer is outdated if it is older than what was
/// acknowledged `bound` before it was asked for.
///
/// What memory answers behind a Redis that is away is not judged: that it may be old is its
/// purpose.
///
/// Thread safety: one thread drives it; `end` before the instances go.
class VersionWatch {
public:
  VersionWatch(NearInstance& writer,
               NearInstance& reader,
               std::vector<CacheKey> keys,
               std::chrono::milliseconds bound)
      : writer_(writer),
        reader_(reader),
        bound_(bound),
        keys_(std::move(keys)),
        histories_(keys_.size()) {
    for (std::size_t i = 0; i < keys_.size(); ++i)
      wait_until("the first version is stored", [&] { return overwrite(i); });
    for (std::size_t i = 0; i < reader_.loop_count(); ++i) {
      readers_.push_back(boost::asio::co_spawn(
          reader_.loop(i).get_executor(), read(static_cast<unsigned>(i)), boost::asio::use_future));
    }
    thread_ = std::thread([this] { write(); });
  }
  VersionWatch(const VersionWatch&) = delete;
  VersionWatch& operator=(const VersionWatch&) = delete;
  ~VersionWatch() { end(); }

  /// When it returns no write is under way, and none begins until `resume`.
  void pause() {
    must_pause_ = true;
    wait_until("the writer rests", [this] { return is_resting_.load(); });
  }
  void resume() { must_pause_ = false; }

  void end() {
    is_over_ = true;
    if (thread_.joinable()) thread_.join();
    for (std::future<void>& reader : readers_)
      reader.get();
    readers_.clear();
  }

  /// Returns when `count` more writes were acknowledged.
  void wait_for_writes(std::int64_t count) {
    const std::int64_t before = writes_;
    wait_until("writes are acknowledged", [&] { return writes_ >= before + count; });
  }
  /// Returns when memory in front of Redis has answered `count` more times.
  void wait_for_near_hits(std::int64_t count) {
    const std::int64_t before = near_hits_;
    wait_until("memory answers first", [&] { return near_hits_ >= before + count; });
  }
  /// Returns when `count` more answers came, from wherever.
  void wait_for_reads(std::int64_t count) {
    const std::int64_t before = reads_;
    wait_until("there are answers", [&] { return reads_ >= before + count; });
  }
  /// Returns when what is known now is what is judged by.
  void wait_for_bound() {
    const auto begin = std::chrono::steady_clock::now();
    wait_until("the bound has passed",
               [&] { return std::chrono::steady_clock::now() > begin + 2 * bound_; });
  }

  [[nodiscard]] int outdated() const { return outdated_; }
  /// The first one.
  [[nodiscard]] std::string example() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return example_;
  }

private:
  using Time = std::chrono::steady_clock::time_point;

  // What was acknowledged when, of one key.
  class History {
  public:
    void add(Time when, std::int64_t version) {
      const std::lock_guard<std::mutex> lock(mutex_);
      versions_.emplace_back(when, version);
    }
    /// The latest one that was acknowledged by `when`. Later calls are about later times, or
    /// nearly: what is older is forgotten.
    [[nodiscard]] std::int64_t at(Time when) {
      const std::lock_guard<std::mutex> lock(mutex_);
      while (!versions_.empty() && versions_.front().first <= when) {
        latest_ = versions_.front().second;
        versions_.pop_front();
      }
      return latest_;
    }

  private:
    std::mutex mutex_;
    std::deque<std::pair<Time, std::int64_t>> versions_;
    std::int64_t latest_ = 0;
  };

  bool overwrite(std::size_t index) {
    const std::int64_t version = ++version_;
    if (!writer_.put(keys_[index], std::to_string(version))) return false;
    histories_[index].add(std::chrono::steady_clock::now(), version);
    ++writes_;
    return true;
  }

  void write() {
    std::mt19937 random(1);
    while (!is_over_) {
      is_resting_ = must_pause_.load();
      const bool is_written = !is_resting_ && overwrite(random() % keys_.size());
      // Others shall run, too.
      if (!is_written) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    is_resting_ = true;
  }

  Task<void> read(unsigned seed) {
    std::mt19937 random(seed);
    const TrackingCounters& tracking = reader_.redis().tracking();
    while (!is_over_) {
      const std::size_t index = random() % keys_.size();
      const std::int64_t least = histories_[index].at(std::chrono::steady_clock::now() - bound_);
      const std::int64_t losses = tracking.losses;
      const bool was_near = tracking.is_up;
      TieredCache::Probe probe = reader_.cache().probe(keys_[index], {});
      std::optional<Answer> answer = std::move(probe.answer());
      if (!answer) {
        Result<Answer> found =
            co_await reader_.cache().get_or_generate(std::move(probe), no_generation);
        if (found) answer = std::move(*found);
      }
      const bool is_near = was_near && tracking.is_up && tracking.losses == losses;
      if (answer) judge(*answer, least, is_near);
      // Others on this loop, among them who hears of changes, get their turn.
      co_await boost::asio::post(kUseTask);
    }
  }

  static Task<Result<Generated>> no_generation() {
    co_return fail(ErrorCode::kInternal, "nothing is generated here");
  }

  void judge(const Answer& answer, std::int64_t least, bool is_near) {
    const bool is_from_memory = answer.tier() == "memory";
    ++reads_;
    if (is_from_memory && !is_near) return;
    if (is_from_memory) ++near_hits_;
    std::int64_t version = 0;
    const std::string_view body = answer.entry().body();
    std::from_chars(body.data(), body.data() + body.size(), version);
    if (version >= least || ++outdated_ > 1) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    example_ = std::string(answer.tier()) + " answered " + std::to_string(version) + ", and " +
               std::to_string(least) + " was there";
  }

  NearInstance& writer_;
  NearInstance& reader_;
  const std::chrono::milliseconds bound_;
  const std::vector<CacheKey> keys_;
  std::vector<History> histories_;
  std::int64_t version_ = 0;  // the writing thread's
  std::atomic<bool> is_over_{false};
  std::atomic<bool> must_pause_{false};
  std::atomic<bool> is_resting_{false};
  std::atomic<std::int64_t> writes_{0};
  std::atomic<std::int64_t> reads_{0};
  std::atomic<std::int64_t> near_hits_{0};
  std::atomic<int> outdated_{0};
  mutable std::mutex mutex_;
  std::string example_;
  std::vector<std::future<void>> readers_;
  std::thread thread_;
};

}  // namespace refrain::testing
