#include "refrain/redis/client/sentinel_protocol.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace refrain {
namespace {

RespValue texts(std::initializer_list<const char*> words) {
  std::vector<RespValue> parts;
  for (const char* word : words)
    parts.push_back(RespValue::text_of(RespType::kBulkString, word));
  return RespValue::array_of(std::move(parts));
}

TEST(SentinelProtocol, ASentinelIsLoggedInToInItsOwnWay) {
  RedisClientOptions options;
  options.connection.endpoint.user = "alice";
  options.connection.endpoint.password = "secret";
  options.connection.endpoint.database = 3;
  options.connection.endpoint.is_tls = true;
  options.sentinel_user = "bob";
  options.sentinel_password = "open-sesame";
  RedisAddress address;
  address.host = "h";
  address.port = 7;

  const RedisEndpoint endpoint = sentinel_endpoint(options, address);

  EXPECT_EQ(endpoint.host, "h");
  EXPECT_EQ(endpoint.port, 7);
  EXPECT_EQ(endpoint.user, "bob");
  EXPECT_EQ(endpoint.password, "open-sesame");
  EXPECT_EQ(endpoint.database, 0);
  EXPECT_TRUE(endpoint.is_tls);
}

TEST(SentinelProtocol, ReadsTheAddressOfTheMaster) {
  const Result<RedisAddress> address = parse_master_address(texts({"10.0.0.1", "6379"}));

  EXPECT_EQ(address->describe(), "10.0.0.1:6379");
}

TEST(SentinelProtocol, SaysWhatIsWrongWithAnAnswer) {
  const auto error_in = [](const RespValue& reply) {
    return parse_master_address(reply).error().message();
  };

  EXPECT_EQ(error_in(RespValue::text_of(RespType::kError, "NOAUTH no")), "NOAUTH no");
  EXPECT_EQ(error_in(RespValue()), "it does not know one of that name");
  for (const char* port : {"", "0", "65536", "6379x", "-1"})
    EXPECT_EQ(error_in(texts({"h", port})), "its address makes no sense") << port;
  EXPECT_EQ(error_in(texts({"", "6379"})), "its address makes no sense");
}

TEST(SentinelProtocol, HearsThatTheMasterIsElsewhere) {
  const RespValue message =
      texts({"message", "+switch-master", "cache 10.0.0.1 6379 fe80::2 6380"});

  EXPECT_EQ(parse_switch_master(message, "cache")->describe(), "[fe80::2]:6380");
  EXPECT_FALSE(parse_switch_master(message, "another").has_value());
}

TEST(SentinelProtocol, AnyOtherMessageSaysNothing) {
  for (const RespValue& message :
       {RespValue(),
        texts({"message", "+sdown", "cache 10.0.0.1 6379 10.0.0.2 6380"}),
        texts({"subscribe", "+switch-master", "cache 10.0.0.1 6379 10.0.0.2 6380"}),
        texts({"message", "+switch-master", "cache 10.0.0.1 6379 10.0.0.2"}),
        texts({"message",
               "+switch-master",
               "cache 10.0.0.1 6379 10.0.0.2 6380 "
               "more"}),
        texts({"message", "+switch-master", "cache 10.0.0.1 6379  6380"}),
        texts({"message", "+switch-master", "cache 10.0.0.1 6379 10.0.0.2 x"}),
        texts({"message", "+switch-master", ""})})
    EXPECT_FALSE(parse_switch_master(message, "cache").has_value());
}

}  // namespace
}  // namespace refrain
