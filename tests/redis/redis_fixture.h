#pragma once

/// @file
/// Redis tiers and clients on a test's loop.

#include "refrain/cache/epoch.h"
#include "refrain/redis/redis_cache.h"

#include "support/log_spy.h"
#include "support/manual_clock.h"
#include "support/redis_server.h"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace refrain::testing {

/// Long enough for a loaded machine under a sanitizer: nothing that should succeed may depend on
/// it.
inline constexpr std::chrono::milliseconds kAmple{20'000};

/// Runs `loop` until `condition` holds. Throws if that takes far too long.
inline void run_until(boost::asio::io_context& loop, const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("what was waited for does not happen");
    loop.restart();
    loop.run_one_for(std::chrono::milliseconds(20));
  }
}

inline RedisConnectionOptions connection_options(RedisEndpoint endpoint) {
  RedisConnectionOptions options;
  options.endpoint = std::move(endpoint);
  options.command_budget = kAmple;
  options.connect_budget = kAmple;
  return options;
}

inline RedisCache::Options redis_options(RedisEndpoint endpoint) {
  RedisCache::Options options;
  options.endpoint = std::move(endpoint);
  options.service = "text";
  options.command_budget = kAmple;
  options.connect_budget = kAmple;
  return options;
}

/// One instance of a service: its epoch and its tier, started.
class RedisInstance {
public:
  RedisInstance(const RedisCache::Options& options,
                const Clock& clock,
                boost::asio::io_context& loop)
      : loop_(loop) {
    auto created = RedisCache::create(options, {&loop}, epoch_, clock, log_);
    if (!created) throw std::runtime_error(created.error().message());
    cache_ = std::move(*created);
    cache_->start();
  }

  /// Returns once the tier is available.
  RedisCache& ready() {
    run_until(loop_, [this] { return cache_->is_available(); });
    return *cache_;
  }

  [[nodiscard]] RedisCache& cache() { return *cache_; }
  [[nodiscard]] Epoch& epoch() { return epoch_; }
  [[nodiscard]] const LogSpy& log() const { return log_; }

private:
  boost::asio::io_context& loop_;
  LogSpy log_;
  Epoch epoch_;
  std::unique_ptr<RedisCache> cache_;
};

}  // namespace refrain::testing
