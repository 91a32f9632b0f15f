#include "support/fault_proxy.h"

#include "support/redis_server.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

namespace refrain::testing {
namespace {

using boost::asio::ip::tcp;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Way = FaultProxy::Way;

/// Looks again until `holds`; the test's own time limit ends what never happens.
template <class Condition>
void wait_for(const Condition& holds) {
  while (!holds())
    std::this_thread::yield();
}

class FaultProxyTest : public ::testing::Test {
protected:
  /// A connection through the proxy.
  tcp::socket connect() {
    tcp::socket socket(loop_);
    socket.connect(tcp::endpoint(boost::asio::ip::address_v4::loopback(), proxy_.port()));
    return socket;
  }

  static void send(tcp::socket& socket, const std::string& bytes) {
    boost::asio::write(socket, boost::asio::buffer(bytes));
  }

  /// The next `size` bytes, or fewer if the connection ends; `end` says how.
  static std::string receive(tcp::socket& socket,
                             std::size_t size,
                             boost::system::error_code* end = nullptr) {
    std::string bytes(size, '\0');
    boost::system::error_code failure;
    bytes.resize(boost::asio::read(socket, boost::asio::buffer(bytes), failure));
    if (end != nullptr) *end = failure;
    return bytes;
  }

  /// How often the server has answered a PING.
  [[nodiscard]] bool has_answered() const {
    return server_.command({"INFO", "commandstats"}).text().find("cmdstat_ping:calls=2") !=
           std::string::npos;
  }

  RedisServer server_;  // its start has sent one PING
  FaultProxy proxy_{server_.unix_endpoint()};
  boost::asio::io_context loop_;
};

TEST_F(FaultProxyTest, ForwardsBothWays) {
  tcp::socket client = connect();

  send(client, "PING\r\nECHO hello\r\n");

  EXPECT_EQ(receive(client, 18), "+PONG\r\n$5\r\nhello\r\n");
  EXPECT_EQ(proxy_.forwarded_bytes(Way::kToServer), 18U);
  EXPECT_EQ(proxy_.connection_count(), 1U);
  EXPECT_EQ(proxy_.reset_count(), 0U);
}

TEST_F(FaultProxyTest, ForwardsToAPortToo) {
  FaultProxy proxy(server_.tcp_endpoint());
  tcp::socket client(loop_);
  client.connect(tcp::endpoint(boost::asio::ip::address_v4::loopback(), proxy.port()));

  send(client, "PING\r\n");

  EXPECT_EQ(receive(client, 7), "+PONG\r\n");
}

TEST_F(FaultProxyTest, ForwardsMoreThanItHoldsAtOnce) {
  tcp::socket client = connect();
  const std::string value(std::size_t{3} << 20U, 'v');
  server_.command({"SET", "large", value});

  send(client, "GET large\r\n");

  const std::string head = "$" + std::to_string(value.size()) + "\r\n";
  EXPECT_EQ(receive(client, head.size() + value.size()), head + value);
}

TEST_F(FaultProxyTest, ResetsAConnectionAfterAByteOfTheServers) {
  FaultProxy::Faults faults;
  faults.reset_after_bytes = 3;
  proxy_.set(Way::kToClient, faults);
  tcp::socket client = connect();

  send(client, "PING\r\n");
  boost::system::error_code end;
  const std::string received = receive(client, 7, &end);

  // A reset may overtake the bytes before it.
  EXPECT_EQ(std::string("+PO").substr(0, received.size()), received);
  EXPECT_EQ(end, boost::asio::error::connection_reset);
  EXPECT_EQ(proxy_.forwarded_bytes(Way::kToClient), 3U);
  EXPECT_EQ(proxy_.reset_count(), 1U);
}

TEST_F(FaultProxyTest, ResetsAConnectionAfterAByteOfTheClients) {
  FaultProxy::Faults faults;
  faults.reset_after_bytes = 5;
  proxy_.set(Way::kToServer, faults);
  tcp::socket client = connect();

  send(client, "PING\r\n");
  boost::system::error_code end;

  EXPECT_EQ(receive(client, 7, &end), "");
  EXPECT_EQ(end, boost::asio::error::connection_reset);
  EXPECT_EQ(proxy_.forwarded_bytes(Way::kToServer), 5U);
}

TEST_F(FaultProxyTest, HoldsEveryByteBackForTheLatencyOfItsWay) {
  FaultProxy::Faults faults;
  faults.latency = milliseconds(60);
  proxy_.set(Way::kToServer, faults);
  faults.latency = milliseconds(40);
  proxy_.set(Way::kToClient, faults);
  tcp::socket client = connect();
  const auto begin = steady_clock::now();

  send(client, "PING\r\n");

  EXPECT_EQ(receive(client, 7), "+PONG\r\n");
  EXPECT_GE(steady_clock::now() - begin, milliseconds(100));
}

TEST_F(FaultProxyTest, AStalledWayDeliversWhatItHoldsOnceItIsHealed) {
  FaultProxy::Faults faults;
  faults.is_stalled = true;
  proxy_.set(Way::kToClient, faults);
  tcp::socket client = connect();

  send(client, "PING\r\n");
  wait_for([this] { return has_answered(); });
  EXPECT_EQ(proxy_.forwarded_bytes(Way::kToClient), 0U);
  proxy_.heal();

  EXPECT_EQ(receive(client, 7), "+PONG\r\n");
}

TEST_F(FaultProxyTest, TricklesOneByteAtATime) {
  FaultProxy::Faults faults;
  faults.is_trickling = true;
  faults.trickle_pause = milliseconds(5);
  proxy_.set(Way::kToClient, faults);
  tcp::socket client = connect();
  const auto begin = steady_clock::now();

  send(client, "PING\r\n");

  EXPECT_EQ(receive(client, 7), "+PONG\r\n");
  EXPECT_GE(steady_clock::now() - begin, 6 * faults.trickle_pause);
}

TEST_F(FaultProxyTest, AHalfClosedConnectionGoesOnInTheOtherWay) {
  tcp::socket client = connect();
  send(client, "PING\r\n");
  ASSERT_EQ(receive(client, 7), "+PONG\r\n");

  proxy_.half_close(Way::kToClient);
  boost::system::error_code end;
  EXPECT_EQ(receive(client, 1, &end), "");
  EXPECT_EQ(end, boost::asio::error::eof);
  send(client, "SET key value\r\n");

  wait_for([this] { return server_.command({"GET", "key"}).type() == RespType::kBulkString; });
  EXPECT_EQ(server_.command({"GET", "key"}).text(), "value");
}

TEST_F(FaultProxyTest, RefusesConnectionsUntilItIsHealed) {
  proxy_.refuse();
  EXPECT_THROW(connect(), boost::system::system_error);
  proxy_.heal();

  tcp::socket client = connect();
  send(client, "PING\r\n");

  EXPECT_EQ(receive(client, 7), "+PONG\r\n");
}

TEST_F(FaultProxyTest, PutsForeignBytesBetween) {
  tcp::socket client = connect();
  send(client, "PING\r\n");
  ASSERT_EQ(receive(client, 7), "+PONG\r\n");

  proxy_.inject(Way::kToClient, "garbage");
  proxy_.inject(Way::kToServer, "ECHO foreign\r\n");

  EXPECT_EQ(receive(client, 20), "garbage$7\r\nforeign\r\n");
}

TEST_F(FaultProxyTest, ResetsWhatIsConnectedWhenItIsTold) {
  tcp::socket client = connect();
  send(client, "PING\r\n");
  ASSERT_EQ(receive(client, 7), "+PONG\r\n");

  proxy_.reset_all();
  boost::system::error_code end;

  EXPECT_EQ(receive(client, 1, &end), "");
  EXPECT_EQ(end, boost::asio::error::connection_reset);
}

TEST_F(FaultProxyTest, ResetsWhatItsServerDoesNotTake) {
  server_.stop();
  tcp::socket client = connect();
  boost::system::error_code end;

  EXPECT_EQ(receive(client, 1, &end), "");
  EXPECT_EQ(end, boost::asio::error::connection_reset);
}

}  // namespace
}  // namespace refrain::testing
