#include "refrain/redis/tracked_server.h"

#include "refrain/redis/client/cluster_slot.h"

#include "redis/redis_fixture.h"
#include "support/log_spy.h"
#include "support/redis_server.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace refrain {
namespace {

using std::chrono::milliseconds;
using testing::kAmple;
using testing::RedisServer;
using testing::run_until;

/// Writes down what it is told.
class RecordingOwner final : public TrackedServer::Owner {
public:
  Result<void> adopt_epoch(const RespValue& reply) override {
    if (reply.is_error()) return fail(ErrorCode::kUnavailable, reply.text());
    epochs.push_back(reply.text());
    return {};
  }
  void on_server_up(const std::string& server) override {
    is_up = true;
    ++ups;
    name = server;
  }
  void on_server_down(const std::string& /*server*/) override {
    is_up = false;
    ++downs;
  }
  void on_refused(const std::string& reason) override { refusals.push_back(reason); }
  void on_message(const RespValue& message) override {
    changed.push_back(message.elements().at(1).elements().at(0).text());
  }

  bool is_up = false;
  int ups = 0;
  int downs = 0;
  std::string name;
  std::vector<std::string> epochs;
  std::vector<std::string> refusals;
  std::vector<std::string> changed;
};

class TrackedServerTest : public ::testing::Test {
protected:
  ~TrackedServerTest() override {
    if (tracked_) tracked_->stop();
    loop_.restart();
    loop_.run();
  }

  static TrackedServer::Options options(const RedisEndpoint& endpoint) {
    TrackedServer::Options options;
    options.connection.endpoint = endpoint;
    options.connection.connect_budget = kAmple;
    options.connection.command_budget = kAmple;
    options.connection.reconnect.first = milliseconds(1);
    options.connection.reconnect.longest = milliseconds(5);
    options.prefix = "p:";
    options.epoch_key = "p:epoch";
    options.sign_prefix = "p:alive";
    options.heartbeat = milliseconds(5);
    return options;
  }

  void track(const TrackedServer::Options& options, const RedisSource& source) {
    tracked_ = std::make_shared<TrackedServer>(options, source, owner_, loop_, log_);
    tracked_->start();
  }
  void up() {
    run_until(loop_, [this] { return owner_->is_up; });
  }
  void down() {
    run_until(loop_, [this] { return !owner_->is_up; });
  }

  static RedisSource source_at(const RedisServer& server, RedisSource::Kind kind) {
    RedisAddress address;
    address.host = server.tcp_endpoint().host;
    address.port = server.tcp_endpoint().port;
    RedisSource source;
    source.kind = kind;
    source.address = std::move(address);
    source.keeps_greeting = kind == RedisSource::Kind::kMaster;
    return source;
  }

  testing::LogSpy log_;
  boost::asio::io_context loop_{1};
  std::shared_ptr<RecordingOwner> owner_ = std::make_shared<RecordingOwner>();
  std::shared_ptr<TrackedServer> tracked_;
};

TEST_F(TrackedServerTest, IsUpOnceItTracksAndTheEpochWasRead) {
  const RedisServer server;
  server.command({"SET", "p:epoch", "7"});

  track(options(server.unix_endpoint()), RedisSource());
  up();
  EXPECT_EQ(owner_->name, "");
  EXPECT_EQ(owner_->epochs, std::vector<std::string>{"7"});
  server.command({"SET", "p:a", "1"});
  server.command({"SET", "q:b", "1"});
  server.command({"SET", "p:c", "1"});
  run_until(loop_, [this] { return owner_->changed.size() == 2; });

  EXPECT_EQ(owner_->changed[0], "p:a");
  EXPECT_EQ(owner_->changed[1], "p:c");
}

TEST_F(TrackedServerTest, IsDownWhenItsConnectionIsLostAndUpAgainAfterAnotherLookAtTheEpoch) {
  const RedisServer server;
  track(options(server.unix_endpoint()), RedisSource());
  up();

  server.command({"SET", "p:epoch", "8"});
  server.command({"CLIENT", "KILL", "TYPE", "normal"});
  run_until(loop_, [this] { return owner_->epochs.size() == 2; });

  EXPECT_EQ(owner_->epochs[1], "8");
  EXPECT_GE(owner_->downs, 1);
  up();
}

TEST_F(TrackedServerTest, IsDownWhenItGivesNoSignOfLife) {
  RedisServer server;
  TrackedServer::Options hasty = options(server.unix_endpoint());
  hasty.connection.command_budget = milliseconds(300);
  track(hasty, RedisSource());
  up();

  server.freeze();
  down();
  server.thaw();
  up();
}

TEST_F(TrackedServerTest, IsUpAgainAfterAnotherSignOfLifeWhenItWasDoubted) {
  const RedisServer server;
  track(options(server.unix_endpoint()), RedisSource());
  up();

  tracked_->doubt();
  EXPECT_FALSE(owner_->is_up);
  up();

  EXPECT_EQ(owner_->epochs.size(), 2U);
}

TEST_F(TrackedServerTest, SaysWhyItIsRefused) {
  const RedisServer server;
  server.command({"ACL", "SETUSER", "weak", "on", ">secret", "~*", "+@all", "-client|tracking"});
  RedisEndpoint endpoint = server.unix_endpoint();
  endpoint.user = "weak";
  endpoint.password = "secret";

  track(options(endpoint), RedisSource());
  run_until(loop_, [this] { return !owner_->refusals.empty(); });

  EXPECT_TRUE(owner_->refusals.front().starts_with("NOPERM"));
  EXPECT_FALSE(owner_->is_up);
}

TEST_F(TrackedServerTest, AMasterIsDownWhenItBecomesAReplica) {
  const RedisServer server;
  track(options(RedisEndpoint()), source_at(server, RedisSource::Kind::kMaster));
  up();
  EXPECT_EQ(owner_->name, "127.0.0.1:" + std::to_string(server.tcp_endpoint().port));

  server.command({"REPLICAOF", "127.0.0.1", "1"});
  down();
  const int downs = owner_->downs;
  run_until(loop_, [&] { return owner_->downs > downs + 3; });
  EXPECT_EQ(owner_->ups, 1) << "it stays so";
  server.command({"REPLICAOF", "NO", "ONE"});
  up();

  EXPECT_EQ(owner_->epochs.size(), 2U) << "it is read anew";
}

TEST_F(TrackedServerTest, AReplicaIsNeverUpAsAMaster) {
  const RedisServer server({"--replicaof", "127.0.0.1", "1"});

  track(options(RedisEndpoint()), source_at(server, RedisSource::Kind::kMaster));
  run_until(loop_, [this] { return owner_->downs > 3; });

  EXPECT_TRUE(owner_->epochs.empty());
}

// A node of a cluster that has some slots, and answers for them though nobody has the others.
class TrackedNodeTest : public TrackedServerTest {
protected:
  static constexpr std::uint16_t kKept = 100;

  TrackedNodeTest() {
    node_.command({"CLUSTER", "ADDSLOTSRANGE", "0", std::to_string(kKept)});
    run_until(loop_, [this] {
      const std::string info = node_.command({"CLUSTER", "INFO"}).text();
      return info.find("cluster_state:ok") != std::string::npos;
    });
  }

  RedisSource node(RedisSource::Kind kind, std::uint16_t slot) const {
    RedisSource source = source_at(node_, kind);
    source.slot = slot;
    return source;
  }

  const RedisServer node_{{"--cluster-enabled",
                           "yes",
                           "--cluster-require-full-coverage",
                           "no",
                           "--cluster-port",
                           std::to_string(RedisServer::free_port())}};
};

TEST_F(TrackedNodeTest, IsUpWhileItKeepsTheSlotThatItIsTakenFor) {
  track(options(RedisEndpoint()), node(RedisSource::Kind::kShard, kKept));
  up();
  node_.command({"CLUSTER", "DELSLOTS", std::to_string(kKept)});
  down();

  tracked_->update(node(RedisSource::Kind::kShard, kKept - 1));
  up();
  EXPECT_TRUE(owner_->epochs.empty()) << "another node has it";
}

TEST_F(TrackedNodeTest, ASlotOnItsWayToAnotherIsStillItsOwn) {
  track(options(RedisEndpoint()), node(RedisSource::Kind::kShard, kKept));
  up();
  const RedisServer target(
      {"--cluster-enabled", "yes", "--cluster-port", std::to_string(RedisServer::free_port())});
  const std::string id = target.command({"CLUSTER", "MYID"}).text();
  node_.command({"CLUSTER",
                 "MEET",
                 "127.0.0.1",
                 std::to_string(target.tcp_endpoint().port),
                 target.command({"CONFIG", "GET", "cluster-port"}).elements().at(1).text()});
  run_until(loop_, [&] {
    return node_.command({"CLUSTER", "SETSLOT", std::to_string(kKept), "MIGRATING", id}).text() ==
           "OK";
  });
  run_until(loop_, [&] {
    return node_.command({"INFO", "errorstats"}).text().find("errorstat_ASK") != std::string::npos;
  });

  EXPECT_TRUE(owner_->is_up);
  EXPECT_EQ(owner_->downs, 0);
}

TEST_F(TrackedNodeTest, IsDownWhenTheClusterIs) {
  track(options(RedisEndpoint()), node(RedisSource::Kind::kShard, kKept));
  up();

  node_.command({"CONFIG", "SET", "cluster-require-full-coverage", "yes"});
  node_.command({"CLUSTER", "DELSLOTS", "0"});  // it looks again only when something happens
  down();
}

TEST_F(TrackedNodeTest, ThatKeepsTheEpochSaysItFirst) {
  TrackedServer::Options own = options(RedisEndpoint());
  own.epoch_key = "p:{" + cluster_tag(3) + "}";
  node_.command({"SET", own.epoch_key, "9"});
  RedisSource home = node(RedisSource::Kind::kShard, 3);
  home.keeps_greeting = true;

  track(own, home);
  up();

  EXPECT_EQ(owner_->epochs, std::vector<std::string>{"9"});
}

}  // namespace
}  // namespace refrain
