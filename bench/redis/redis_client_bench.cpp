/// @file
/// A GET of 300 bytes from a redis-server of its own: through our client, through the whole tier,
/// and through hiredis and redis-benchmark beside them, in turns. Prints a table;
/// docs/benchmarks.md has one.
///
///   bench_redis_client [ROUNDS [SECONDS]]      11 rounds of 0.3 s for each row, unless told
///   otherwise
///
/// Every round runs every row once, in an order that alternates, and a ratio is that of two rows of
/// the same round: what else the machine does falls on both. What is printed is the median over the
/// rounds.

#include "refrain/core/clock.h"
#include "refrain/core/log.h"
#include "refrain/redis/client/standalone_redis_client.h"
#include "refrain/redis/redis_cache.h"

#include "support/redis_server.h"
#include "support/run.h"
#include "support/sample_entry.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <hiredis/hiredis.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace refrain {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kValueBytes = 300;
constexpr std::int64_t kWarmUp = 2000;

/// What one run of a row came to.
struct Sample {
  double per_second = 0;
  double cpu_us = 0;  // of the client's process, for each operation
  double p50_us = 0;  // of a round trip; 0 if it was not taken
};

double seconds_in(const ::rusage& usage) {
  const auto seconds = [](const ::timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double cpu_seconds() {
  ::rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return seconds_in(usage);
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Counts operations and times them, after a warm-up, until the time is over.
class Meter {
public:
  explicit Meter(double seconds) : seconds_(seconds) {}

  /// After `operations` that took one round trip. False when it is time to end.
  bool record(std::int64_t operations) {
    const Clock::time_point now = Clock::now();
    done_ += operations;
    if (!is_measuring_) {
      if (done_ >= kWarmUp) begin(now);
    } else {
      trips_.push_back(std::chrono::duration<float, std::micro>(now - latest_).count());
      is_over_ = now >= end_;
    }
    latest_ = now;
    return !is_over_;
  }

  [[nodiscard]] Sample sample() const {
    const auto operations = static_cast<double>(done_);
    Sample sample;
    sample.per_second = operations / std::chrono::duration<double>(latest_ - begin_).count();
    sample.cpu_us = (cpu_seconds() - cpu_begin_) / operations * 1e6;
    sample.p50_us = median(std::vector<double>(trips_.begin(), trips_.end()));
    return sample;
  }

private:
  void begin(Clock::time_point now) {
    is_measuring_ = true;
    trips_.reserve(1'000'000);
    done_ = 0;
    cpu_begin_ = cpu_seconds();
    begin_ = now;
    end_ =
        now + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds_));
  }

  const double seconds_;
  bool is_measuring_ = false;
  bool is_over_ = false;
  std::int64_t done_ = 0;
  double cpu_begin_ = 0;
  Clock::time_point begin_;
  Clock::time_point end_;
  Clock::time_point latest_;
  std::vector<float> trips_;
};

testing::RedisServer& server() {
  static testing::RedisServer instance;
  return instance;
}

enum class Transport : std::uint8_t { kTcp, kUnix };

RedisEndpoint endpoint(Transport transport) {
  return transport == Transport::kTcp ? server().tcp_endpoint() : server().unix_endpoint();
}

using Hiredis = std::unique_ptr<redisContext, decltype(&redisFree)>;

Hiredis connect_hiredis(Transport transport) {
  const RedisEndpoint place = endpoint(transport);
  Hiredis context(transport == Transport::kTcp ? redisConnect(place.host.c_str(), place.port)
                                               : redisConnectUnix(place.unix_path.c_str()),
                  &redisFree);
  if (!context || context->err != 0) throw std::runtime_error("hiredis does not connect");
  return context;
}

void take_reply(redisContext& context) {
  void* reply = nullptr;
  if (redisGetReply(&context, &reply) != REDIS_OK) throw std::runtime_error("hiredis: no reply");
  if (static_cast<redisReply*>(reply)->len != kValueBytes)
    throw std::runtime_error("hiredis: wrong");
  freeReplyObject(reply);
}

/// hiredis on one connection: `batch` commands are sent, then their replies are read.
Sample hiredis(Transport transport, int batch, double seconds) {
  const Hiredis context = connect_hiredis(transport);
  Meter meter(seconds);
  do {
    for (int i = 0; i < batch; ++i)
      redisAppendCommand(context.get(), "GET %s", "key");
    for (int i = 0; i < batch; ++i)
      take_reply(*context);
  } while (meter.record(batch));
  return meter.sample();
}

/// hiredis as it serves several callers at once: a thread and a connection for each.
Sample hiredis_threads(Transport transport, int callers, double seconds) {
  std::atomic<std::int64_t> done{0};
  std::atomic<bool> is_over{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < callers; ++i) {
    threads.emplace_back([&] {
      const Hiredis context = connect_hiredis(transport);
      while (!is_over.load(std::memory_order_relaxed)) {
        redisAppendCommand(context.get(), "GET %s", "key");
        take_reply(*context);
        done.fetch_add(1, std::memory_order_relaxed);
      }
    });
  }
  while (done.load() < kWarmUp)
    std::this_thread::yield();
  const std::int64_t first = done.load();
  const double cpu = cpu_seconds();
  const Clock::time_point begin = Clock::now();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  const auto operations = static_cast<double>(done.load() - first);
  Sample sample;
  sample.per_second = operations / std::chrono::duration<double>(Clock::now() - begin).count();
  sample.cpu_us = (cpu_seconds() - cpu) / operations * 1e6;
  is_over = true;
  for (std::thread& thread : threads)
    thread.join();
  return sample;
}

double child_cpu_seconds() {
  ::rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  return seconds_in(usage);
}

/// Runs `command` in a shell and returns what it printed.
std::string output_of(const std::string& command) {
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  std::string output;
  std::array<char, 4096> chunk{};
  while (const std::size_t size = std::fread(chunk.data(), 1, chunk.size(), pipe))
    output.append(chunk.data(), size);
  if (::pclose(pipe) != 0) throw std::runtime_error("this fails: " + command);
  return output;
}

/// The program redis-benchmark. How long it takes is settled by a number of requests: as many as
/// `rate` a second, which is about what it comes to.
struct RedisBenchmark {
  int connections;
  int pipeline;
  double rate;

  Sample operator()(Transport transport, double seconds) const {
    const RedisEndpoint place = endpoint(transport);
    const auto requests = static_cast<std::int64_t>(std::max(1000.0, rate * seconds));
    const std::string command = "redis-benchmark -h " + place.host + " -p " +
                                std::to_string(place.port) + " -c " + std::to_string(connections) +
                                " -P " + std::to_string(pipeline) + " -n " +
                                std::to_string(requests) + " -q --csv GET key";
    const double cpu = child_cpu_seconds();
    const std::string table = output_of(command);
    // A line of titles; the second: the test's name, requests a second, latencies in milliseconds:
    // mean, shortest, median.
    Sample sample;
    double mean = 0;
    double shortest = 0;
    const std::size_t line = table.find('\n');
    if (line == std::string::npos || std::sscanf(table.c_str() + line + 1,
                                                 "\"%*[^\"]\",\"%lf\",\"%lf\",\"%lf\",\"%lf\"",
                                                 &sample.per_second,
                                                 &mean,
                                                 &shortest,
                                                 &sample.p50_us) != 4)
      throw std::runtime_error("redis-benchmark prints another table: " + table);
    sample.p50_us *= 1000;
    sample.cpu_us = (child_cpu_seconds() - cpu) / static_cast<double>(requests) * 1e6;
    return sample;
  }
};

/// Coroutines that ask one after another, as many as there are callers.
class Callers {
public:
  Callers(int count, double seconds) : count_(count), meter_(seconds) {}

  /// One caller of them; `ask` says whether the answer was right.
  template <class Ask>
  Task<void> call(boost::asio::io_context& loop, Ask& ask) {
    ++active_;
    while (!is_over_) {
      const bool is_right = co_await ask();
      if (!is_right) throw std::runtime_error("a wrong answer");
      // The clock is asked once for a round of all callers.
      if (++pending_ < count_) continue;
      is_over_ = !meter_.record(pending_) || is_over_;
      pending_ = 0;
    }
    if (--active_ == 0) loop.stop();
  }

  /// Runs them all to their end.
  template <class Ask>
  Sample run(boost::asio::io_context& loop, Ask ask) {
    for (int i = 0; i < count_; ++i)
      boost::asio::co_spawn(loop, call(loop, ask), boost::asio::detached);
    loop.restart();
    loop.run();
    return meter_.sample();
  }

private:
  const int count_;
  Meter meter_;
  int active_ = 0;
  int pending_ = 0;
  bool is_over_ = false;
};

struct AskClient {
  StandaloneRedisClient& client;

  Task<bool> operator()() {
    RedisCommand command({"GET", "key"});
    const Result<RespValue> reply = co_await client.execute(std::move(command));
    co_return reply && reply->text().size() == kValueBytes;
  }
};

Sample our_client(Transport transport, int callers, double seconds) {
  boost::asio::io_context loop(1);
  NullLog log;
  RedisConnectionOptions options;
  options.endpoint = endpoint(transport);
  options.command_budget = std::chrono::seconds(10);
  options.connect_budget = std::chrono::seconds(10);
  StandaloneRedisClient client(options, {&loop}, log);
  client.start();
  while (!client.is_ready())
    loop.run_one();
  const Sample sample = Callers(callers, seconds).run(loop, AskClient{client});
  client.stop();
  return sample;
}

struct AskTier {
  RedisCache& cache;
  const CacheKey key = testing::sample_key("a");

  Task<bool> operator()() {
    const Result<std::optional<Entry>> found = co_await cache.find(key);
    co_return found && found->has_value();
  }
};

Sample our_tier(Transport transport, int callers, double seconds) {
  boost::asio::io_context loop(1);
  NullLog log;
  const SystemClock clock;
  Epoch epoch;
  RedisCache::Options options;
  options.endpoint = endpoint(transport);
  options.service = "text";
  options.command_budget = std::chrono::seconds(10);
  const auto cache = std::move(RedisCache::create(options, {&loop}, epoch, clock, log).value());
  cache->start();
  while (!cache->is_available())
    loop.run_one();
  const std::string body = "\"" + std::string(kValueBytes - 2, 'v') + "\"";
  Entry entry = testing::sample_entry(testing::sample_key("a"), clock.now(), body);
  testing::run(loop, cache->insert(std::move(entry))).value();
  const Sample sample = Callers(callers, seconds).run(loop, AskTier{*cache});
  cache->stop();
  return sample;
}

struct Row {
  std::string name;
  Transport transport;
  std::function<Sample(Transport, double)> run;
  std::size_t reference;  // the row that it is compared with
  std::vector<Sample> samples;
};

// `first` is that of hiredis at one caller; pipelined by 16 it is the fifth.
void add_redis_benchmark(std::vector<Row>& rows, std::size_t first) {
  const auto add = [&](std::string name, RedisBenchmark run, std::size_t reference) {
    rows.push_back({"`redis-benchmark`, " + std::move(name), Transport::kTcp, run, reference, {}});
  };
  add("1 connection", {1, 1, 15'000}, first);
  add("50 connections", {50, 1, 80'000}, first);
  add("1 connection, pipelined by 16", {1, 16, 150'000}, first + 4);
  add("50 connections, pipelined by 16", {50, 16, 400'000}, first + 4);
}

std::vector<Row> all_rows() {
  const auto with = [](auto function, int count) {
    return [function, count](Transport transport, double seconds) {
      return function(transport, count, seconds);
    };
  };
  std::vector<Row> rows;
  for (const Transport transport : {Transport::kTcp, Transport::kUnix}) {
    const std::size_t first = rows.size();
    rows.push_back({"hiredis, 1 caller", transport, with(hiredis, 1), first, {}});
    rows.push_back({"**`RedisClient`**, 1 caller", transport, with(our_client, 1), first, {}});
    rows.push_back({"**`RedisCache`**, 1 caller", transport, with(our_tier, 1), first, {}});
    rows.push_back({"hiredis, 64 threads", transport, with(hiredis_threads, 64), first, {}});
    rows.push_back({"hiredis, pipelined by 16", transport, with(hiredis, 16), first + 4, {}});
    rows.push_back(
        {"**`RedisClient`**, 16 callers", transport, with(our_client, 16), first + 4, {}});
    rows.push_back({"hiredis, pipelined by 64", transport, with(hiredis, 64), first + 6, {}});
    rows.push_back(
        {"**`RedisClient`**, 64 callers", transport, with(our_client, 64), first + 6, {}});
    rows.push_back({"**`RedisCache`**, 64 callers", transport, with(our_tier, 64), first + 6, {}});
    if (transport == Transport::kTcp) add_redis_benchmark(rows, first);
  }
  return rows;
}

double median_of(const Row& row, double Sample::* field) {
  std::vector<double> values;
  for (const Sample& sample : row.samples)
    values.push_back(sample.*field);
  return median(std::move(values));
}

double median_ratio(const Row& row, const Row& reference, double Sample::* field) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < row.samples.size(); ++i)
    ratios.push_back(row.samples[i].*field / reference.samples[i].*field);
  return median(std::move(ratios));
}

void print(const std::vector<Row>& rows) {
  std::printf("| over | who | GET/s | ratio | p50 µs | ratio | CPU µs each | ratio |\n");
  std::printf("| --- | --- | --: | --: | --: | --: | --: | --: |\n");
  for (const Row& row : rows) {
    const Row& reference = rows[row.reference];
    const bool has_trips = row.samples.front().p50_us > 0;
    std::printf("| %s | %s | %.0f | %.2f × |",
                row.transport == Transport::kTcp ? "TCP" : "unix",
                row.name.c_str(),
                median_of(row, &Sample::per_second),
                median_ratio(row, reference, &Sample::per_second));
    if (has_trips) {
      std::printf(" %.1f | %.2f × |",
                  median_of(row, &Sample::p50_us),
                  median_ratio(row, reference, &Sample::p50_us));
    } else {
      std::printf(" | |");
    }
    std::printf(" %.2f | %.2f × |\n",
                median_of(row, &Sample::cpu_us),
                median_ratio(row, reference, &Sample::cpu_us));
  }
}

int compare(int rounds, double seconds, const std::string& only) {
  server().command({"SET", "key", std::string(kValueBytes, 'v')});
  std::vector<Row> rows = all_rows();
  const auto measure = [&](Row& row) {
    row.samples.push_back(row.run(row.transport, seconds));
  };
  if (!only.empty()) {
    // One row alone, for a profiler.
    measure(rows.at(std::stoul(only)));
    return 0;
  }
  for (int round = 0; round < rounds; ++round) {
    if (round % 2 == 0) {
      std::for_each(rows.begin(), rows.end(), measure);
    } else {
      std::for_each(rows.rbegin(), rows.rend(), measure);
    }
  }
  print(rows);
  return 0;
}

}  // namespace
}  // namespace refrain

int main(int argc, char** argv) {
  try {
    const int rounds = argc > 1 ? std::stoi(argv[1]) : 11;
    const double seconds = argc > 2 ? std::stod(argv[2]) : 0.3;
    return refrain::compare(rounds, seconds, argc > 3 ? argv[3] : "");
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "bench_redis_client: %s\n", failure.what());
    return 1;
  }
}
