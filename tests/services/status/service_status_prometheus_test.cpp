#include "services/status/sample_status.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace refrain::testing {
namespace {

/// What a scraper makes of the text.
struct Scrape {
  std::map<std::string, std::string> help;
  std::map<std::string, std::string> type;
  std::map<std::string, double> samples;  ///< By name with its labels, as they stand.
};

Scrape scrape(const std::string& text) {
  Scrape result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# ")) {
      const std::string_view rest = std::string_view(line).substr(7);
      const std::size_t space = rest.find(' ');
      auto& table = line.starts_with("# HELP ") ? result.help : result.type;
      table[std::string(rest.substr(0, space))] = std::string(rest.substr(space + 1));
    } else {
      const std::size_t space = line.rfind(' ');
      const bool is_new =
          result.samples.emplace(line.substr(0, space), std::stod(line.substr(space + 1))).second;
      if (!is_new) throw std::invalid_argument("twice: " + line);
    }
  }
  return result;
}

class ServiceStatusPrometheus : public ::testing::Test {
protected:
  double sample(const std::string& name, const std::string& labels = "") {
    const std::string all =
        "refrain_" + name + "{service=\"sticker\"" + (labels.empty() ? "" : "," + labels) + "}";
    const auto found = scrape_.samples.find(all);
    if (found == scrape_.samples.end()) throw std::out_of_range(all);
    return found->second;
  }

  const ServiceStatus status_ = sample_status();
  const Scrape scrape_ = scrape(to_prometheus(status_));
  const boost::json::value json_ = boost::json::parse(to_json(status_));
};

TEST_F(ServiceStatusPrometheus, ExplainsEveryFamilyOnceAndGivesItsType) {
  std::set<std::string> families;
  for (const auto& [name, value] : scrape_.samples)
    families.insert(name.substr(0, name.find('{')));

  for (const std::string& family : families) {
    EXPECT_TRUE(family.starts_with("refrain_")) << family;
    EXPECT_TRUE(scrape_.help.contains(family)) << family;
    const bool is_counter = family.ends_with("_total");
    EXPECT_EQ(scrape_.type.at(family), is_counter ? "counter" : "gauge") << family;
  }
  EXPECT_EQ(scrape_.help.size(), scrape_.type.size());
}

TEST_F(ServiceStatusPrometheus, NamesTheVersion) {
  EXPECT_EQ(sample("build_info", "version=\"1.2.3\""), 1);
  EXPECT_EQ(sample("uptime_seconds"), 12.5);
}

TEST_F(ServiceStatusPrometheus, HasTheRequestsOfTheJson) {
  const boost::json::value& requests = json_.at("requests");
  double total = 0;
  for (const char* result : {"hit", "stale", "miss", "bypass"}) {
    const double value = sample("requests_total", "result=\"" + std::string(result) + "\"");
    EXPECT_EQ(value, requests.at(result).to_number<double>()) << result;
    total += value;
  }
  EXPECT_EQ(total, requests.at("total").to_number<double>());
  EXPECT_EQ(sample("requests_coalesced_total"), requests.at("coalesced").to_number<double>());
  EXPECT_EQ(sample("request_errors_total"), requests.at("error").to_number<double>());
}

TEST_F(ServiceStatusPrometheus, HasTheGenerationsOfTheJson) {
  const boost::json::value& generation = json_.at("generation");
  const double failed = sample("generations_total", "result=\"failed\"");

  EXPECT_EQ(failed, generation.at("failed").to_number<double>());
  EXPECT_EQ(sample("generations_total", "result=\"ok\"") + failed,
            generation.at("count").to_number<double>());
  EXPECT_EQ(sample("generations_running"), generation.at("running").to_number<double>());
  EXPECT_EQ(sample("generations_rejected_total"), generation.at("rejected").to_number<double>());
  EXPECT_EQ(sample("generation_seconds_spent_total"),
            generation.at("seconds_spent").to_number<double>());
  EXPECT_EQ(sample("generation_seconds_saved_total"),
            generation.at("seconds_saved").to_number<double>());
}

TEST_F(ServiceStatusPrometheus, HasTheTiersOfTheJson) {
  for (const boost::json::value& tier : json_.at("tiers").as_array()) {
    const std::string label = "tier=\"" + std::string(tier.at("name").as_string().c_str()) + "\"";
    const auto number = [&tier](const char* name) {
      return tier.at(name).to_number<double>();
    };
    EXPECT_EQ(sample("tier_available", label), tier.at("available").as_bool() ? 1 : 0);
    EXPECT_EQ(sample("tier_items", label), number("items"));
    EXPECT_EQ(sample("tier_size_bytes", label), number("size_bytes"));
    EXPECT_EQ(sample("tier_lookups_total", "result=\"hit\"," + label), number("hits"));
    EXPECT_EQ(sample("tier_lookups_total", "result=\"miss\"," + label), number("misses"));
    EXPECT_EQ(sample("tier_insertions_total", label), number("insertions"));
    EXPECT_EQ(sample("tier_refusals_total", label), number("refusals"));
    EXPECT_EQ(sample("tier_errors_total", label), number("errors"));
    for (const auto& cause : tier.at("removals").as_object()) {
      EXPECT_EQ(
          sample("tier_removals_total", "reason=\"" + std::string(cause.key()) + "\"," + label),
          cause.value().to_number<double>())
          << cause.key();
    }
  }
}

TEST_F(ServiceStatusPrometheus, HasTheBreakersOfTheJson) {
  const boost::json::value& breaker = json_.at("tiers").at(1).at("breakers").at("0");
  EXPECT_EQ(sample("tier_breaker_state", R"(breaker="0",state="open",tier="redis")"), 1);
  for (const std::string state : {"closed", "open", "half-open"}) {
    const std::string labels = R"(breaker="0",state=")" + state + R"(",tier="redis")";
    EXPECT_EQ(sample("tier_breaker_changes_total", labels),
              breaker.at("entered").at(state).to_number<double>());
    EXPECT_EQ(sample("tier_breaker_state_seconds_total", labels),
              breaker.at("seconds").at(state).to_number<double>());
  }
}

TEST_F(ServiceStatusPrometheus, HasTheRecoveryOfTheJson) {
  const auto number = [this](const char* name) {
    return json_.at("tiers").at(1).at("recovery").at(name).to_number<double>();
  };
  const std::string tier = R"(tier="redis")";
  EXPECT_EQ(sample("tier_recovery_waiting", tier), number("waiting"));
  EXPECT_EQ(sample("tier_recovery_waiting_bytes", tier), number("waiting_bytes"));
  EXPECT_EQ(sample("tier_recovery_erasures_waiting", tier), number("erasures_waiting"));
  EXPECT_EQ(sample("tier_recovery_erasures_total", tier), number("erasures_replayed"));
  EXPECT_EQ(sample("tier_recovery_epochs_raised_total", tier), number("epochs_raised"));
  for (const std::string result : {"replayed", "dropped", "expired"}) {
    EXPECT_EQ(sample("tier_recovery_total", R"(result=")" + result + "\"," + tier),
              number(result.c_str()));
  }
}

TEST_F(ServiceStatusPrometheus, TellsOfLeases) {
  EXPECT_EQ(sample("generation_leases_total", R"(result="taken")"), 261);
  EXPECT_EQ(sample("generation_lease_waits_total"), 262);
  EXPECT_EQ(sample("generation_leases_total", R"(result="answered")"), 263);
  EXPECT_EQ(sample("generation_leases_total", R"(result="timeout")"), 264);
  EXPECT_EQ(sample("generation_leases_total", R"(result="unavailable")"), 265);
  EXPECT_EQ(sample("generation_leases_lost_total"), 266);
}

TEST_F(ServiceStatusPrometheus, TellsOfTracking) {
  EXPECT_EQ(sample("tier_tracking_up", R"(tier="redis")"), 1);
  EXPECT_EQ(sample("tier_tracking_changes_total", R"(tier="redis")"), 251);
  EXPECT_EQ(sample("tier_tracking_flushes_total", R"(tier="redis")"), 252);
  EXPECT_EQ(sample("tier_tracking_losses_total", R"(tier="redis")"), 253);
}

TEST_F(ServiceStatusPrometheus, TellsOfLateAnswersDamagedValuesAndABadPolicy) {
  EXPECT_EQ(sample("tier_late_total", R"(tier="redis",what="find")"), 241);
  EXPECT_EQ(sample("tier_late_total", R"(tier="redis",what="hit")"), 242);
  EXPECT_EQ(sample("tier_late_total", R"(tier="redis",what="insert")"), 243);
  EXPECT_EQ(sample("tier_corruptions_total", R"(kind="foreign",tier="redis")"), 221);
  EXPECT_EQ(sample("tier_server_memory_warning", R"(policy="noeviction",tier="redis")"), 1);
}

TEST_F(ServiceStatusPrometheus, KeepsTheSumsOfTheContract) {
  for (const std::string label : {"tier=\"disk\"", "tier=\"redis\""}) {
    double removals = 0;
    for (const char* reason : {"capacity", "expired", "invalidated", "replaced", "corrupt"})
      removals += sample("tier_removals_total", "reason=\"" + std::string(reason) + "\"," + label);
    EXPECT_EQ(sample("tier_insertions_total", label) - removals, sample("tier_items", label));
  }
}

TEST_F(ServiceStatusPrometheus, ShowsABoundOnlyWhereThereIsOne) {
  EXPECT_EQ(sample("tier_max_size_bytes", "tier=\"disk\""), 1'000'000);
  EXPECT_THROW(sample("tier_max_size_bytes", "tier=\"redis\""), std::out_of_range);
}

TEST_F(ServiceStatusPrometheus, ShowsTheBreakerAndTheLatencyOfARemoteTier) {
  EXPECT_EQ(sample("tier_breaker_open", "tier=\"redis\""), 1);
  EXPECT_EQ(sample("tier_latency_seconds", "quantile=\"0.5\",tier=\"redis\""), 0.00025);
  EXPECT_EQ(sample("tier_latency_seconds", "quantile=\"0.99\",tier=\"redis\""), 0.0015);
  EXPECT_THROW(sample("tier_latency_seconds", "quantile=\"0.5\",tier=\"disk\""), std::out_of_range);
}

TEST_F(ServiceStatusPrometheus, HasWhatOnlyADiskTierHas) {
  const std::string label = "tier=\"disk\"";
  const boost::json::value& disk = json_.at("tiers").at(0);

  EXPECT_EQ(sample("tier_breaker_open", label), 0);
  EXPECT_EQ(sample("tier_write_breaker_open", label), 1);
  EXPECT_EQ(sample("tier_queue_entries", label), disk.at("queue").at("entries").as_int64());
  EXPECT_EQ(sample("tier_queue_size_bytes", label), disk.at("queue").at("size_bytes").as_int64());
  EXPECT_EQ(sample("tier_queue_dropped_total", label), disk.at("queue").at("dropped").as_int64());
  EXPECT_EQ(sample("tier_rewritten_total", label), disk.at("rewritten").as_int64());
  EXPECT_EQ(sample("tier_segments", label), disk.at("segments").as_int64());
  EXPECT_EQ(sample("tier_index_bytes", label), disk.at("index_bytes").as_int64());
  EXPECT_EQ(disk.at("corruptions").as_object().size(), 6U);
  for (const auto& kind : disk.at("corruptions").as_object()) {
    EXPECT_EQ(sample("tier_corruptions_total", "kind=\"" + std::string(kind.key()) + "\"," + label),
              kind.value().as_int64())
        << kind.key();
  }
  EXPECT_THROW(sample("tier_segments", "tier=\"redis\""), std::out_of_range);
}

TEST_F(ServiceStatusPrometheus, ShowsAClosedBreakerAsZero) {
  ServiceStatus status = sample_status();
  status.cache.tiers[1].remote->state = "closed";

  EXPECT_EQ(scrape(to_prometheus(status))
                .samples.at("refrain_tier_breaker_open{service=\"sticker\",tier=\"redis\"}"),
            0);
}

TEST_F(ServiceStatusPrometheus, EscapesItsLabels) {
  ServiceStatus status;
  status.service = "a\"b\\c\nd";

  const std::string text = to_prometheus(status);

  EXPECT_NE(text.find(R"(refrain_uptime_seconds{service="a\"b\\c\nd"} 0)"), std::string::npos)
      << text;
}

TEST_F(ServiceStatusPrometheus, KeepsLargeNumbersExact) {
  ServiceStatus status = sample_status();
  status.cache.tiers[0].size_bytes = 1'234'567'890'123;

  EXPECT_EQ(scrape(to_prometheus(status))
                .samples.at("refrain_tier_size_bytes{service=\"sticker\",tier=\"disk\"}"),
            1'234'567'890'123.0);
}

TEST(ServiceStatusPrometheusOfMemory, TellsWhatOtherSizesWouldDo) {
  ServiceStatus status;
  status.service = "text";
  status.cache.tiers = {sample_memory_tier()};

  const std::map<std::string, double> samples = scrape(to_prometheus(status)).samples;

  const auto of = [&samples](const std::string& name, const std::string& labels) {
    return samples.at("refrain_tier_" + name + R"({service="text",)" + labels +
                      R"(tier="memory"})");
  };
  EXPECT_EQ(of("overhead_bytes", ""), 94);
  EXPECT_EQ(of("policy", R"(policy="tinylfu",)"), 1);
  EXPECT_EQ(of("forecast_hit_ratio", R"(scale="0.5",)"), 0.25);
  EXPECT_EQ(of("forecast_hit_ratio", R"(scale="2",)"), 0.75);
  EXPECT_EQ(of("forecast_seconds_saved", R"(scale="1",)"), 96.5);
}

}  // namespace
}  // namespace refrain::testing
