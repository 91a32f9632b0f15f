/// @file
/// A connection by TLS, with a real server.

#include "refrain/redis/client/redis_connection.h"
#include "refrain/redis/client/tls_context.h"

#include "redis/client/redis_connection_fixture.h"
#include "redis/redis_fixture.h"
#include "support/redis_server.h"
#include "support/tls_certificates.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <vector>

namespace refrain {
namespace {

using testing::RedisConnectionTest;
using testing::RedisServer;
using testing::run_until;
using testing::TlsCertificates;

const TlsCertificates& certificates() {
  static const TlsCertificates instance;
  return instance;
}

// A server that shows the certificate of this name, and may want one of its clients.
class TlsRedisServer {
public:
  explicit TlsRedisServer(const std::string& name = "server",
                          const std::string& wants_certificate = "no")
      : server_({"--tls-port",
                 std::to_string(port_),
                 "--tls-cert-file",
                 certificates().path(name + ".crt"),
                 "--tls-key-file",
                 certificates().path(name + ".key"),
                 "--tls-ca-cert-file",
                 certificates().path("ca.crt"),
                 "--tls-auth-clients",
                 wants_certificate}) {}

  [[nodiscard]] RedisEndpoint endpoint(const TlsContext::Options& options) const {
    RedisEndpoint endpoint;
    endpoint.host = "localhost";
    endpoint.port = port_;
    endpoint.is_tls = true;
    endpoint.tls = TlsContext::create(options).value();
    return endpoint;
  }
  [[nodiscard]] RedisServer& server() { return server_; }

private:
  const std::uint16_t port_ = RedisServer::free_port();
  RedisServer server_;
};

class RedisConnectionTlsTest : public RedisConnectionTest {
protected:
  static TlsContext::Options trusting() {
    TlsContext::Options options;
    options.ca = certificates().path("ca.crt");
    return options;
  }

  // Why no connection to `endpoint` comes about.
  std::string refusal(const RedisEndpoint& endpoint) {
    start(options(endpoint));
    return first_failure().message();
  }
};

TEST_F(RedisConnectionTlsTest, Executes) {
  const TlsRedisServer server;
  connect(options(server.endpoint(trusting())));

  EXPECT_EQ(execute({"SET", "k", "v"})->text(), "OK");
  EXPECT_EQ(execute({"GET", "k"})->text(), "v");
  EXPECT_TRUE(log_.mentions("(TLS)"));
}

TEST_F(RedisConnectionTlsTest, ChecksAnAddressAsWellAsAName) {
  const TlsRedisServer server;
  RedisEndpoint endpoint = server.endpoint(trusting());
  endpoint.host = "127.0.0.1";
  connect(options(endpoint));

  EXPECT_EQ(execute({"PING"})->text(), "PONG");
}

TEST_F(RedisConnectionTlsTest, CarriesMoreThanASocketHolds) {
  const TlsRedisServer server;
  connect(options(server.endpoint(trusting())));
  std::string value(std::size_t{8} << 20U, 'v');
  value += "end";

  EXPECT_EQ(execute({"SET", "large", value})->text(), "OK");

  EXPECT_TRUE(execute({"GET", "large"})->text() == value);
}

TEST_F(RedisConnectionTlsTest, AnswersManyCallersAtOnce) {
  const TlsRedisServer server;
  connect(options(server.endpoint(trusting())));
  std::vector<std::string> replies;
  const auto on_done = [&](const std::exception_ptr& /*failure*/, Result<RespValue> reply) {
    replies.push_back(reply ? reply->take_text() : reply.error().message());
  };
  std::vector<std::string> expected;

  for (int i = 0; i < 500; ++i) {
    expected.push_back(std::to_string(i) + std::string(1000, 'x'));
    boost::asio::co_spawn(
        loop_, connection_->execute(RedisCommand({"ECHO", expected.back()})), on_done);
  }
  run_until(loop_, [&] { return replies.size() == 500; });

  EXPECT_EQ(replies, expected);
}

TEST_F(RedisConnectionTlsTest, HearsPushMessages) {
  TlsRedisServer server;
  std::vector<RespValue> messages;
  RedisConnectionOptions listening = options(server.endpoint(trusting()));
  listening.on_push = [&](const RespValue& message) {
    messages.push_back(message);
  };
  connect(listening);
  EXPECT_EQ(execute({"CLIENT", "TRACKING", "ON", "BCAST"})->text(), "OK");

  server.server().command({"SET", "k", "v"});
  run_until(loop_, [&] { return !messages.empty(); });

  EXPECT_EQ(messages[0].elements().at(0).text(), "invalidate");
}

TEST_F(RedisConnectionTlsTest, RefusesAServerOfAnotherAuthority) {
  const TlsRedisServer server;
  TlsContext::Options other;
  other.ca = certificates().path("other-ca.crt");

  EXPECT_NE(refusal(server.endpoint(other)).find("the server's certificate is refused"),
            std::string::npos);
}

TEST_F(RedisConnectionTlsTest, RefusesAServerForAnotherHost) {
  const TlsRedisServer server("elsewhere");

  EXPECT_NE(refusal(server.endpoint(trusting())).find("mismatch"), std::string::npos);
}

TEST_F(RedisConnectionTlsTest, RefusesAnExpiredCertificate) {
  const TlsRedisServer server("expired");

  EXPECT_NE(refusal(server.endpoint(trusting())).find("expired"), std::string::npos);
}

TEST_F(RedisConnectionTlsTest, TakesAnyServerIfToldTo) {
  const TlsRedisServer server("expired");
  TlsContext::Options any;
  any.verifies = false;
  connect(options(server.endpoint(any)));

  EXPECT_EQ(execute({"PING"})->text(), "PONG");
}

TEST_F(RedisConnectionTlsTest, ShowsItsCertificateToAServerThatWantsOne) {
  const TlsRedisServer server("server", "yes");
  TlsContext::Options known = trusting();
  known.certificate = certificates().path("client.crt");
  known.key = certificates().path("client.key");
  connect(options(server.endpoint(known)));

  EXPECT_EQ(execute({"PING"})->text(), "PONG");
}

TEST_F(RedisConnectionTlsTest, SaysThatTheServerWantsACertificate) {
  const TlsRedisServer server("server", "yes");

  const std::string reason = refusal(server.endpoint(trusting()));

  EXPECT_NE(reason.find("certificate required"), std::string::npos) << reason;
}

TEST_F(RedisConnectionTlsTest, MakesNoConnectionWithoutKnowingWhomToTrust) {
  const TlsRedisServer server;
  RedisEndpoint endpoint = server.endpoint(trusting());
  endpoint.tls.reset();

  EXPECT_NE(refusal(endpoint).find("nobody is trusted"), std::string::npos);
}

// The server takes the hello for a command that has not ended.
TEST_F(RedisConnectionTlsTest, GivesUpOnAPortWithoutTls) {
  const RedisServer plain;
  RedisEndpoint endpoint = plain.tcp_endpoint();
  endpoint.is_tls = true;
  endpoint.tls = TlsContext::create(trusting()).value();
  RedisConnectionOptions hasty = options(endpoint);
  hasty.connect_budget = std::chrono::milliseconds(200);
  start(hasty);

  EXPECT_NE(first_failure().message().find("TLS"), std::string::npos);
  EXPECT_FALSE(connection_->is_ready());
}

TEST_F(RedisConnectionTlsTest, GivesUpOnAPortWithTlsThatItDidNotExpect) {
  const TlsRedisServer server;
  RedisEndpoint endpoint = server.endpoint(trusting());
  endpoint.is_tls = false;
  start(options(endpoint));

  EXPECT_NE(first_failure().code(), ErrorCode::kTimeout);
  EXPECT_FALSE(connection_->is_ready());
}

// Accepts, and does nothing or closes after the first bytes.
class MutePeer {
public:
  enum class Manner : std::uint8_t { kSilent, kCloses };

  MutePeer(boost::asio::io_context& loop, Manner manner)
      : acceptor_(loop, {boost::asio::ip::address_v4::loopback(), 0}),
        socket_(loop),
        manner_(manner) {
    accept();
  }

  [[nodiscard]] RedisEndpoint endpoint(const TlsContext::Options& options) const {
    RedisEndpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = acceptor_.local_endpoint().port();
    endpoint.is_tls = true;
    endpoint.tls = TlsContext::create(options).value();
    return endpoint;
  }

private:
  void accept() {
    socket_ = boost::asio::ip::tcp::socket(socket_.get_executor());
    acceptor_.async_accept(socket_, [this](const boost::system::error_code& failure) {
      if (!failure) hear();
    });
  }
  void hear() {
    socket_.async_read_some(boost::asio::buffer(bytes_),
                            [this](const boost::system::error_code& failure, std::size_t /*size*/) {
                              if (failure || manner_ == Manner::kSilent) return;
                              accept();
                            });
  }

  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::ip::tcp::socket socket_;
  const Manner manner_;
  std::array<char, 100> bytes_{};
};

TEST_F(RedisConnectionTlsTest, TheBudgetOfConnectingHoldsForTheHandshake) {
  const MutePeer peer(loop_, MutePeer::Manner::kSilent);
  RedisConnectionOptions hasty = options(peer.endpoint(trusting()));
  hasty.connect_budget = std::chrono::milliseconds(50);
  const auto begin = std::chrono::steady_clock::now();
  start(hasty);

  const Error failure = first_failure();

  EXPECT_EQ(failure.code(), ErrorCode::kTimeout);
  EXPECT_NE(failure.message().find("the TLS handshake"), std::string::npos);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(50));
}

TEST_F(RedisConnectionTlsTest, GivesUpOnAPeerThatClosesInTheMiddleOfTheHandshake) {
  const MutePeer peer(loop_, MutePeer::Manner::kCloses);

  EXPECT_NE(refusal(peer.endpoint(trusting())).find("the TLS handshake had no answer"),
            std::string::npos);
}

TEST_F(RedisConnectionTlsTest, EndsWhoWaitsWhenTheServerDies) {
  TlsRedisServer server;
  connect(options(server.endpoint(trusting())));
  server.server().freeze();
  std::optional<Result<RespValue>> outcome;
  const auto on_done = [&](const std::exception_ptr& /*failure*/, Result<RespValue> reply) {
    outcome = std::move(reply);
  };
  boost::asio::co_spawn(loop_, connection_->execute(RedisCommand({"GET", "a"})), on_done);
  loop_.poll();

  server.server().kill();
  run_until(loop_, [&] { return outcome.has_value(); });

  ASSERT_FALSE(outcome->has_value());
  EXPECT_EQ(outcome->error().code(), ErrorCode::kUnavailable);
}

TEST_F(RedisConnectionTlsTest, ComesBackAfterAnOutage) {
  TlsRedisServer server;
  connect(options(server.endpoint(trusting())));
  server.server().kill();
  run_until(loop_, [this] { return !connection_->is_ready(); });

  server.server().start();
  run_until(loop_, [this] { return connection_->is_ready(); });

  EXPECT_EQ(execute({"PING"})->text(), "PONG");
}

TEST_F(RedisConnectionTlsTest, StopsInTheMiddleOfTheHandshake) {
  const MutePeer peer(loop_, MutePeer::Manner::kSilent);
  start(options(peer.endpoint(trusting())));
  loop_.poll();

  connection_->stop();
  run_until(loop_, [this] { return connection_.use_count() == 1; });

  EXPECT_FALSE(connection_->is_ready());
}

}  // namespace
}  // namespace refrain
