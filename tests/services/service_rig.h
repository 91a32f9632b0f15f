#pragma once

/// @file
/// A cache over memory, and what a service needs around it.

#include "refrain/cache/epoch.h"
#include "refrain/cache/tiered_cache.h"
#include "refrain/http/router.h"
#include "refrain/memory/memory_tier.h"
#include "refrain/services/api/service_context.h"

#include "services/parsed_request.h"
#include "support/log_spy.h"
#include "support/manual_clock.h"

#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace refrain::testing {

/// Everything but the routes. `[memory]`, fresh for an hour, usable for another minute.
class ServiceRig : public ::testing::Test {
protected:
  explicit ServiceRig(std::string name, std::vector<std::unique_ptr<Tier>> more_tiers = {})
      : cache_(tiers(std::move(more_tiers)), config(), clock_, epoch_, log_),
        context_(std::move(name), cache_, clock_, log_) {}

  using MakeTier = std::function<std::unique_ptr<Tier>(const Clock& clock)>;

  /// `[memory, …]` with a tier that goes by the rig's clock.
  ServiceRig(std::string name, const MakeTier& make)
      : cache_(tiers(one(make(clock_))), config(), clock_, epoch_, log_),
        context_(std::move(name), cache_, clock_, log_) {}

  /// Asks the routes and waits for the answer.
  Reply ask(std::string request) { return Exchanging(router_, std::move(request), loop_).finish(); }

  /// Lets what runs in the background go on until it is done or waits.
  void settle() {
    loop_.restart();
    loop_.poll();
  }

  static boost::json::value json(const Reply& reply) { return boost::json::parse(reply.body); }

  /// `[status, code, param]` of a refusal.
  static std::string problem(const Reply& reply) {
    const boost::json::value error = json(reply).at("error");
    const auto text = [&error](const char* name) {
      const boost::json::value& value = error.at(name);
      return value.is_null() ? std::string("-") : std::string(value.as_string().c_str());
    };
    return std::to_string(reply.status) + " " + text("code") + " " + text("param");
  }

  static constexpr std::size_t kMaxGenerations = 2;

  ManualClock clock_;
  Epoch epoch_;
  LogSpy log_;
  MemoryTier* memory_ = nullptr;  // owned by cache_
  TieredCache cache_;
  ServiceContext context_;
  http::Router router_;
  boost::asio::io_context loop_{1};

private:
  static std::vector<std::unique_ptr<Tier>> one(std::unique_ptr<Tier> tier) {
    std::vector<std::unique_ptr<Tier>> list;
    list.push_back(std::move(tier));
    return list;
  }

  std::vector<std::unique_ptr<Tier>> tiers(std::vector<std::unique_ptr<Tier>> more) {
    std::vector<std::unique_ptr<Tier>> all;
    auto memory = std::make_unique<MemoryTier>(MemoryCache::Config(), clock_);
    memory_ = memory.get();
    all.push_back(std::move(memory));
    for (auto& tier : more)
      all.push_back(std::move(tier));
    return all;
  }

  static TieredCache::Config config() {
    TieredCache::Config config;
    config.freshness.ttl = std::chrono::hours(1);
    config.freshness.stale = std::chrono::minutes(1);
    config.max_generations = kMaxGenerations;
    return config;
  }
};

}  // namespace refrain::testing
