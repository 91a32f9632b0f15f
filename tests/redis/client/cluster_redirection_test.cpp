#include "refrain/redis/client/cluster_redirection.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace refrain {
namespace {

using Kind = ClusterRedirection::Kind;

std::optional<ClusterRedirection> parse(std::string_view error) {
  return parse_cluster_redirection(RespValue::text_of(RespType::kError, std::string(error)),
                                   "10.0.0.9");
}

TEST(ClusterRedirection, SaysWhereASlotIs) {
  const auto moved = parse("MOVED 3999 127.0.0.1:6381");

  ASSERT_TRUE(moved.has_value());
  EXPECT_EQ(moved->kind, Kind::kMoved);
  EXPECT_EQ(moved->slot, 3999);
  EXPECT_EQ(moved->address.describe(), "127.0.0.1:6381");
}

TEST(ClusterRedirection, SaysWhomToAskOnce) {
  const auto ask = parse("ASK 16383 node-2.example:6380");

  ASSERT_TRUE(ask.has_value());
  EXPECT_EQ(ask->kind, Kind::kAsk);
  EXPECT_EQ(ask->slot, 16'383);
  EXPECT_EQ(ask->address.describe(), "node-2.example:6380");
}

TEST(ClusterRedirection, KnowsIpv6) {
  EXPECT_EQ(parse("MOVED 1 ::1:6381")->address.describe(), "[::1]:6381");
}

TEST(ClusterRedirection, WithoutAHostIsOfTheNodeThatWasAsked) {
  EXPECT_EQ(parse("MOVED 1 :6381")->address.describe(), "10.0.0.9:6381");
}

TEST(ClusterRedirection, KnowsThatItIsTooEarlyOrTheClusterIsDown) {
  EXPECT_EQ(parse("TRYAGAIN Multiple keys request during rehashing of slot")->kind,
            Kind::kTryAgain);
  EXPECT_EQ(parse("CLUSTERDOWN Hash slot not served")->kind, Kind::kDown);
  EXPECT_EQ(parse("CLUSTERDOWN")->kind, Kind::kDown);
}

TEST(ClusterRedirection, IsNoOtherReply) {
  EXPECT_FALSE(parse("ERR unknown command").has_value());
  EXPECT_FALSE(parse("MOVEDX 1 127.0.0.1:1").has_value());
  EXPECT_FALSE(parse("").has_value());
  const auto text = RespValue::text_of(RespType::kBulkString, "MOVED 1 127.0.0.1:6381");
  EXPECT_FALSE(parse_cluster_redirection(text, "h").has_value()) << "a value may say anything";
}

TEST(ClusterRedirection, IsNothingIfItMakesNoSense) {
  for (const char* const error : {"MOVED",
                                  "MOVED 1",
                                  "MOVED 1 127.0.0.1",
                                  "MOVED 16384 127.0.0.1:1",
                                  "MOVED -1 127.0.0.1:1",
                                  "MOVED x 127.0.0.1:1",
                                  "MOVED 1 127.0.0.1:0",
                                  "MOVED 1 127.0.0.1:65536",
                                  "MOVED 1 127.0.0.1:",
                                  "ASK 1:2 3"}) {
    EXPECT_FALSE(parse(error).has_value()) << error;
  }
}

}  // namespace
}  // namespace refrain
