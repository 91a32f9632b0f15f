#pragma once

/// @file
/// A cache of flaky tiers, a generator and a loop: what the tests of `TieredCache` are set up with.

#include "refrain/cache/tiered_cache.h"
#include "refrain/core/mutex.h"

#include "support/flaky_tier.h"
#include "support/gate.h"
#include "support/manual_clock.h"
#include "support/run.h"
#include "support/sample_entry.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace refrain::testing {

/// Keeps what is logged.
class RecordingLog final : public Log {
public:
  void write(LogLevel /*level*/,
             std::string_view message,
             std::initializer_list<LogField> fields) override {
    const MutexLock lock(mutex_);
    std::string line(message);
    for (const LogField& field : fields)
      line += " " + std::string(field.name()) + "=" + field.value();
    lines_.push_back(std::move(line));
  }

  [[nodiscard]] std::vector<std::string> lines() const {
    const MutexLock lock(mutex_);
    return lines_;
  }

private:
  mutable Mutex mutex_;
  std::vector<std::string> lines_ REFRAIN_GUARDED_BY(mutex_);
};

/// Makes `answer 1`, `answer 2`, … as the test says.
///
/// Thread safety: `generator()` and what it returns, any; the settings are set between runs.
class FakeGenerator {
public:
  enum class Outcome : std::uint8_t { kAnswer, kError, kThrow, kThrowNoException };

  explicit FakeGenerator(ManualClock& clock) : clock_(clock) {}

  Outcome outcome = Outcome::kAnswer;
  std::chrono::milliseconds duration{0};  ///< By which each call moves the clock.
  std::string content_type = "text/plain";
  std::string padding;  ///< Follows each answer.
  bool takes_a_turn = false;

  /// Holds the generations that have begun.
  Gate gate;

  [[nodiscard]] std::int64_t calls() const { return calls_; }

  [[nodiscard]] Generator generator() {
    return [this] {
      return generate(outcome);
    };
  }
  [[nodiscard]] Generator generator(Outcome forced) {
    return [this, forced] {
      return generate(forced);
    };
  }

private:
  Task<Result<Generated>> generate(Outcome wanted) {
    const std::int64_t call = ++calls_;
    if (takes_a_turn) co_await boost::asio::post(kUseTask);
    co_await gate.pass();
    clock_.advance(duration);
    if (wanted == Outcome::kThrow) throw std::runtime_error("the model fell over");
    if (wanted == Outcome::kThrowNoException) throw 42;  // NOLINT: what no catch expects
    if (wanted == Outcome::kError) co_return fail(ErrorCode::kUnavailable, "the model is away");
    co_return Generated(content_type, "answer " + std::to_string(call) + padding);
  }

  ManualClock& clock_;
  std::atomic<std::int64_t> calls_{0};
};

/// What became of a call that was started and not waited for.
template <class T>
class Call {
public:
  [[nodiscard]] bool is_done() const { return value_ != nullptr && value_->has_value(); }
  /// @pre `is_done()`
  [[nodiscard]] const T& operator*() const { return **value_; }
  [[nodiscard]] const T* operator->() const { return &**value_; }

  static Call start(boost::asio::io_context& loop, Task<T> task) {
    Call call;
    call.value_ = std::make_shared<std::optional<T>>();
    boost::asio::co_spawn(
        loop.get_executor(), keep_result(std::move(task), call.value_), boost::asio::detached);
    return call;
  }

private:
  std::shared_ptr<std::optional<T>> value_;
};

/// The members may be changed until `cache()` is first called.
class TieredCacheRig : public ::testing::Test {
public:
  using Mode = FlakyTier::Mode;
  using Operation = FlakyTier::Operation;
  using Outcome = FakeGenerator::Outcome;

  FlakyTier& add_tier(std::string name, Mode mode = Mode::kImmediate, bool is_shared = false) {
    FlakyTier::Config tier_config;
    tier_config.name = std::move(name);
    tier_config.mode = mode;
    tier_config.is_shared = is_shared;
    tiers.push_back(std::make_unique<FlakyTier>(std::move(tier_config), clock));
    return static_cast<FlakyTier&>(*tiers.back());
  }

  TieredCache& cache() {
    if (!made_cache)
      made_cache = std::make_unique<TieredCache>(std::move(tiers), config, clock, epoch, log);
    return *made_cache;
  }

  Call<Result<Answer>> start(CacheKey wanted, CacheDirectives directives = {}) {
    return start(wanted, directives, fake.generator());
  }
  Call<Result<Answer>> start(CacheKey wanted, CacheDirectives directives, Generator generator) {
    return Call<Result<Answer>>::start(
        loop, cache().get_or_generate(wanted, directives, std::move(generator)));
  }

  /// Runs what can run; what waits for a gate stays.
  void settle() {
    loop.restart();
    loop.poll();
  }

  /// Answers one request, and lets what it left behind come to rest.
  Result<Answer> get(CacheKey wanted, CacheDirectives directives = {}) {
    Result<Answer> answer =
        run(loop, cache().get_or_generate(wanted, directives, fake.generator()));
    settle();
    return answer;
  }

  [[nodiscard]] Entry made_elsewhere(CacheKey wanted, std::string_view body) const {
    return Entry::make(config.freshness.stamp(wanted, clock.now(), std::chrono::milliseconds(800)),
                       "text/plain",
                       body);
  }

  RequestStats requests() { return cache().stats().requests; }
  GenerationStats generation() { return cache().stats().generation; }

  ManualClock clock;
  Epoch epoch;
  RecordingLog log;
  TieredCache::Config config;
  FakeGenerator fake{clock};
  std::vector<std::unique_ptr<Tier>> tiers;
  std::unique_ptr<TieredCache> made_cache;
  boost::asio::io_context loop{1};  // last: it is destroyed before the cache its flights refer to

  const CacheKey key = sample_key("the key");
};

inline constexpr CacheDirectives no_cache() {
  CacheDirectives directives;
  directives.no_cache = true;
  return directives;
}

inline constexpr CacheDirectives no_store() {
  CacheDirectives directives;
  directives.no_store = true;
  return directives;
}

inline constexpr CacheDirectives only_if_cached() {
  CacheDirectives directives;
  directives.only_if_cached = true;
  return directives;
}

inline constexpr CacheDirectives max_age(std::chrono::seconds age) {
  CacheDirectives directives;
  directives.max_age = age;
  return directives;
}

}  // namespace refrain::testing
