// Memory in front of Redis: what a hit costs beside one in plain memory, and how soon after another
// instance's write has its reply the change has been acted upon here.

#include "refrain/cache/tiered_cache.h"
#include "refrain/core/clock.h"
#include "refrain/core/log.h"
#include "refrain/memory/memory_tier.h"
#include "refrain/memory/near_tier.h"
#include "refrain/redis/redis_cache.h"
#include "refrain/redis/redis_tracker.h"

#include "support/redis_cluster.h"
#include "support/redis_server.h"
#include "support/run.h"
#include "support/sample_entry.h"

#include <benchmark/benchmark.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace refrain {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr std::size_t kKeys = 1000;

class HitRig {
public:
  explicit HitRig(bool is_near) {
    auto memory = std::make_unique<MemoryTier>(MemoryCache::Config(), clock_);
    std::vector<std::unique_ptr<Tier>> tiers;
    if (is_near) {
      auto near = std::make_unique<NearTier>(std::move(memory));
      near->open();
      tiers.push_back(std::move(near));
    } else {
      tiers.push_back(std::move(memory));
    }
    for (std::size_t i = 0; i < kKeys; ++i) {
      keys_.push_back(testing::sample_key(std::to_string(i)));
      tiers[0]->insert_now(
          testing::sample_entry(keys_.back(), clock_.now(), std::string(300, 'v')));
    }
    cache_ = std::make_unique<TieredCache>(
        std::move(tiers), TieredCache::Config(), clock_, epoch_, log_);
  }

  void hit(std::size_t turn) {
    TieredCache::Probe probe = cache_->probe(keys_[turn % kKeys], {});
    if (!probe.answer()) throw std::logic_error("a miss");
    benchmark::DoNotOptimize(probe.answer()->entry().body().data());
  }

private:
  SystemClock clock_;
  NullLog log_;
  Epoch epoch_;
  std::vector<CacheKey> keys_;
  std::unique_ptr<TieredCache> cache_;
};

void hit(benchmark::State& state, bool is_near) {
  HitRig rig(is_near);
  std::size_t turn = 0;
  for (auto _ : state)
    rig.hit(turn++);
}
BENCHMARK_CAPTURE(hit, memory, false);
BENCHMARK_CAPTURE(hit, near, true);

/// Notes when it was told.
class TimingListener final : public ChangeListener {
public:
  void on_feed_up() override { is_up = true; }
  void on_feed_down() override { is_up = false; }
  void on_changed(CacheKey /*key*/) override {
    told_ns = steady_clock::now().time_since_epoch().count();
    ++count;
  }
  void on_all_changed() override {}
  void on_epoch_raised() override {}

  std::atomic<bool> is_up{false};
  std::atomic<std::int64_t> told_ns{0};
  std::atomic<int> count{0};
};

/// A loop on a thread of its own.
class LoopThread {
public:
  LoopThread() : thread_([this] { loop_.run(); }) {}
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;
  ~LoopThread() { stop(); }
  void stop() {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
  }
  boost::asio::io_context& loop() { return loop_; }

private:
  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      loop_.get_executor()};
  std::thread thread_;
};

RedisCache::Options tier_options(const RedisEndpoint& endpoint) {
  RedisCache::Options options;
  options.endpoint = endpoint;
  options.service = "text";
  options.command_budget = seconds(10);
  options.connect_budget = seconds(10);
  return options;
}

std::unique_ptr<RedisCache> open_tier(const RedisCache::Options& options,
                                      boost::asio::io_context& loop,
                                      Epoch& epoch,
                                      const Clock& clock,
                                      Log& log) {
  auto tier = RedisCache::create(options, {&loop}, epoch, clock, log);
  if (!tier) throw std::runtime_error(tier.error().message());
  (*tier)->start();
  return std::move(*tier);
}

/// Whether it would ask every server.
bool is_whole(const RedisCache& tier) {
  const TierStats stats = tier.stats();
  const std::vector<ShardStats>& shards = stats.remote->shards;
  return tier.is_available() &&
         std::all_of(
             shards.begin(), shards.end(), [](const ShardStats& one) { return one.is_available; });
}

double percentile_us(std::vector<double>& microseconds, double fraction) {
  std::sort(microseconds.begin(), microseconds.end());
  return microseconds[static_cast<std::size_t>(fraction *
                                               static_cast<double>(microseconds.size() - 1))];
}

void change(benchmark::State& state, const RedisCache::Options& own) {
  const SystemClock clock;
  NullLog log;
  Epoch writer_epoch;
  Epoch reader_epoch;
  boost::asio::io_context writer_loop(1);
  const auto writer = open_tier(own, writer_loop, writer_epoch, clock, log);
  LoopThread thread;
  const auto reader = open_tier(own, thread.loop(), reader_epoch, clock, log);
  TimingListener listener;
  RedisTracker::Options options;
  options.connection.endpoint = own.endpoint;
  options.connection.command_budget = seconds(10);
  RedisTracker tracker(options, *reader, thread.loop(), listener, log);
  tracker.start();
  while (!listener.is_up || !is_whole(*writer))
    writer_loop.poll();
  int number = 0;
  std::vector<double> after_reply;
  std::vector<double> after_sending;
  for (auto _ : state) {
    const CacheKey key = testing::sample_key(std::to_string(++number % 16));
    const Entry entry = testing::sample_entry(key, clock.now(), std::string(300, 'v'));
    const int before = listener.count;
    const std::int64_t sent = steady_clock::now().time_since_epoch().count();
    testing::run(writer_loop, writer->insert(entry)).value();
    const std::int64_t replied = steady_clock::now().time_since_epoch().count();
    while (listener.count == before) {
    }
    after_reply.push_back(static_cast<double>(listener.told_ns - replied) / 1000);
    after_sending.push_back(static_cast<double>(listener.told_ns - sent) / 1000);
  }
  state.counters["after_reply_p50_us"] = percentile_us(after_reply, 0.50);
  state.counters["after_reply_p99_us"] = percentile_us(after_reply, 0.99);
  state.counters["after_sending_p50_us"] = percentile_us(after_sending, 0.50);
  state.counters["after_sending_p99_us"] = percentile_us(after_sending, 0.99);
  tracker.stop();
  reader->stop();
  writer->stop();
  thread.stop();
}

void change_over_unix_socket(benchmark::State& state) {
  const testing::RedisServer server;
  change(state, tier_options(server.unix_endpoint()));
}
BENCHMARK(change_over_unix_socket)->UseRealTime();

void change_over_tcp(benchmark::State& state) {
  const testing::RedisServer server;
  change(state, tier_options(server.tcp_endpoint()));
}
BENCHMARK(change_over_tcp)->UseRealTime();

void change_in_cluster(benchmark::State& state) {
  const testing::RedisCluster cluster;
  RedisCache::Options options = tier_options(RedisEndpoint());
  options.servers.mode = RedisMode::kCluster;
  options.servers.nodes = cluster.addresses();
  change(state, options);
}
BENCHMARK(change_in_cluster)->UseRealTime();

}  // namespace
}  // namespace refrain
