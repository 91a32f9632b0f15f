#include "refrain/redis/client/redis_connection.h"

#include "redis/client/redis_connection_fixture.h"
#include "redis/redis_fixture.h"
#include "support/redis_server.h"
#include "support/run.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace refrain {
namespace {

using testing::FakeRedisServer;
using testing::RedisConnectionTest;
using testing::RedisServer;
using testing::run;
using testing::run_until;

TEST_F(RedisConnectionTest, ExecutesOverAUnixSocket) {
  const RedisServer server;
  connect(options(server.unix_endpoint()));

  EXPECT_EQ(execute({"SET", "k", "v"})->text(), "OK");
  EXPECT_EQ(execute({"GET", "k"})->text(), "v");
  EXPECT_TRUE(execute({"GET", "nothing"})->is_null());
}

TEST_F(RedisConnectionTest, ExecutesOverTcp) {
  const RedisServer server;
  connect(options(server.tcp_endpoint()));

  EXPECT_EQ(execute({"PING"})->text(), "PONG");
}

TEST_F(RedisConnectionTest, LooksUpTheHostsName) {
  const RedisServer server;
  RedisEndpoint endpoint = server.tcp_endpoint();
  endpoint.host = "localhost";
  connect(options(endpoint));

  EXPECT_EQ(execute({"PING"})->text(), "PONG");
}

TEST_F(RedisConnectionTest, TellsOfAnErrorReplyAsAReply) {
  const RedisServer server;
  connect(options(server.unix_endpoint()));

  const Result<RespValue> reply = execute({"NOSUCHCOMMAND"});

  ASSERT_TRUE(reply.has_value());
  EXPECT_TRUE(reply->is_error());
  EXPECT_EQ(execute({"PING"})->text(), "PONG");
}

TEST_F(RedisConnectionTest, NamesItselfToTheServer) {
  const RedisServer server;
  connect(options(server.unix_endpoint()));

  EXPECT_EQ(execute({"CLIENT", "GETNAME"})->text(), "refrain");
}

TEST_F(RedisConnectionTest, LogsInWithAPassword) {
  RedisServer server({"--requirepass", "secret"});
  RedisEndpoint endpoint = server.unix_endpoint();
  endpoint.password = "secret";
  connect(options(endpoint));

  EXPECT_EQ(execute({"PING"})->text(), "PONG");
}

TEST_F(RedisConnectionTest, LogsInAsAUserWhoMayOnlyReadAndDoesNotMindThatNamingIsForbidden) {
  const RedisServer server;
  server.command({"ACL", "SETUSER", "alice", "on", ">secret", "~*", "+get"});
  RedisEndpoint endpoint = server.unix_endpoint();
  endpoint.user = "alice";
  endpoint.password = "secret";
  connect(options(endpoint));

  EXPECT_TRUE(execute({"GET", "k"})->is_null());
}

TEST_F(RedisConnectionTest, DoesNotMindInVersion2ThatNamingIsForbidden) {
  const RedisServer server;
  server.command({"ACL", "SETUSER", "alice", "on", ">secret", "~*", "+get"});
  RedisEndpoint endpoint = server.unix_endpoint();
  endpoint.user = "alice";
  endpoint.password = "secret";
  endpoint.protocol = RedisProtocol::kResp2;
  connect(options(endpoint));

  EXPECT_TRUE(execute({"GET", "k"})->is_null());
}

TEST_F(RedisConnectionTest, SpeaksVersion3OfTheProtocol) {
  const RedisServer server;
  connect(options(server.unix_endpoint()));

  EXPECT_EQ(execute({"HGETALL", "nothing"})->type(), RespType::kMap);
}

TEST_F(RedisConnectionTest, SpeaksVersion2OfTheProtocolIfAskedTo) {
  const RedisServer server({"--requirepass", "secret"});
  RedisEndpoint endpoint = server.unix_endpoint();
  endpoint.password = "secret";
  endpoint.protocol = RedisProtocol::kResp2;
  connect(options(endpoint));

  EXPECT_EQ(execute({"HGETALL", "nothing"})->type(), RespType::kArray);
  EXPECT_EQ(execute({"CLIENT", "GETNAME"})->text(), "refrain");
}

TEST_F(RedisConnectionTest, LogsInToAServerThatDoesNotKnowHello) {
  const RedisServer server({"--requirepass", "secret", "--rename-command", "HELLO", ""});
  RedisEndpoint endpoint = server.unix_endpoint();
  endpoint.password = "secret";
  endpoint.database = 3;
  connect(options(endpoint));

  EXPECT_EQ(execute({"HGETALL", "nothing"})->type(), RespType::kArray);
  EXPECT_EQ(execute({"CLIENT", "GETNAME"})->text(), "refrain");
  EXPECT_TRUE(execute({"CLIENT", "LIST"})->text().find(" db=3 ") != std::string::npos);
}

TEST_F(RedisConnectionTest, LogsInToAServerThatSpeaksVersion2Only) {
  const FakeRedisServer server(
      {"-NOPROTO unsupported protocol version\r\n", "+OK\r\n", "+PONG\r\n"});
  connect(options(server.endpoint()));

  EXPECT_EQ(execute({"PING"})->text(), "PONG");
}

TEST_F(RedisConnectionTest, IsNotReadyWithAWrongPasswordInVersion2) {
  const RedisServer server({"--requirepass", "secret"});
  RedisEndpoint endpoint = server.unix_endpoint();
  endpoint.password = "wr0ng";
  endpoint.protocol = RedisProtocol::kResp2;
  start(options(endpoint));

  EXPECT_NE(first_failure().message().find("the log-in was refused: WRONGPASS"), std::string::npos);
}

TEST_F(RedisConnectionTest, IsNotReadyWithoutTheNeededPasswordInVersion2) {
  const RedisServer server({"--requirepass", "secret"});
  RedisEndpoint endpoint = server.unix_endpoint();
  endpoint.protocol = RedisProtocol::kResp2;
  start(options(endpoint));

  EXPECT_NE(first_failure().message().find("a password is needed: NOAUTH"), std::string::npos);
}

TEST_F(RedisConnectionTest, TellsOfPushMessages) {
  const RedisServer server;
  std::vector<RespValue> messages;
  RedisConnectionOptions listening = options(server.unix_endpoint());
  listening.on_push = [&](const RespValue& message) {
    messages.push_back(message);
  };
  connect(listening);
  EXPECT_EQ(execute({"CLIENT", "TRACKING", "ON"})->text(), "OK");
  EXPECT_TRUE(execute({"GET", "k"})->is_null());

  server.command({"SET", "k", "v"});
  run_until(loop_, [&] { return !messages.empty(); });

  EXPECT_EQ(messages[0].type(), RespType::kPush);
  ASSERT_EQ(messages[0].elements().size(), 2U);
  EXPECT_EQ(messages[0].elements()[0].text(), "invalidate");
  EXPECT_EQ(messages[0].elements()[1].elements().at(0).text(), "k");
  EXPECT_EQ(execute({"GET", "k"})->text(), "v");
}

TEST_F(RedisConnectionTest, SubscribesAndGoesOnWithCommandsBesideTheMessages) {
  const RedisServer server;
  std::vector<std::string> messages;
  RedisConnectionOptions listening = options(server.unix_endpoint());
  listening.on_push = [&](const RespValue& message) {
    messages.push_back(message.elements().back().text());
  };
  connect(listening);

  EXPECT_TRUE(connection_->speaks_resp3());
  EXPECT_EQ(execute({"SUBSCRIBE", "news"})->elements().front().text(), "subscribe");
  EXPECT_EQ(server.command({"PUBLISH", "news", "hello"}).integer(), 1);
  EXPECT_EQ(execute({"SET", "a", "1"})->text(), "OK");
  run_until(loop_, [&] { return !messages.empty(); });

  EXPECT_EQ(messages, std::vector<std::string>{"hello"});
  EXPECT_TRUE(connection_->is_ready());
}

TEST_F(RedisConnectionTest, KnowsThatAServerSendsNoPushMessages) {
  const RedisServer server;
  RedisConnectionOptions old = options(server.unix_endpoint());
  old.endpoint.protocol = RedisProtocol::kResp2;
  connect(old);

  EXPECT_FALSE(connection_->speaks_resp3());
}

TEST_F(RedisConnectionTest, TellsOfPushMessagesThatComeWithTheLogIn) {
  const FakeRedisServer server(
      {">1\r\n+early\r\n%0\r\n>1\r\n+be", "tween\r\n$2\r\nhi\r\n>1\r\n+la", "te\r\n+PONG\r\n"});
  std::vector<std::string> messages;
  RedisConnectionOptions listening = options(server.endpoint());
  listening.greeting = RedisCommand({"GET", "greeting"});
  listening.on_push = [&](const RespValue& message) {
    messages.push_back(message.elements().at(0).text());
  };
  connect(listening);

  EXPECT_EQ(execute({"PING"})->text(), "PONG");

  const std::vector<std::string> expected = {"early", "between", "late"};
  EXPECT_EQ(messages, expected);
}

TEST_F(RedisConnectionTest, SelectsItsDatabase) {
  const RedisServer server;
  RedisEndpoint endpoint = server.unix_endpoint();
  endpoint.database = 5;
  connect(options(endpoint));

  execute({"SET", "k", "v"}).value();

  EXPECT_TRUE(server.command({"GET", "k"}).is_null());
}

TEST_F(RedisConnectionTest, IsNotReadyWithAWrongPasswordAndTellsItToNobody) {
  const RedisServer server({"--requirepass", "secret"});
  RedisEndpoint endpoint = server.unix_endpoint();
  endpoint.password = "wr0ng";
  start(options(endpoint));

  const Error failure = first_failure();

  EXPECT_FALSE(connection_->is_ready());
  EXPECT_NE(failure.message().find("WRONGPASS"), std::string::npos);
  EXPECT_EQ(failure.message().find("wr0ng"), std::string::npos);
  EXPECT_TRUE(log_.mentions("WRONGPASS"));
  EXPECT_FALSE(log_.mentions("wr0ng"));
}

TEST_F(RedisConnectionTest, IsNotReadyWithoutTheNeededPassword) {
  const RedisServer server({"--requirepass", "secret"});
  start(options(server.unix_endpoint()));

  EXPECT_NE(first_failure().message().find("NOAUTH"), std::string::npos);
}

TEST_F(RedisConnectionTest, IsNotReadyWithoutItsDatabase) {
  const RedisServer server;
  RedisEndpoint endpoint = server.unix_endpoint();
  endpoint.database = 5000;
  start(options(endpoint));

  EXPECT_NE(first_failure().message().find("database"), std::string::npos);
}

TEST_F(RedisConnectionTest, AsksItsGreetingBeforeItIsReady) {
  const RedisServer server;
  server.command({"SET", "greeting", "hello"});
  std::string greeted;
  RedisConnectionOptions greeting = options(server.unix_endpoint());
  greeting.greeting = RedisCommand({"GET", "greeting"});
  greeting.on_greeted = [&](const RespValue& reply) {
    greeted = reply.text();
    return Result<void>();
  };

  connect(greeting);

  EXPECT_EQ(greeted, "hello");
}

TEST_F(RedisConnectionTest, IsNotReadyIfItsGreetingIsNotLiked) {
  const RedisServer server;
  RedisConnectionOptions greeting = options(server.unix_endpoint());
  greeting.greeting = RedisCommand({"GET", "greeting"});
  greeting.on_greeted = [](const RespValue& /*reply*/) -> Result<void> {
    return fail(ErrorCode::kCorrupt, "not liked");
  };

  start(greeting);

  EXPECT_EQ(first_failure().code(), ErrorCode::kCorrupt);
}

TEST_F(RedisConnectionTest, FailsAtOnceWhileNobodyListens) {
  RedisServer server;
  server.stop();
  start(options(server.unix_endpoint()));

  const Result<RespValue> reply = execute({"PING"});

  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(first_failure().code(), ErrorCode::kUnavailable);
}

TEST_F(RedisConnectionTest, ReportsAnOutageOnceAndItsEnd) {
  RedisServer server;
  server.stop();
  start(options(server.unix_endpoint()));
  run_until(loop_, [this] { return failures_.size() >= 2; });
  EXPECT_EQ(log_.lines.size(), 1U);

  server.start();
  run_until(loop_, [this] { return connection_->is_ready(); });

  EXPECT_EQ(log_.lines.size(), 2U);
  EXPECT_EQ(execute({"PING"})->text(), "PONG");
}

TEST_F(RedisConnectionTest, GivesUpConnectingToAFrozenServer) {
  RedisServer server;
  server.freeze();
  RedisConnectionOptions hasty = options(server.unix_endpoint());
  hasty.connect_budget = std::chrono::milliseconds(30);
  start(hasty);

  EXPECT_EQ(first_failure().code(), ErrorCode::kTimeout);
}

TEST_F(RedisConnectionTest, NeverTakesALateReplyForAnother) {
  RedisServer server;
  server.command({"SET", "a", "value of a"});
  server.command({"SET", "b", "value of b"});
  RedisConnectionOptions hasty = options(server.unix_endpoint());
  hasty.command_budget = std::chrono::milliseconds(1000);
  connect(hasty);
  server.freeze();

  const Result<RespValue> late = execute({"GET", "a"});
  EXPECT_FALSE(connection_->is_ready());
  server.thaw();
  run_until(loop_, [this] { return connection_->is_ready(); });
  const Result<RespValue> next = execute({"GET", "b"});

  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code(), ErrorCode::kTimeout);
  EXPECT_EQ(next->text(), "value of b");
}

/// A server that logs a client in, receives what it sends, and says no more.
class SilentServer {
public:
  explicit SilentServer(boost::asio::io_context& loop)
      : acceptor_(loop, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
        socket_(loop) {
    acceptor_.async_accept(socket_, [this](const boost::system::error_code& failure) {
      if (failure) return;
      acceptor_.close();
      receive();
    });
  }

  [[nodiscard]] RedisEndpoint endpoint() const {
    return redis_endpoint("127.0.0.1", acceptor_.local_endpoint().port()).value();
  }
  /// How the client ended its connection; nothing while it has not.
  [[nodiscard]] std::optional<boost::system::error_code> end() const { return end_; }

private:
  using tcp = boost::asio::ip::tcp;

  void receive() {
    socket_.async_read_some(boost::asio::buffer(buffer_),
                            [this](const boost::system::error_code& failure, std::size_t /*size*/) {
                              if (failure) {
                                end_ = failure;
                                return;
                              }
                              if (!std::exchange(is_logged_in_, true))
                                boost::asio::write(socket_, boost::asio::buffer("+OK\r\n", 5));
                              receive();
                            });
  }

  tcp::acceptor acceptor_;
  tcp::socket socket_;
  std::array<char, 4096> buffer_{};
  bool is_logged_in_ = false;
  std::optional<boost::system::error_code> end_;
};

TEST_F(RedisConnectionTest, ResetsAConnectionThatTimedOutSoThatNothingIsDeliveredLater) {
  SilentServer server(loop_);
  RedisConnectionOptions hasty = options(server.endpoint());
  hasty.command_budget = std::chrono::milliseconds(50);
  connect(hasty);

  EXPECT_EQ(execute({"SET", "k", "v"}).error().code(), ErrorCode::kTimeout);
  run_until(loop_, [&] { return server.end().has_value(); });

  EXPECT_EQ(server.end(), boost::asio::error::connection_reset);
}

TEST_F(RedisConnectionTest, EndsAConnectionThatItHasNoMoreUseForInTheUsualWay) {
  SilentServer server(loop_);
  connect(options(server.endpoint()));

  connection_->reconnect("the test wants it");
  run_until(loop_, [&] { return server.end().has_value(); });

  EXPECT_EQ(server.end(), boost::asio::error::eof);
}

TEST_F(RedisConnectionTest, EndsEverybodyWhoWaitsBehindATimeOut) {
  RedisServer server;
  RedisConnectionOptions hasty = options(server.unix_endpoint());
  hasty.command_budget = std::chrono::milliseconds(50);
  connect(hasty);
  server.freeze();
  std::vector<ErrorCode> codes;
  const auto on_done = [&](const std::exception_ptr& /*failure*/, Result<RespValue> reply) {
    codes.push_back(reply ? ErrorCode::kInternal : reply.error().code());
  };

  for (int i = 0; i < 20; ++i)
    boost::asio::co_spawn(loop_, connection_->execute(RedisCommand({"GET", "a"})), on_done);
  run_until(loop_, [&] { return codes.size() == 20; });

  EXPECT_EQ(codes.front(), ErrorCode::kTimeout);
  EXPECT_EQ(std::count(codes.begin(), codes.end(), ErrorCode::kUnavailable), 19);
}

TEST_F(RedisConnectionTest, EndsWhoWaitsWhenTheServerDies) {
  RedisServer server;
  connect(options(server.unix_endpoint()));
  server.freeze();
  std::optional<Result<RespValue>> outcome;
  const auto on_done = [&](const std::exception_ptr& /*failure*/, Result<RespValue> reply) {
    outcome = std::move(reply);
  };
  boost::asio::co_spawn(loop_, connection_->execute(RedisCommand({"GET", "a"})), on_done);
  loop_.poll();

  server.kill();
  run_until(loop_, [&] { return outcome.has_value(); });

  ASSERT_FALSE(outcome->has_value());
  EXPECT_EQ(outcome->error().code(), ErrorCode::kUnavailable);
}

TEST_F(RedisConnectionTest, RefusesACommandTooManyAtOnce) {
  RedisServer server;
  RedisConnectionOptions narrow = options(server.unix_endpoint());
  narrow.limits.max_commands = 2;
  connect(narrow);
  server.freeze();
  std::vector<Result<RespValue>> outcomes;
  const auto on_done = [&](const std::exception_ptr& /*failure*/, Result<RespValue> reply) {
    outcomes.push_back(std::move(reply));
  };

  for (int i = 0; i < 3; ++i)
    boost::asio::co_spawn(loop_, connection_->execute(RedisCommand({"PING"})), on_done);
  run_until(loop_, [&] { return !outcomes.empty(); });
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].error().code(), ErrorCode::kUnavailable);
  server.thaw();
  run_until(loop_, [&] { return outcomes.size() == 3; });

  EXPECT_TRUE(outcomes[1].has_value());
  EXPECT_TRUE(outcomes[2].has_value());
}

TEST_F(RedisConnectionTest, ACancelledCommandEndsAtOnceAndDoesNotShiftReplies) {
  RedisServer server;
  server.command({"SET", "a", "value of a"});
  server.command({"SET", "b", "value of b"});
  connect(options(server.unix_endpoint()));
  server.freeze();
  boost::asio::cancellation_signal cancel;
  std::optional<Result<RespValue>> cancelled;
  std::optional<Result<RespValue>> other;
  auto on_cancelled = [&](const std::exception_ptr& /*failure*/, Result<RespValue> reply) {
    cancelled = std::move(reply);
  };
  auto on_other = [&](const std::exception_ptr& /*failure*/, Result<RespValue> reply) {
    other = std::move(reply);
  };
  boost::asio::co_spawn(loop_,
                        connection_->execute(RedisCommand({"GET", "a"})),
                        boost::asio::bind_cancellation_slot(cancel.slot(), on_cancelled));
  boost::asio::co_spawn(loop_, connection_->execute(RedisCommand({"GET", "b"})), on_other);
  loop_.poll();

  cancel.emit(boost::asio::cancellation_type::terminal);
  cancel.emit(boost::asio::cancellation_type::terminal);
  run_until(loop_, [&] { return cancelled.has_value(); });
  EXPECT_FALSE(other.has_value());
  server.thaw();
  run_until(loop_, [&] { return other.has_value(); });

  EXPECT_EQ(cancelled->error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(other->value().text(), "value of b");
}

TEST_F(RedisConnectionTest, GivesUpOnGarbage) {
  const FakeRedisServer server({"HTTP/1.1 400 Bad Request\r\n\r\n"});
  start(options(server.endpoint()));

  EXPECT_EQ(first_failure().code(), ErrorCode::kCorrupt);
  EXPECT_FALSE(connection_->is_ready());
}

TEST_F(RedisConnectionTest, GivesUpOnGarbageInTheMiddle) {
  const FakeRedisServer server({"+OK\r\n", "%1\r\n+a\r\nb\r\n"});
  connect(options(server.endpoint()));

  const Result<RespValue> reply = execute({"GET", "a"});

  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().code(), ErrorCode::kCorrupt);
}

TEST_F(RedisConnectionTest, GivesUpOnMoreRepliesThanWereAsked) {
  const FakeRedisServer server({"+OK\r\n", "+one\r\n+two\r\n"});
  connect(options(server.endpoint()));

  EXPECT_EQ(execute({"GET", "a"})->text(), "one");

  run_until(loop_, [this] { return log_.lines.size() >= 2; });
  EXPECT_TRUE(log_.mentions("nobody asked for"));
}

TEST_F(RedisConnectionTest, GivesUpOnAReplyOverTheLimit) {
  const RedisServer server;
  server.command({"SET", "large", std::string(100'000, 'x')});
  RedisConnectionOptions narrow = options(server.unix_endpoint());
  narrow.limits.replies.max_reply_bytes = 50'000;
  connect(narrow);

  EXPECT_EQ(execute({"GET", "large"}).error().code(), ErrorCode::kTooLarge);
  run_until(loop_, [this] { return connection_->is_ready(); });

  EXPECT_EQ(execute({"PING"})->text(), "PONG");
}

TEST_F(RedisConnectionTest, CarriesMoreThanASocketHolds) {
  const RedisServer server;
  connect(options(server.tcp_endpoint()));
  std::string value(std::size_t{8} << 20U, 'v');
  value += "end";

  EXPECT_EQ(execute({"SET", "large", value})->text(), "OK");

  EXPECT_TRUE(execute({"GET", "large"})->text() == value);
}

TEST_F(RedisConnectionTest, GivesUpOnAServerThatDoesNotRead) {
  RedisServer server;
  RedisConnectionOptions hasty = options(server.tcp_endpoint());
  hasty.command_budget = std::chrono::milliseconds(200);
  connect(hasty);
  server.freeze();
  // More than the sockets of both ends hold, so that writing has to wait.
  const std::string value(std::size_t{32} << 20U, 'v');

  const Result<RespValue> late = execute({"SET", "large", value});

  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code(), ErrorCode::kTimeout);
  EXPECT_FALSE(connection_->is_ready());
  server.thaw();
  run_until(loop_, [this] { return connection_->is_ready(); });
  EXPECT_TRUE(execute({"GET", "large"})->is_null());
}

TEST_F(RedisConnectionTest, RefusesAReplyOfHalfAGigabyteByItsHeaderAlone) {
  const FakeRedisServer server({"+OK\r\n", "$536870912\r\nand a little of it"});
  connect(options(server.endpoint()));

  EXPECT_EQ(execute({"GET", "huge"}).error().code(), ErrorCode::kTooLarge);
}

TEST_F(RedisConnectionTest, HearsWhyTheServerClosesTheConnection) {
  const RedisServer server({"--maxclients", "1"});
  connect(options(server.unix_endpoint()));
  auto second = std::make_shared<RedisConnection>(options(server.unix_endpoint()), loop_, log_);
  second->start();

  run_until(loop_, [this] { return log_.mentions("max number of clients"); });

  second->stop();
  EXPECT_EQ(execute({"PING"})->text(), "PONG");
}

TEST_F(RedisConnectionTest, GivesTheRepliesOfSeveralCommandsTogether) {
  const RedisServer server;
  connect(options(server.unix_endpoint()));
  RedisCommand both({"SET", "k", "v"});
  both.add({"GET", "k"});

  const Result<RespValue> replies = run(loop_, connection_->execute(both));

  ASSERT_EQ(replies->elements().size(), 2U);
  EXPECT_EQ(replies->elements()[1].text(), "v");
}

TEST_F(RedisConnectionTest, EndsWhoWaitsWhenItIsStopped) {
  RedisServer server;
  connect(options(server.unix_endpoint()));
  server.freeze();
  std::optional<Result<RespValue>> outcome;
  const auto on_done = [&](const std::exception_ptr& /*failure*/, Result<RespValue> reply) {
    outcome = std::move(reply);
  };
  boost::asio::co_spawn(loop_, connection_->execute(RedisCommand({"PING"})), on_done);
  loop_.poll();

  connection_->stop();
  loop_.run();

  EXPECT_EQ(outcome->error().code(), ErrorCode::kCancelled);
  EXPECT_FALSE(connection_->is_ready());
}

TEST_F(RedisConnectionTest, ConnectsToWhereItIsTold) {
  const RedisServer first;
  const RedisServer second;
  first.command({"SET", "k", "first"});
  second.command({"SET", "k", "second"});
  RedisEndpoint place = first.unix_endpoint();
  int asked = 0;
  RedisConnectionOptions told = options(RedisEndpoint());
  told.locate = [&]() -> Task<Result<RedisEndpoint>> {
    ++asked;
    co_return place;
  };
  connect(told);
  EXPECT_EQ(execute({"GET", "k"})->text(), "first");

  place = second.unix_endpoint();
  connection_->reconnect("the test wants it");
  EXPECT_FALSE(connection_->is_ready());
  run_until(loop_, [this] { return connection_->is_ready(); });

  EXPECT_EQ(execute({"GET", "k"})->text(), "second");
  EXPECT_EQ(asked, 2);
  EXPECT_TRUE(log_.mentions("the test wants it"));
}

TEST_F(RedisConnectionTest, ThatIsAwayIsTriedAgainAtOnceWhenToldToReconnect) {
  const RedisServer server;
  bool is_known = false;
  RedisConnectionOptions told = options(RedisEndpoint());
  told.reconnect = {std::chrono::hours(1), std::chrono::hours(1)};
  told.locate = [&]() -> Task<Result<RedisEndpoint>> {
    if (!is_known) co_return fail(ErrorCode::kUnavailable, "nobody knows");
    co_return server.unix_endpoint();
  };
  start(told);
  first_failure();
  loop_.restart();
  loop_.poll();

  is_known = true;
  connection_->reconnect("the test wants it");

  run_until(loop_, [this] { return connection_->is_ready(); });
}

TEST_F(RedisConnectionTest, ThatIsLoggingInLeavesAtOnceWhenToldToReconnect) {
  RedisServer silent;
  const RedisServer other;
  silent.freeze();
  RedisEndpoint place = silent.unix_endpoint();
  RedisConnectionOptions told = options(RedisEndpoint());
  told.reconnect = {std::chrono::hours(1), std::chrono::hours(1)};
  int asked = 0;
  told.locate = [&]() -> Task<Result<RedisEndpoint>> {
    ++asked;
    co_return place;
  };
  start(told);
  run_until(loop_, [&] { return asked == 1; });
  loop_.restart();
  loop_.poll();

  place = other.unix_endpoint();
  connection_->reconnect("the test wants it");

  run_until(loop_, [this] { return connection_->is_ready(); });
  EXPECT_EQ(asked, 2);
}

TEST_F(RedisConnectionTest, IsNotReadyWhileNobodySaysWhereToConnect) {
  const RedisServer server;
  bool is_known = false;
  RedisConnectionOptions told = options(RedisEndpoint());
  told.locate = [&]() -> Task<Result<RedisEndpoint>> {
    if (!is_known) co_return fail(ErrorCode::kUnavailable, "nobody knows");
    co_return server.unix_endpoint();
  };
  start(told);
  EXPECT_EQ(first_failure().message(), "nobody knows");
  EXPECT_FALSE(connection_->is_ready());

  is_known = true;
  run_until(loop_, [this] { return connection_->is_ready(); });

  EXPECT_EQ(execute({"PING"})->text(), "PONG");
}

TEST_F(RedisConnectionTest, TellsThatItIsReadyAndThatItIsLost) {
  RedisServer server;
  std::vector<std::string> told;
  RedisConnectionOptions telling = options(server.unix_endpoint());
  telling.on_ready = [&] {
    told.emplace_back(connection_->is_ready() ? "ready" : "too early");
  };
  telling.on_lost = [&](const Error& error) {
    told.push_back(error.message());
  };
  connect(telling);
  run_until(loop_, [&] { return told.size() == 1; });
  EXPECT_EQ(told[0], "ready");

  server.kill();
  run_until(loop_, [&] { return told.size() == 2; });
  EXPECT_NE(told[1].find("closed the connection"), std::string::npos) << told[1];
  server.start();
  run_until(loop_, [&] { return told.size() == 3; });

  EXPECT_EQ(told[2], "ready");
}

TEST_F(RedisConnectionTest, SaysThatThePasswordHasBecomeWrongAfterItWasCut) {
  RedisServer server({"--requirepass", "secret"});
  server.set_password("secret");
  RedisEndpoint endpoint = server.unix_endpoint();
  endpoint.password = "secret";
  connect(options(endpoint));

  server.command({"CONFIG", "SET", "requirepass", "another"});
  server.set_password("another");
  server.command({"CLIENT", "KILL", "TYPE", "normal"});
  run_until(loop_, [this] { return log_.mentions("WRONGPASS"); });

  EXPECT_TRUE(log_.mentions("closed the connection"));
  const std::size_t lines = log_.lines.size();
  const std::size_t attempts = failures_.size();
  run_until(loop_, [&] { return failures_.size() >= attempts + 3; });
  EXPECT_EQ(log_.lines.size(), lines) << "once";
}

TEST_F(RedisConnectionTest, SendsACommandThatItsCallerKeeps) {
  const RedisServer server;
  connect(options(server.unix_endpoint()));
  const RedisCommand command({"INCR", "n"});

  EXPECT_EQ(run(loop_, connection_->execute_borrowed(command))->integer(), 1);
  EXPECT_EQ(run(loop_, connection_->execute_borrowed(command))->integer(), 2);
}

}  // namespace
}  // namespace refrain
