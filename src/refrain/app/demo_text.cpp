#include "refrain/app/demo_text.h"

#include "refrain/app/cache_stack.h"
#include "refrain/app/demo_report.h"
#include "refrain/app/demo_runner.h"
#include "refrain/app/models.h"
#include "refrain/app/spdlog_log.h"
#include "refrain/app/start_error.h"
#include "refrain/core/clock.h"
#include "refrain/core/hex.h"
#include "refrain/services/text_prediction/cached_predictor.h"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace refrain::app {
namespace {

constexpr std::array<const char*, 3> kTexts{"I would like", "thank", "how are"};
// A server on this machine answers within a few milliseconds; one in the network within this.
constexpr std::chrono::milliseconds kConnectTime{1000};

Task<bool> wait_until_available(RedisCache& redis, std::chrono::milliseconds limit) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer timer(executor);
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!redis.is_available() && std::chrono::steady_clock::now() < deadline) {
    timer.expires_after(std::chrono::milliseconds(5));
    co_await timer.async_wait(kAsTuple);
  }
  co_return redis.is_available();
}

Task<Result<std::optional<Entry>>> find_in(Tier& tier, CacheKey key) {
  co_return co_await tier.find(key);
}

TextQuery query_for(std::string_view text) {
  return {
      PredictionRequest(std::string(text), 3, 1, PredictionMode::kNext), AnswerShape::kWords, ""};
}

class TextDemo {
public:
  TextDemo(Settings settings, const Terminal& terminal)
      : settings_(std::move(settings)),
        report_(terminal),
        log_("error", "text"),
        runner_(terminal),
        surroundings_(runner_.loops().contexts(), runner_.pool(), clock_, log_),
        tenant_("demo-" +
                to_hex((std::uint64_t{std::random_device()()} << 32U) | std::random_device()())) {
    settings_.is_text_slow = true;
  }

  int run() {
    report_.title("Text prediction: [redis, memory] in front of a slow model");
    Result<std::unique_ptr<Predictor>> predictor = make_predictor(settings_, runner_.pool());
    Result<std::unique_ptr<CacheStack>> caches = CacheStack::for_text(settings_, surroundings_);
    if (!predictor || !caches) {
      const Error error = with_option(predictor ? caches.error() : predictor.error());
      report_.check(false, error.message());
      return std::max(report_.finish(), exit_code_of(error));
    }
    predictor_ = std::move(*predictor);
    caches_ = std::move(*caches);
    cached_ = std::make_unique<CachedPredictor>(*predictor_, caches_->cache());
    const bool has_redis = show_connectivity();
    show_miss_and_hit(has_redis ? "redis" : "memory");
    if (has_redis) show_redis_value();
    show_fallback(has_redis);
    show_statistics();
    if (caches_->redis() != nullptr) caches_->redis()->stop();
    runner_.stop();
    return report_.finish();
  }

private:
  TimedAnswer ask(std::string_view text) {
    const TextQuery query = query_for(text);
    return runner_.ask(
        caches_->cache(),
        cached_->key(query, tenant_),
        [this, &query](TieredCache::Probe probe) {
          return cached_->predict(std::move(probe), query);
        },
        "the model is thinking");
  }

  bool show_connectivity() {
    report_.step("Is Redis there?");
    RedisCache* redis = caches_->redis();
    if (redis == nullptr) {
      report_.note("Redis is switched off: memory is the only cache");
      return false;
    }
    const bool is_there =
        runner_.wait(wait_until_available(*redis, kConnectTime), "connecting to Redis");
    if (is_there) {
      report_.check(true, "Redis answers: it is the primary cache");
    } else {
      report_.note("no Redis answers: everything goes on without it, from memory");
      report_.note(
          "start one with redis-server, or say where it is with REDIS_HOST and REDIS_PORT");
    }
    return is_there;
  }

  void show_miss_and_hit(std::string_view tier) {
    report_.step("The first time, the model has to think");
    std::vector<TimedAnswer> first;
    for (const char* text : kTexts) {
      first.push_back(ask(text));
      report_.check(
          first.back().is_generated(),
          "“" + std::string(text) + "”  generated in " + duration_text(first.back().duration));
      if (first.back().answer) report_.note(std::string(first.back().answer->entry().body()));
    }
    report_.step("The second time, the answer is there");
    for (std::size_t i = 0; i < kTexts.size(); ++i) {
      const TimedAnswer again = ask(kTexts[i]);
      const bool is_equal = again.answer && first[i].answer &&
                            again.answer->entry().body() == first[i].answer->entry().body();
      report_.check(again.came_from(tier) && is_equal,
                    "“" + std::string(kTexts[i]) + "”  from " + std::string(tier) + " in " +
                        duration_text(again.duration) + ", " +
                        speedup_text(first[i].duration, again.duration) + ", the same bytes");
    }
  }

  void show_redis_value() {
    report_.step("What Redis holds");
    const CacheKey key = cached_->key(query_for(kTexts[0]), tenant_);
    const Result<std::optional<Entry>> found = runner_.wait(find_in(*caches_->redis(), key));
    const bool is_there = found && found->has_value();
    report_.check(is_there, "Redis has the prediction for “" + std::string(kTexts[0]) + "”");
    if (!is_there) return;
    const auto left = std::chrono::duration_cast<std::chrono::seconds>(
        (*found)->metadata().fresh_until - clock_.now());
    report_.note("key   " + caches_->redis()->key_name(caches_->cache().epoch(), key));
    report_.note("fresh for " + std::to_string(left.count()) + " s more");
  }

  void show_fallback(bool had_redis) {
    report_.step(had_redis ? "Redis goes away" : "Without Redis");
    if (had_redis) {
      caches_->redis()->stop();
      report_.check(!caches_->redis()->is_available(), "the connection is cut");
    }
    const TimedAnswer known = ask(kTexts[0]);
    report_.check(
        known.came_from("memory"),
        "“" + std::string(kTexts[0]) + "”  from memory in " + duration_text(known.duration));
    const char* text = "see you";
    const TimedAnswer fresh = ask(text);
    report_.check(fresh.is_generated(),
                  "“" + std::string(text) + "”  was in neither: generated in " +
                      duration_text(fresh.duration));
    const TimedAnswer again = ask(text);
    report_.check(again.came_from("memory"),
                  "“" + std::string(text) + "”  from memory in " + duration_text(again.duration) +
                      ", " + speedup_text(fresh.duration, again.duration));
  }

  void show_statistics() {
    report_.step("Statistics");
    const CacheStats stats = caches_->cache().stats();
    report_.check(stats.requests.miss == static_cast<std::int64_t>(kTexts.size()) + 1 &&
                      stats.requests.error == 0,
                  std::to_string(stats.requests.total()) +
                      " requests: " + std::to_string(stats.requests.hit) + " hits, " +
                      std::to_string(stats.requests.miss) + " misses, no errors");
    report_.note("the model worked for " + duration_text(stats.generation.spent) +
                 "; the cache saved " + duration_text(stats.generation.saved));
    for (const TierStats& tier : stats.tiers) {
      report_.note(tier.name + ": " + std::to_string(tier.items) + " entries, " +
                   std::to_string(tier.hits) + " hits, " + std::to_string(tier.misses) + " misses" +
                   (tier.available ? "" : ", away"));
    }
  }

  Settings settings_;
  DemoReport report_;
  const SystemClock clock_;
  SpdlogLog log_;
  DemoRunner runner_;
  CacheSurroundings surroundings_;
  const std::string tenant_;  // new at each run, so that the first request is a miss every time
  std::unique_ptr<Predictor> predictor_;
  std::unique_ptr<CacheStack> caches_;
  std::unique_ptr<CachedPredictor> cached_;
};

}  // namespace

int demo_text(const Settings& settings, const Terminal& terminal) {
  return TextDemo(settings, terminal).run();
}

}  // namespace refrain::app
