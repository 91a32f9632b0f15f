#include "refrain/redis/redis_cache.h"

#include "redis/redis_fixture.h"
#include "support/manual_clock.h"
#include "support/redis_server.h"
#include "support/run.h"
#include "support/sample_entry.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace refrain {
namespace {

using testing::FakeRedisServer;
using testing::redis_options;
using testing::RedisInstance;
using testing::RedisServer;
using testing::run;
using testing::run_until;
using testing::sample_entry;
using testing::sample_key;

const std::string kEpochKey =
    "refrain:1:text:epoch";  // NOLINT(bugprone-throwing-static-initialization)

std::string name_of(std::string_view key, int epoch = 1) {
  return "refrain:1:text:" + std::to_string(epoch) + ":" + sample_key(key).to_hex();
}

class RedisCacheTest : public ::testing::Test {
protected:
  void SetUp() override { loop_.restart(); }

  Result<std::optional<Entry>> find(RedisCache& cache, std::string_view key) {
    return run(loop_, cache.find(sample_key(key)));
  }
  /// Whether it is found, trouble or not.
  bool finds(RedisCache& cache, std::string_view key) {
    const Result<std::optional<Entry>> found = find(cache, key);
    return found && found->has_value() && !(*found)->is_erasure();
  }
  bool has(RedisCache& cache, std::string_view key) {
    const std::optional<Entry> found = find(cache, key).value();
    return found && !found->is_erasure();
  }
  Result<InsertOutcome> insert(RedisCache& cache, std::string_view key) {
    return run(loop_, cache.insert(sample_entry(sample_key(key), clock_.now())));
  }
  Result<void> clear(RedisInstance& instance) {
    const std::uint64_t next = instance.epoch().value() + 1;
    instance.epoch().adopt(next);
    return run(loop_, instance.cache().clear(next));
  }
  void sweep(RedisCache& cache) { run(loop_, cache.sweep()); }

  static std::string state_of(const RedisCache& cache) {
    return cache.stats().remote.value().state;
  }

  static void expect_sums(const RedisCache& cache) {
    const TierStats stats = cache.stats();
    EXPECT_EQ(stats.insertions - stats.removals.total(), stats.items);
    EXPECT_GE(stats.items, 0);
    EXPECT_GE(stats.misses, 0);
  }

  /// Of an outage: short budgets, so that a time-out comes soon.
  static RedisCache::Options hasty(const RedisServer& server) {
    RedisCache::Options options = redis_options(server.unix_endpoint());
    options.command_budget = std::chrono::milliseconds(1000);
    options.connect_budget = std::chrono::milliseconds(1000);
    return options;
  }

  testing::ManualClock clock_;
  boost::asio::io_context loop_{1};
};

// What is in Redis.

TEST_F(RedisCacheTest, ShowsItsEntriesAsJsonUnderADocumentedName) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);

  insert(instance.ready(), "a").value();

  const auto value = boost::json::parse(server.command({"GET", name_of("a")}).text()).as_object();
  EXPECT_EQ(value.at("body").at("words").at(0).as_string(), "to");
  EXPECT_EQ(server.command({"DBSIZE"}).integer(), 1);
}

TEST_F(RedisCacheTest, AnotherLanguageReadsATextPrediction) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  insert(instance.ready(), "a").value();
  const std::string command =
      "redis-cli -s " + server.unix_endpoint().unix_path + " GET " + name_of("a") +
      R"( | python3 -c 'import json, sys; print(json.load(sys.stdin)["body"]["words"][0])')";

  const std::unique_ptr<FILE, int (*)(FILE*)> output(::popen(command.c_str(), "r"), ::pclose);
  ASSERT_NE(output, nullptr);
  char text[16] = {};
  ASSERT_NE(std::fgets(text, sizeof text, output.get()), nullptr);

  EXPECT_EQ(std::string(text), "to\n");
}

TEST_F(RedisCacheTest, GivesEveryKeyALifetimeOfAtMostItsTtl) {
  const RedisServer server;
  RedisCache::Options options = redis_options(server.unix_endpoint());
  options.ttl = std::chrono::seconds(100);
  RedisInstance instance(options, clock_, loop_);

  insert(instance.ready(), "a").value();

  const std::int64_t left = server.command({"PTTL", name_of("a")}).integer();
  EXPECT_GT(left, 0);
  EXPECT_LE(left, 100'000);
}

TEST_F(RedisCacheTest, SpreadsTheLifetimesOfWhatIsStoredTogether) {
  const RedisServer server;
  RedisCache::Options options = redis_options(server.unix_endpoint());
  options.ttl = std::chrono::seconds(10'000);
  options.ttl_jitter = 0.5;
  RedisInstance instance(options, clock_, loop_);
  RedisCache& cache = instance.ready();
  std::int64_t shortest = 10'000'000;
  std::int64_t longest = 0;

  for (int i = 0; i < 50; ++i) {
    const std::string key = std::to_string(i);
    insert(cache, key).value();
    const std::int64_t left = server.command({"PTTL", name_of(key)}).integer();
    shortest = std::min(shortest, left);
    longest = std::max(longest, left);
  }

  EXPECT_GT(shortest, 1'000'000) << "half of the 3660 s for which the entries are usable";
  EXPECT_LE(longest, 3'660'000);
  EXPECT_GT(longest - shortest, 500'000);
}

TEST_F(RedisCacheTest, GivesAKeyNoLongerThanItsEntryIsOfUse) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  EntryMetadata metadata;
  metadata.key = sample_key("brief");
  metadata.created = clock_.now();
  metadata.fresh_until = clock_.now() + std::chrono::seconds(20);
  metadata.usable_until = clock_.now() + std::chrono::seconds(50);
  Entry entry = Entry::make(metadata, "application/json", "{}");

  run(loop_, instance.ready().insert(entry)).value();

  const std::int64_t left = server.command({"PTTL", name_of("brief")}).integer();
  EXPECT_GT(left, 0);
  EXPECT_LE(left, 50'000);
}

TEST_F(RedisCacheTest, SharesEntriesBetweenInstances) {
  const RedisServer server;
  RedisInstance one(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisInstance other(redis_options(server.tcp_endpoint()), clock_, loop_);

  insert(one.ready(), "a").value();

  EXPECT_TRUE(has(other.ready(), "a"));
  EXPECT_TRUE(one.cache().is_shared());
  expect_sums(other.cache());
}

TEST_F(RedisCacheTest, KeepsServicesApart) {
  const RedisServer server;
  RedisInstance text(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisCache::Options options = redis_options(server.unix_endpoint());
  options.service = "sticker";
  RedisInstance sticker(options, clock_, loop_);

  insert(text.ready(), "a").value();

  EXPECT_FALSE(has(sticker.ready(), "a"));
}

TEST_F(RedisCacheTest, RefusesABodyOverItsLimit) {
  const RedisServer server;
  RedisCache::Options options = redis_options(server.unix_endpoint());
  options.max_value_bytes = 10;
  RedisInstance instance(options, clock_, loop_);

  EXPECT_EQ(insert(instance.ready(), "a").value(), InsertOutcome::kRefused);

  EXPECT_EQ(instance.cache().stats().refusals, 1);
  EXPECT_EQ(server.command({"DBSIZE"}).integer(), 0);
}

TEST_F(RedisCacheTest, SaysWhatARemoteTierIs) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);

  insert(instance.ready(), "a").value();

  const TierStats stats = instance.cache().stats();
  EXPECT_EQ(stats.name, "redis");
  EXPECT_EQ(stats.remote->mode, "standalone");
  EXPECT_EQ(stats.remote->state, "closed");
  ASSERT_EQ(stats.breakers.size(), 1U);
  EXPECT_EQ(stats.breakers[0].name, "0");
  EXPECT_GT(stats.remote->latency_p99_ms, 0);
  EXPECT_GT(stats.size_bytes, 100);
  EXPECT_FALSE(stats.max_items.has_value());
}

TEST_F(RedisCacheTest, NamesTheOptionThatIsWrong) {
  const auto field_of = [this](const RedisCache::Options& options) {
    NullLog log;
    Epoch epoch;
    const auto created = RedisCache::create(options, {&loop_}, epoch, clock_, log);
    return created ? std::string("none") : created.error().field();
  };
  const RedisCache::Options good = redis_options(RedisEndpoint());
  EXPECT_EQ(field_of(good), "none");

  RedisCache::Options bad = good;
  bad.ttl = std::chrono::seconds(0);
  EXPECT_EQ(field_of(bad), "ttl");
  bad = good;
  bad.service = "Text Service";
  EXPECT_EQ(field_of(bad), "service");
  bad = good;
  bad.command_budget = std::chrono::milliseconds(0);
  EXPECT_EQ(field_of(bad), "command budget");
  bad = good;
  bad.breaker.failures_to_open = 0;
  EXPECT_EQ(field_of(bad), "breaker");
}

// What bad values get.

TEST_F(RedisCacheTest, CountsAForeignValueAsMissAndErrorAndReplacesIt) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisCache& cache = instance.ready();
  server.command({"SET", name_of("a"), "somebody else's"});

  const auto found = find(cache, "a");

  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(cache.stats().misses, 1);
  EXPECT_EQ(cache.stats().errors, 1);
  EXPECT_EQ(cache.stats().removals.corrupt, 0) << "this process did not write it";
  EXPECT_EQ(state_of(cache), "closed");
  insert(cache, "a").value();
  EXPECT_TRUE(has(cache, "a"));
  expect_sums(cache);
}

TEST_F(RedisCacheTest, CountsItsOwnValueThatWasSpoiltAsCorrupt) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisCache& cache = instance.ready();
  insert(cache, "a").value();
  server.command({"SETRANGE", name_of("a"), "30", "~"});

  EXPECT_FALSE(find(cache, "a").has_value());

  EXPECT_EQ(cache.stats().removals.corrupt, 1);
  EXPECT_EQ(cache.stats().errors, 1);
  EXPECT_EQ(cache.stats().items, 0);
  expect_sums(cache);
}

TEST_F(RedisCacheTest, NeverServesTheEntryOfAnotherKey) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisCache& cache = instance.ready();
  insert(cache, "a").value();
  server.command({"COPY", name_of("a"), name_of("b")});

  EXPECT_EQ(find(cache, "b").error().code(), ErrorCode::kCorrupt);
}

TEST_F(RedisCacheTest, ReadsOnlyTheBeginningOfAForeignValue) {
  const RedisServer server;
  RedisCache::Options options = redis_options(server.unix_endpoint());
  options.max_reply_bytes = 300'000;
  RedisInstance instance(options, clock_, loop_);
  instance.ready();
  server.command({"SET", name_of("a"), std::string(1'000'000, 'x')});

  EXPECT_EQ(find(instance.cache(), "a").error().code(), ErrorCode::kCorrupt);

  EXPECT_TRUE(instance.cache().is_available()) << "a longer reply would have cost the connection";
  insert(instance.cache(), "a").value();
  EXPECT_TRUE(has(instance.cache(), "a"));
}

TEST_F(RedisCacheTest, ReadsAnEntryOfAnyLengthWhole) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisCache& cache = instance.ready();

  // In Redis they are 105 bytes longer: around 256 KiB, and far above.
  for (const std::size_t size : {262'000U, 262'038U, 262'039U, 262'040U, 262'144U, 3'000'000U}) {
    const std::string body(size, 'b');
    const CacheKey key = sample_key(std::to_string(size));
    run(loop_, cache.insert(sample_entry(key, clock_.now(), body, "image/png"))).value();

    const auto found = run(loop_, cache.find(key)).value();

    ASSERT_TRUE(found.has_value()) << size;
    EXPECT_EQ(found->body(), body);
  }
  EXPECT_EQ(cache.stats().errors, 0);
}

TEST_F(RedisCacheTest, TakesAnEmptyValueForNone) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  instance.ready();
  server.command({"SET", name_of("a"), ""});

  EXPECT_FALSE(has(instance.cache(), "a"));

  EXPECT_EQ(instance.cache().stats().errors, 0);
}

TEST_F(RedisCacheTest, TakesAnotherTypeForAForeignValue) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisCache& cache = instance.ready();
  server.command({"RPUSH", name_of("a"), "x"});

  for (int i = 0; i < 5; ++i)
    EXPECT_FALSE(find(cache, "a").has_value());

  EXPECT_EQ(cache.stats().misses, 5);
  EXPECT_EQ(cache.stats().errors, 5);
  EXPECT_EQ(state_of(cache), "closed");
  insert(cache, "a").value();
  EXPECT_TRUE(has(cache, "a"));
}

TEST_F(RedisCacheTest, CountsBadValuesByWhatIsWrongWithThem) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisCache& cache = instance.ready();
  insert(cache, "good").value();
  const std::string good = server.command({"GET", name_of("good")}).text();
  server.command({"SET", name_of("foreign"), "somebody else's"});
  server.command({"RPUSH", name_of("list"), "x"});
  server.command({"SET", name_of("newer"), R"({"refrain":3,"key":"?"})"});
  server.command({"SET", name_of("cut"), good.substr(0, good.size() - 5)});
  server.command({"SET", name_of("key"), good});
  server.command({"SETRANGE", name_of("good"), std::to_string(good.size() - 5), "~"});

  for (const std::string_view key : {"foreign", "list", "newer", "cut", "key", "good"})
    EXPECT_FALSE(find(cache, key).has_value()) << key;

  std::map<std::string, std::int64_t> counts;
  const TierStats stats = cache.stats();
  for (const auto& [kind, count] : stats.remote->corruptions)
    counts[kind] = count;
  const std::map<std::string, std::int64_t> expected = {{"foreign", 2},
                                                        {"older", 0},
                                                        {"newer", 1},
                                                        {"cut", 1},
                                                        {"key", 1},
                                                        {"checksum", 1},
                                                        {"too_large", 0}};
  EXPECT_EQ(counts, expected);
  EXPECT_EQ(cache.stats().errors, 6);
  EXPECT_EQ(cache.stats().misses, 6);
}

TEST_F(RedisCacheTest, CountsWhatRedisDroppedAsLeftForWantOfRoom) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisCache& cache = instance.ready();
  insert(cache, "a").value();
  server.command({"DEL", name_of("a")});

  EXPECT_FALSE(has(cache, "a"));

  EXPECT_EQ(cache.stats().removals.capacity, 1);
  EXPECT_EQ(cache.stats().errors, 0);
  expect_sums(cache);
}

TEST_F(RedisCacheTest, SweepsTheStatisticsOfExpiredKeys) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisCache& cache = instance.ready();
  insert(cache, "a").value();
  clock_.advance(std::chrono::hours(2));

  sweep(cache);

  EXPECT_EQ(cache.stats().removals.expired, 1);
  EXPECT_EQ(cache.stats().items, 0);
}

// What trouble gets.

TEST_F(RedisCacheTest, IsUnavailableUntilRedisIsThere) {
  RedisServer server;
  server.stop();
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisCache& cache = instance.cache();

  EXPECT_FALSE(cache.is_available());
  EXPECT_EQ(find(cache, "a").error().code(), ErrorCode::kUnavailable);
  run_until(loop_, [&] { return state_of(cache) == "open"; });
  EXPECT_FALSE(cache.stats().available);

  server.start();
  clock_.advance(std::chrono::seconds(2));
  EXPECT_EQ(insert(instance.ready(), "a").value(), InsertOutcome::kStored);
  EXPECT_EQ(state_of(cache), "closed");
  EXPECT_TRUE(has(cache, "a"));
  expect_sums(cache);
}

TEST_F(RedisCacheTest, OpensItsBreakerWhenRedisFreezesAndClosesItAfterOneProbe) {
  RedisServer server;
  RedisInstance instance(hasty(server), clock_, loop_);
  RedisCache& cache = instance.ready();
  insert(cache, "a").value();
  server.freeze();

  EXPECT_EQ(find(cache, "a").error().code(), ErrorCode::kTimeout);
  EXPECT_FALSE(cache.is_available());
  EXPECT_FALSE(insert(cache, "b").has_value());
  EXPECT_FALSE(find(cache, "a").has_value());
  EXPECT_EQ(state_of(cache), "open");
  EXPECT_EQ(cache.stats().errors, 3);
  EXPECT_EQ(cache.stats().misses, 2);

  server.thaw();
  clock_.advance(std::chrono::seconds(60));
  EXPECT_TRUE(has(instance.ready(), "a"));

  EXPECT_EQ(state_of(cache), "closed");
  expect_sums(cache);
}

TEST_F(RedisCacheTest, ForgetsNothingOfItsSumsWhenRedisIsKilledAndComesBackEmpty) {
  RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisCache& cache = instance.ready();
  insert(cache, "a").value();
  insert(cache, "b").value();
  server.kill();
  for (int i = 0; i < 5; ++i)
    EXPECT_FALSE(finds(cache, "a"));
  EXPECT_FALSE(cache.is_available());
  EXPECT_EQ(cache.stats().errors, 3) << "an open breaker asks nobody";

  server.start();
  clock_.advance(std::chrono::seconds(60));
  EXPECT_FALSE(has(instance.ready(), "a"));

  EXPECT_EQ(cache.stats().items, 1);
  EXPECT_EQ(cache.stats().removals.capacity, 1);
  EXPECT_EQ(insert(cache, "a").value(), InsertOutcome::kStored);
  expect_sums(cache);
}

TEST_F(RedisCacheTest, IsNeverAvailableWithAWrongPassword) {
  const RedisServer server({"--requirepass", "secret"});
  RedisCache::Options options = redis_options(server.unix_endpoint());
  options.endpoint.password = "wrong";
  RedisInstance instance(options, clock_, loop_);

  run_until(loop_, [&] { return state_of(instance.cache()) == "open"; });

  EXPECT_FALSE(instance.cache().is_available());
  EXPECT_FALSE(finds(instance.cache(), "a"));
}

TEST_F(RedisCacheTest, GoesOnReadingWhenRedisIsFull) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisCache& cache = instance.ready();
  insert(cache, "a").value();
  server.command({"CONFIG", "SET", "maxmemory", "1"});

  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(insert(cache, "b").error().code(), ErrorCode::kUnavailable);
  EXPECT_TRUE(has(cache, "a"));
  EXPECT_TRUE(cache.is_available());
  EXPECT_EQ(state_of(cache), "closed");
  EXPECT_EQ(cache.stats().errors, 5);
  EXPECT_EQ(cache.stats().items, 1);

  server.command({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_EQ(insert(cache, "b").value(), InsertOutcome::kStored);
  expect_sums(cache);
}

TEST_F(RedisCacheTest, LeavesAMarkWhereItErases) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisCache& cache = instance.ready();
  insert(cache, "a").value();

  EXPECT_TRUE(run(loop_, cache.erase(sample_key("a"))).value());

  const std::optional<Entry> found = find(cache, "a").value();
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->is_erasure());
  EXPECT_EQ(cache.stats().misses, 1);
  EXPECT_EQ(cache.stats().items, 0);
  EXPECT_GT(server.command({"PTTL", name_of("a")}).integer(), 0);
  EXPECT_FALSE(run(loop_, cache.erase(sample_key("b"))).value()) << "there was nothing";
}

TEST_F(RedisCacheTest, InsertsOverAMarkAndDoesNotFillOverIt) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisCache& cache = instance.ready();
  run(loop_, cache.erase(sample_key("a"))).value();

  const Entry entry = sample_entry(sample_key("a"), clock_.now());
  EXPECT_EQ(run(loop_, cache.fill(entry)).value(), InsertOutcome::kRefused);
  EXPECT_FALSE(has(cache, "a"));
  EXPECT_EQ(run(loop_, cache.insert(entry)).value(), InsertOutcome::kStored);

  EXPECT_TRUE(has(cache, "a"));
  EXPECT_EQ(cache.stats().refusals, 0);
}

TEST_F(RedisCacheTest, FillsOverAMarkThatIsOlder) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisCache& cache = instance.ready();
  run(loop_, cache.erase(sample_key("a"))).value();
  clock_.advance(std::chrono::milliseconds(1));

  const Entry newer = sample_entry(sample_key("a"), clock_.now());
  EXPECT_EQ(run(loop_, cache.fill(newer)).value(), InsertOutcome::kStored);

  EXPECT_TRUE(has(cache, "a"));
}

TEST_F(RedisCacheTest, FillsOverWhatIsNoEntry) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisCache& cache = instance.ready();
  server.command({"SET", name_of("text"), "somebody else's"});
  server.command({"RPUSH", name_of("list"), "somebody else's"});

  for (const char* key : {"text", "list"}) {
    const Entry entry = sample_entry(sample_key(key), clock_.now());
    EXPECT_EQ(run(loop_, cache.fill(entry)).value(), InsertOutcome::kStored) << key;
    EXPECT_TRUE(has(cache, key)) << key;
  }
}

TEST_F(RedisCacheTest, LeavesAnEntryThatIsThereWhereItFills) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisCache& cache = instance.ready();
  insert(cache, "a").value();
  const std::string before = server.command({"GET", name_of("a")}).text();
  clock_.advance(std::chrono::milliseconds(1));

  const Entry entry = sample_entry(sample_key("a"), clock_.now());
  EXPECT_EQ(run(loop_, cache.fill(entry)).value(), InsertOutcome::kRefused);

  EXPECT_EQ(server.command({"GET", name_of("a")}).text(), before);
}

TEST_F(RedisCacheTest, TakesBackOnlyWhatIsNoYoungerThanItWasMade) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisCache& cache = instance.ready();
  const WallTime made = clock_.now();
  insert(cache, "a").value();
  clock_.advance(std::chrono::milliseconds(1));
  cache.insert_later(sample_entry(sample_key("a"), clock_.now()));

  EXPECT_TRUE(run(loop_, cache.take_back(sample_key("a"), made)).value());

  const std::optional<Entry> mark = find(cache, "a").value();
  ASSERT_TRUE(mark && mark->is_erasure());
  EXPECT_EQ(mark->metadata().created, made);
  EXPECT_EQ(cache.stats().remote->recovery.waiting, 1) << "a younger one";
}

TEST_F(RedisCacheTest, AMarkLivesAsLongAsCopiesMay) {
  const RedisServer server;
  RedisCache::Options options = redis_options(server.unix_endpoint());
  options.ttl = std::chrono::seconds(100);
  options.mark_ttl = std::chrono::seconds(500);
  RedisInstance instance(options, clock_, loop_);

  run(loop_, instance.ready().erase(sample_key("a"))).value();

  const std::int64_t left = server.command({"PTTL", name_of("a")}).integer();
  EXPECT_GT(left, 400'000);
  EXPECT_LE(left, 500'000);
}

TEST_F(RedisCacheTest, FillsWhatIsNotThere) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisCache& cache = instance.ready();

  const Entry entry = sample_entry(sample_key("a"), clock_.now());
  EXPECT_EQ(run(loop_, cache.fill(entry)).value(), InsertOutcome::kStored);

  EXPECT_TRUE(has(cache, "a"));
}

TEST_F(RedisCacheTest, ErasesInARedisThatIsTooFullForTheMark) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisCache& cache = instance.ready();
  insert(cache, "a").value();
  server.command({"CONFIG", "SET", "maxmemory", "1"});

  EXPECT_TRUE(run(loop_, cache.erase(sample_key("a"))).value());

  EXPECT_EQ(server.command({"EXISTS", name_of("a")}).integer(), 0);
}

TEST_F(RedisCacheTest, GoesOnReadingFromAReadOnlyReplica) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisCache& cache = instance.ready();
  insert(cache, "a").value();
  // A primary that is not there: the replica keeps what it has.
  server.command({"REPLICAOF", "127.0.0.1", "1"});

  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(insert(cache, "b").error().code(), ErrorCode::kUnavailable);
    EXPECT_FALSE(run(loop_, cache.erase(sample_key("a"))).has_value());
  }

  EXPECT_TRUE(has(cache, "a"));
  EXPECT_EQ(state_of(cache), "closed");
  EXPECT_EQ(cache.stats().errors, 10);
}

TEST_F(RedisCacheTest, OpensItsBreakerWhenReadsAreRefused) {
  const RedisServer server;
  server.command({"ACL", "SETUSER", "alice", "on", ">secret", "~" + kEpochKey, "+@all"});
  RedisCache::Options options = redis_options(server.unix_endpoint());
  options.endpoint.user = "alice";
  options.endpoint.password = "secret";
  RedisInstance instance(options, clock_, loop_);
  RedisCache& cache = instance.ready();

  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(find(cache, "a").has_value());

  EXPECT_EQ(state_of(cache), "open");
  EXPECT_FALSE(cache.is_available());
}

TEST_F(RedisCacheTest, IsUnavailableWhenSomethingElseAnswers) {
  const FakeRedisServer server({"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"});
  RedisInstance instance(redis_options(server.endpoint()), clock_, loop_);

  run_until(loop_, [&] { return state_of(instance.cache()) == "open"; });

  EXPECT_FALSE(instance.cache().is_available());
}

TEST_F(RedisCacheTest, CountsGarbageAsMissAndError) {
  const FakeRedisServer server({"+OK\r\n", "$-1\r\n", "garbage\r\n"});
  RedisInstance instance(redis_options(server.endpoint()), clock_, loop_);
  RedisCache& cache = instance.ready();

  EXPECT_EQ(find(cache, "a").error().code(), ErrorCode::kCorrupt);

  EXPECT_EQ(cache.stats().misses, 1);
  EXPECT_EQ(cache.stats().errors, 1);
}

TEST_F(RedisCacheTest, TakesAnIntegerInPlaceOfAValueForCorrupt) {
  const FakeRedisServer server({"+OK\r\n", "$-1\r\n", ":1\r\n", "*1\r\n+x\r\n"});
  RedisInstance instance(redis_options(server.endpoint()), clock_, loop_);
  RedisCache& cache = instance.ready();

  EXPECT_EQ(find(cache, "a").error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(find(cache, "a").error().code(), ErrorCode::kCorrupt);
}

TEST_F(RedisCacheTest, IsUnavailableAfterStop) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisCache& cache = instance.ready();

  cache.stop();

  EXPECT_FALSE(cache.is_available());
  EXPECT_FALSE(find(cache, "a").has_value());
}

TEST_F(RedisCacheTest, RemembersAtOnceWhatIsErasedWhileItIsAwayAndDoesNotBlameRedis) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisCache& cache = instance.ready();
  cache.stop();

  for (int i = 0; i < 5; ++i)
    EXPECT_FALSE(run(loop_, cache.erase(sample_key("a"))).value());

  EXPECT_EQ(state_of(cache), "closed");
  EXPECT_EQ(cache.stats().errors, 0);
  EXPECT_EQ(cache.stats().remote->recovery.erasures_waiting, 1);
}

TEST_F(RedisCacheTest, TellsHowRedisBoundsItsMemoryAndWarnsOnceOfABadPolicy) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisCache& cache = instance.ready();
  EXPECT_FALSE(cache.stats().remote->memory.has_value());

  sweep(cache);
  ASSERT_TRUE(cache.stats().remote->memory.has_value());
  EXPECT_EQ(cache.stats().remote->memory->policy, "noeviction");
  EXPECT_EQ(cache.stats().remote->memory->max_bytes, 0);
  EXPECT_EQ(cache.stats().remote->memory->warning, "");
  EXPECT_EQ(instance.log().count(LogLevel::kWarning), 0U);

  server.command({"CONFIG", "SET", "maxmemory", "100mb"});
  for (int i = 0; i < 3; ++i) {
    clock_.advance(std::chrono::seconds(61));
    sweep(cache);
  }

  EXPECT_EQ(cache.stats().remote->memory->max_bytes, 104'857'600);
  EXPECT_NE(cache.stats().remote->memory->warning, "");
  EXPECT_EQ(instance.log().count(LogLevel::kWarning), 1U);
}

// The epoch.

TEST_F(RedisCacheTest, AClearIsSeenByAnotherInstanceAfterItsSweep) {
  const RedisServer server;
  RedisInstance one(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisInstance other(redis_options(server.unix_endpoint()), clock_, loop_);
  insert(one.ready(), "a").value();
  insert(other.ready(), "b").value();

  EXPECT_TRUE(clear(one).has_value());
  sweep(other.cache());

  EXPECT_EQ(one.epoch().value(), 2U);
  EXPECT_EQ(other.epoch().value(), 2U);
  EXPECT_FALSE(has(one.cache(), "a"));
  EXPECT_FALSE(has(other.cache(), "a"));
  EXPECT_FALSE(has(other.cache(), "b"));
  EXPECT_EQ(other.cache().stats().removals.invalidated, 1);
  expect_sums(one.cache());
  expect_sums(other.cache());
}

TEST_F(RedisCacheTest, KnowsTheEpochBeforeItIsAvailable) {
  const RedisServer server;
  server.command({"SET", kEpochKey, "41"});
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);

  insert(instance.ready(), "a").value();

  EXPECT_EQ(instance.epoch().value(), 41U);
  EXPECT_FALSE(server.command({"GET", name_of("a", 41)}).is_null());
}

TEST_F(RedisCacheTest, ConcurrentClearsBothEndAboveWhatWasSeenBefore) {
  const RedisServer server;
  server.command({"SET", kEpochKey, "5"});
  RedisInstance one(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisInstance other(redis_options(server.unix_endpoint()), clock_, loop_);
  one.ready();
  other.ready();
  int cleared = 0;
  const auto on_done = [&](const std::exception_ptr& /*failure*/, const Result<void>& done) {
    cleared += done ? 1 : 0;
  };

  boost::asio::co_spawn(loop_, one.cache().clear(6), on_done);
  boost::asio::co_spawn(loop_, other.cache().clear(6), on_done);
  run_until(loop_, [&] { return cleared == 2; });

  EXPECT_GT(one.epoch().value(), 5U);
  EXPECT_GT(other.epoch().value(), 5U);
  EXPECT_EQ(server.command({"GET", kEpochKey}).text(), "7");
  sweep(one.cache());
  sweep(other.cache());
  EXPECT_EQ(one.epoch().value(), 7U);
  EXPECT_EQ(other.epoch().value(), 7U);
}

TEST_F(RedisCacheTest, AClearForgetsWhatAnotherInstanceWroteInANewerEpoch) {
  const RedisServer server;
  RedisInstance one(redis_options(server.unix_endpoint()), clock_, loop_);
  RedisInstance other(redis_options(server.unix_endpoint()), clock_, loop_);
  one.ready();
  other.ready();
  EXPECT_TRUE(clear(one).has_value());
  insert(one.cache(), "a").value();

  // Has not heard of the first clear yet, and asks for the same number.
  EXPECT_TRUE(clear(other).has_value());
  sweep(one.cache());

  EXPECT_EQ(other.epoch().value(), 3U);
  EXPECT_FALSE(has(one.cache(), "a"));
  EXPECT_FALSE(has(other.cache(), "a"));
}

TEST_F(RedisCacheTest, PaysAClearThatAnOutageKeptFromRedis) {
  RedisServer server;
  RedisInstance one(hasty(server), clock_, loop_);
  RedisInstance other(hasty(server), clock_, loop_);
  insert(one.ready(), "a").value();
  other.ready();
  server.freeze();

  EXPECT_FALSE(clear(one).has_value());
  EXPECT_EQ(one.epoch().value(), 2U);
  server.thaw();
  run_until(loop_, [&] { return one.cache().is_available(); });
  sweep(one.cache());
  other.ready();
  sweep(other.cache());

  EXPECT_EQ(other.epoch().value(), one.epoch().value());
  EXPECT_GE(other.epoch().value(), 2U);
  EXPECT_FALSE(has(other.cache(), "a"));
}

TEST_F(RedisCacheTest, AnOwedClearRaisesAlsoAnEpochThatOthersHaveReached) {
  RedisServer server;
  RedisInstance one(hasty(server), clock_, loop_);
  one.ready();
  server.kill();
  EXPECT_FALSE(clear(one).has_value());
  server.start();
  server.command({"SET", kEpochKey, "2"});

  clock_.advance(std::chrono::seconds(60));
  one.ready();
  sweep(one.cache());
  sweep(one.cache());

  EXPECT_EQ(one.epoch().value(), 3U);
  EXPECT_EQ(server.command({"GET", kEpochKey}).text(), "3") << "and is paid once";
}

TEST_F(RedisCacheTest, BringsBackTheEpochThatRedisHasLost) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  instance.ready();
  EXPECT_TRUE(clear(instance).has_value());
  EXPECT_TRUE(clear(instance).has_value());
  server.command({"DEL", kEpochKey});

  sweep(instance.cache());

  EXPECT_EQ(server.command({"GET", kEpochKey}).text(), "3");
  EXPECT_EQ(instance.epoch().value(), 3U);
}

TEST_F(RedisCacheTest, WritesNoEpochUntilThereIsOne) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);

  sweep(instance.ready());

  EXPECT_EQ(server.command({"DBSIZE"}).integer(), 0);
}

TEST_F(RedisCacheTest, TheEpochsKeyExpiresLongAfterEveryEntry) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  instance.ready();

  EXPECT_TRUE(clear(instance).has_value());

  EXPECT_GT(server.command({"PTTL", kEpochKey}).integer(), 2 * 3'600'000);
}

TEST_F(RedisCacheTest, IsUnavailableWhileTheEpochIsUnknown) {
  const RedisServer server;
  server.command({"SET", kEpochKey, "not a number"});
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  run_until(loop_, [&] { return state_of(instance.cache()) == "open"; });
  EXPECT_FALSE(instance.cache().is_available());

  server.command({"DEL", kEpochKey});
  clock_.advance(std::chrono::seconds(60));
  sweep(instance.ready());

  EXPECT_EQ(state_of(instance.cache()), "closed") << "a sweep is a probe too";
}

TEST_F(RedisCacheTest, SaysThatAClearOfAFullRedisFailed) {
  const RedisServer server;
  RedisInstance instance(redis_options(server.unix_endpoint()), clock_, loop_);
  instance.ready();
  server.command({"CONFIG", "SET", "maxmemory", "1"});

  EXPECT_FALSE(clear(instance).has_value());
  server.command({"CONFIG", "SET", "maxmemory", "0"});
  sweep(instance.cache());

  EXPECT_EQ(server.command({"GET", kEpochKey}).text(), "2");
}

}  // namespace
}  // namespace refrain
