// Two instances of a cache with memory in front, one Redis, and what one sees of the other.

#include "app/near_instance.h"
#include "support/redis_server.h"
#include "support/run.h"
#include "support/sample_entry.h"
#include "support/tls_certificates.h"
#include "support/wait_until.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace refrain::app {
namespace {

using testing::near_settings;
using testing::NearInstance;
using testing::RedisServer;
using testing::sample_key;
using testing::wait_until;

Task<Result<Generated>> no_generation() {
  co_return fail(ErrorCode::kInternal, "nothing is generated here");
}

void expect_purge_is_seen(NearInstance& writer, NearInstance& reader) {
  const CacheKey key = sample_key("a");
  writer.wait_until_ready();
  reader.wait_until_ready();
  writer.put(key, "{}");
  wait_until("the instance has heard of it", [&] { return reader.tracking().changes == 1; });
  ASSERT_EQ(reader.get(key), "{}");

  ASSERT_TRUE(writer.run(writer.cache().erase(key)).value());
  wait_until("the instance has heard of it", [&] { return reader.tracking().changes == 2; });

  EXPECT_EQ(reader.get(key), "");
}

class NearCoherenceTest : public ::testing::Test {
protected:
  RedisServer server_;
  const CacheKey key_ = sample_key("a");
};

TEST_F(NearCoherenceTest, AnswersFromMemoryWhatItHasReadFromRedis) {
  NearInstance writer(near_settings(server_), 1);
  NearInstance reader(near_settings(server_), 1);
  writer.wait_until_ready();
  reader.wait_until_ready();
  writer.put(key_, "{}");
  wait_until("the instance has heard of it", [&] { return reader.tracking().changes == 1; });

  EXPECT_EQ(reader.tier_of(key_), "redis");
  EXPECT_EQ(reader.tier_of(key_), "memory");
}

TEST_F(NearCoherenceTest, ShowsEachTierOnce) {
  NearInstance instance(near_settings(server_), 1);

  const CacheStats stats = instance.cache().stats();

  ASSERT_EQ(stats.tiers.size(), 2U);
  EXPECT_EQ(stats.tiers[0].name, "memory");
  EXPECT_EQ(stats.tiers[1].name, "redis");
}

TEST_F(NearCoherenceTest, AnOverwriteIsSeenByTheOther) {
  NearInstance writer(near_settings(server_), 1);
  NearInstance reader(near_settings(server_), 1);
  writer.wait_until_ready();
  reader.wait_until_ready();
  writer.put(key_, R"("old")");
  wait_until("the instance has heard of it", [&] { return reader.tracking().changes == 1; });
  ASSERT_EQ(reader.get(key_), R"("old")");
  ASSERT_EQ(reader.tier_of(key_), "memory");

  writer.put(key_, R"("new")");
  wait_until("the instance has heard of it", [&] { return reader.tracking().changes == 2; });

  EXPECT_EQ(reader.get(key_), R"("new")");
}

TEST_F(NearCoherenceTest, APurgeIsSeenByTheOther) {
  NearInstance writer(near_settings(server_), 1);
  NearInstance reader(near_settings(server_), 1);

  expect_purge_is_seen(writer, reader);
}

TEST(NearCoherenceOverTls, APurgeIsSeenByTheOther) {
  const testing::TlsCertificates certificates;
  const std::string port = std::to_string(RedisServer::free_port());
  const RedisServer server({"--tls-port",
                            port,
                            "--tls-cert-file",
                            certificates.path("server.crt"),
                            "--tls-key-file",
                            certificates.path("server.key"),
                            "--tls-ca-cert-file",
                            certificates.path("ca.crt"),
                            "--tls-auth-clients",
                            "no"});
  Settings settings = near_settings("rediss://localhost:" + port);
  settings.redis_tls_ca = certificates.path("ca.crt");
  NearInstance writer(settings, 1);
  NearInstance reader(settings, 1);

  expect_purge_is_seen(writer, reader);
}

TEST_F(NearCoherenceTest, AClearIsSeenByTheOtherWithoutAJanitor) {
  for (const char* order : {"near", "redis"}) {
    NearInstance writer(near_settings(server_, order), 1);
    NearInstance reader(near_settings(server_, order), 1);
    writer.wait_until_ready();
    reader.wait_until_ready();
    const std::uint64_t before = reader.cache().epoch();
    writer.put(key_, "{}");
    ASSERT_EQ(reader.get(key_), "{}");

    ASSERT_TRUE(writer.run(writer.cache().clear()).has_value());
    wait_until("the instance has heard of it", [&] { return reader.cache().epoch() > before; });

    EXPECT_EQ(reader.get(key_), "");
  }
}

TEST_F(NearCoherenceTest, AFlushEmptiesMemory) {
  NearInstance reader(near_settings(server_), 1);
  reader.wait_until_ready();
  reader.put(key_, "{}");
  wait_until("the instance has heard of it", [&] { return reader.tracking().changes == 1; });
  ASSERT_EQ(reader.get(key_), "{}");

  static_cast<void>(server_.command({"FLUSHALL"}));
  wait_until("the instance has heard of it", [&] { return reader.tracking().flushes == 1; });

  EXPECT_EQ(reader.get(key_), "");
}

TEST_F(NearCoherenceTest, ALostFeedIsAFlush) {
  NearInstance reader(near_settings(server_), 1);
  reader.wait_until_ready();
  reader.put(key_, R"("old")");
  wait_until("the instance has heard of it", [&] { return reader.tracking().changes == 1; });
  ASSERT_EQ(reader.get(key_), R"("old")");
  ASSERT_EQ(reader.tier_of(key_), "memory");

  static_cast<void>(server_.command({"CLIENT", "KILL", "TYPE", "normal"}));
  wait_until("the instance has heard of it", [&] { return reader.tracking().losses == 1; });
  reader.wait_until_ready();

  EXPECT_EQ(reader.tier_of(key_), "redis");
}

TEST_F(NearCoherenceTest, MemoryAnswersForADeadRedis) {
  NearInstance reader(near_settings(server_), 1);
  reader.wait_until_ready();
  reader.put(key_, "{}");
  wait_until("the instance has heard of it", [&] { return reader.tracking().changes == 1; });
  ASSERT_EQ(reader.get(key_), "{}");

  server_.kill();
  wait_until("the instance has heard of it", [&] { return !reader.is_near(); });

  EXPECT_EQ(reader.tier_of(key_), "memory");

  server_.start();
  reader.wait_until_ready();
  EXPECT_EQ(reader.get(key_), "");  // the server is empty, and so is memory
}

/// Versions of some keys: one instance writes them, another reads, and never sees one of which it
/// has processed the replacement.
class Versions {
public:
  Versions(NearInstance& writer, NearInstance& reader) : writer_(writer), reader_(reader) {
    for (std::size_t i = 0; i < kKeys; ++i)
      keys_.push_back(sample_key("key " + std::to_string(i)));
  }

  /// `writes` overwrites, while readers on every loop of the reading instance look on.
  void run(int writes, std::size_t loops) {
    for (std::size_t i = 0; i < kKeys; ++i)
      overwrite(i);
    std::vector<std::future<void>> readers;
    readers.reserve(loops);
    for (std::size_t i = 0; i < loops; ++i) {
      readers.push_back(boost::asio::co_spawn(
          reader_.loop(i).get_executor(), read(static_cast<unsigned>(i)), boost::asio::use_future));
    }
    write(writes);
    is_over_ = true;
    for (std::future<void>& reader : readers)
      reader.get();
  }

  [[nodiscard]] int reads() const { return reads_; }
  [[nodiscard]] int memory_hits() const { return memory_hits_; }
  [[nodiscard]] int outdated() const { return outdated_; }

private:
  static constexpr std::size_t kKeys = 3;  // few, so that writes meet fills

  void write(int writes) {
    std::mt19937 random(1);
    for (int i = 0; i < writes; ++i)
      overwrite(random() % kKeys);
  }

  /// Returns when the reading instance has processed it.
  void overwrite(std::size_t index) {
    const std::int64_t before = reader_.tracking().changes;
    writer_.put(keys_[index], std::to_string(++version_));
    wait_until("the instance has heard of it", [&] { return reader_.tracking().changes > before; });
    processed_[index] = version_;
  }

  Task<void> read(unsigned seed) {
    std::mt19937 random(seed);
    while (!is_over_) {
      const std::size_t index = random() % kKeys;
      const int least = processed_[index];
      TieredCache::Probe probe = reader_.cache().probe(keys_[index], {});
      std::optional<Answer> answer = std::move(probe.answer());
      if (!answer) {
        Result<Answer> found =
            co_await reader_.cache().get_or_generate(std::move(probe), no_generation);
        if (found) answer = std::move(*found);
      }
      note(answer, least);
      // Others on this loop, among them who hears of changes, get their turn.
      co_await boost::asio::post(kUseTask);
    }
  }

  void note(const std::optional<Answer>& answer, int least) {
    ++reads_;
    if (!answer) return;
    if (answer->tier() == "memory") ++memory_hits_;
    int version = 0;
    const std::string_view body = answer->entry().body();
    std::from_chars(body.data(), body.data() + body.size(), version);
    if (version < least) ++outdated_;
  }

  NearInstance& writer_;
  NearInstance& reader_;
  std::vector<CacheKey> keys_;
  int version_ = 0;
  std::array<std::atomic<int>, kKeys> processed_{};
  std::atomic<bool> is_over_{false};
  std::atomic<int> reads_{0};
  std::atomic<int> memory_hits_{0};
  std::atomic<int> outdated_{0};
};

TEST_F(NearCoherenceTest, NobodySeesWhatItKnowsToBeReplaced) {
  constexpr std::size_t kLoops = 3;
  NearInstance writer(near_settings(server_), 1);
  NearInstance reader(near_settings(server_), kLoops);
  writer.wait_until_ready();
  reader.wait_until_ready();
  Versions versions(writer, reader);

  versions.run(500, kLoops);

  EXPECT_EQ(versions.outdated(), 0);
  EXPECT_GT(versions.memory_hits(), 100);
}

}  // namespace
}  // namespace refrain::app
