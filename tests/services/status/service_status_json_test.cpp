#include "services/status/sample_status.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <string>

namespace refrain::testing {
namespace {

boost::json::value json(const ServiceStatus& status) {
  return boost::json::parse(to_json(status));
}

/// The names of an object's members, in their order.
std::string names(const boost::json::value& object) {
  std::string text;
  for (const auto& member : object.as_object())
    text += std::string(text.empty() ? "" : " ") + std::string(member.key());
  return text;
}

TEST(ServiceStatusJson, HasTheFieldsOfTheContractInTheirOrder) {
  const boost::json::value status = json(sample_status());

  EXPECT_EQ(names(status),
            "service version uptime_seconds requests hit_ratio generation lease tiers");
  EXPECT_EQ(names(status.at("requests")), "total hit stale miss bypass coalesced error");
  EXPECT_EQ(names(status.at("generation")),
            "count failed running rejected seconds_spent seconds_saved");
  EXPECT_EQ(names(status.at("lease")), "taken waits answered timeouts unavailable lost");
}

TEST(ServiceStatusJson, HasTheFieldsOfTheContractForEachTier) {
  const boost::json::value status = json(sample_status());
  const boost::json::value& disk = status.at("tiers").at(0);
  const boost::json::value& redis = status.at("tiers").at(1);
  const std::string common =
      "name available items max_items size_bytes max_size_bytes utilization_percent ttl_seconds "
      "hits misses insertions refusals errors removals";

  EXPECT_EQ(
      names(disk),
      common + " directory state write_state queue rewritten segments index_bytes corruptions");
  EXPECT_EQ(names(disk.at("queue")), "entries size_bytes dropped");
  EXPECT_EQ(names(disk.at("corruptions")), "meta index segment record payload cut");
  EXPECT_EQ(
      names(redis),
      common + " state mode shards latency_ms corruptions recovery server_memory tracking breakers late");
  EXPECT_EQ(names(redis.at("recovery")),
            "waiting waiting_bytes replayed dropped expired erasures_waiting erasures_replayed "
            "epochs_raised");
  EXPECT_EQ(names(redis.at("server_memory")), "used_bytes max_bytes policy warning");
  EXPECT_EQ(names(redis.at("tracking")), "up changes flushes losses");
  EXPECT_EQ(names(redis.at("breakers")), "0");
  EXPECT_EQ(names(redis.at("breakers").at("0")), "state entered seconds");
  EXPECT_EQ(names(redis.at("breakers").at("0").at("entered")), "closed open half-open");
  EXPECT_EQ(names(redis.at("late")), "finds hits inserts");
  EXPECT_EQ(names(disk.at("removals")), "capacity expired invalidated replaced corrupt");
  EXPECT_EQ(names(redis.at("latency_ms")), "p50 p99");
}

TEST(ServiceStatusJson, ShowsTheNumbersOfTheStatus) {
  EXPECT_EQ(
      to_json(sample_status()),
      R"({"service":"sticker","version":"1.2.3","uptime_seconds":1.25E1,)"
      R"("requests":{"total":24,"hit":11,"stale":1,"miss":10,"bypass":2,"coalesced":7,"error":6},)"
      R"("hit_ratio":5E-1,)"
      R"("generation":{"count":9,"failed":4,"running":3,"rejected":8,"seconds_spent":4.8E0,)"
      R"("seconds_saved":3.25E0},)"
      R"("lease":{"taken":261,"waits":262,"answered":263,"timeouts":264,"unavailable":265,)"
      R"("lost":266},)"
      R"("tiers":[{"name":"disk","available":true,"items":31,"max_items":null,"size_bytes":90211,)"
      R"("max_size_bytes":1000000,"utilization_percent":9.02E0,"ttl_seconds":86400,"hits":41,)"
      R"("misses":42,"insertions":50,"refusals":43,"errors":44,)"
      R"("removals":{"capacity":2,"expired":3,"invalidated":4,"replaced":5,"corrupt":5},)"
      R"("directory":"sticker_cache","state":"closed","write_state":"half-open",)"
      R"("queue":{"entries":101,"size_bytes":102,"dropped":103},"rewritten":104,"segments":105,)"
      R"("index_bytes":106,"corruptions":{"meta":111,"index":112,"segment":113,"record":114,)"
      R"("payload":115,"cut":116}},)"
      R"({"name":"redis","available":false,"items":61,"max_items":null,"size_bytes":0,)"
      R"("max_size_bytes":null,"utilization_percent":0E0,"ttl_seconds":3601,"hits":71,"misses":72,)"
      R"("insertions":61,"refusals":0,"errors":0,)"
      R"("removals":{"capacity":0,"expired":0,"invalidated":0,"replaced":0,"corrupt":0},)"
      R"("state":"open","mode":"cluster","shards":[{"address":"10.0.0.1:6379","available":true,"slots":16384}],"latency_ms":{"p50":2.5E-1,"p99":1.5E0},)"
      R"("corruptions":{"foreign":221,"cut":222},)"
      R"("recovery":{"waiting":211,"waiting_bytes":212,"replayed":213,"dropped":214,"expired":215,)"
      R"("erasures_waiting":216,"erasures_replayed":217,"epochs_raised":218},)"
      R"("server_memory":{"used_bytes":231,"max_bytes":232,"policy":"noeviction","warning":"bad"},)"
      R"("tracking":{"up":true,"changes":251,"flushes":252,"losses":253},)"
      R"("breakers":{"0":{"state":"open","entered":{"closed":201,"open":202,"half-open":203},)"
      R"("seconds":{"closed":2.05E1,"open":2.15E1,"half-open":2.25E1}}},)"
      R"("late":{"finds":241,"hits":242,"inserts":243}}]})");
}

TEST(ServiceStatusJson, IsHowFullTheTierIsByBytesAndElseByItems) {
  ServiceStatus status = sample_status();
  TierStats& tier = status.cache.tiers[0];
  tier.max_items = 62;
  EXPECT_DOUBLE_EQ(json(status).at("tiers").at(0).at("utilization_percent").as_double(), 9.02);

  tier.max_size_bytes.reset();
  EXPECT_DOUBLE_EQ(json(status).at("tiers").at(0).at("utilization_percent").as_double(), 50.0);
}

TEST(ServiceStatusJson, TellsOfMemoryWhatOtherSizesWouldDo) {
  ServiceStatus status;
  status.cache.tiers = {sample_memory_tier()};

  const boost::json::value memory = json(status).at("tiers").at(0);

  EXPECT_EQ(memory.at("policy").as_string(), "adaptive");
  EXPECT_EQ(memory.at("present_policy").as_string(), "tinylfu");
  EXPECT_EQ(memory.at("overhead_bytes").as_int64(), 94);
  EXPECT_EQ(memory.at("forecast").as_array().size(), 3U);
  EXPECT_EQ(names(memory.at("forecast").at(2)), "scale hit_ratio seconds_saved");
  EXPECT_DOUBLE_EQ(memory.at("forecast").at(0).at("scale").as_double(), 0.5);
  EXPECT_DOUBLE_EQ(memory.at("forecast").at(2).at("hit_ratio").as_double(), 0.75);
  EXPECT_DOUBLE_EQ(memory.at("forecast").at(2).at("seconds_saved").as_double(), 97.5);
}

TEST(ServiceStatusJson, SaysNothingOfAServersMemoryBeforeTheServerDid) {
  ServiceStatus status = sample_status();
  status.cache.tiers[1].remote->memory.reset();

  EXPECT_TRUE(json(status).at("tiers").at(1).at("server_memory").is_null());
}

TEST(ServiceStatusJson, LeavesOutWhatTheCacheDoesNotHave) {
  ServiceStatus status = sample_status();
  status.cache.lease.reset();
  status.cache.tiers[1].remote->tracking.reset();

  const boost::json::value shown = json(status);

  EXPECT_FALSE(shown.as_object().contains("lease"));
  EXPECT_FALSE(shown.at("tiers").at(1).as_object().contains("tracking"));
}

TEST(ServiceStatusJson, HasARatioOfZeroBeforeTheFirstRequest) {
  EXPECT_DOUBLE_EQ(json(ServiceStatus()).at("hit_ratio").as_double(), 0.0);
}

TEST(ServiceStatusJson, EscapesADirectorysName) {
  ServiceStatus status = sample_status();
  status.cache.tiers[0].directory = "a \"b\"\n";

  EXPECT_EQ(json(status).at("tiers").at(0).at("directory").as_string(), "a \"b\"\n");
}

}  // namespace
}  // namespace refrain::testing
