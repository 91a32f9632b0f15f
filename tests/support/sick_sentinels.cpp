#include "support/sick_sentinels.h"

#include "support/redis_addresses.h"

#include <stdexcept>

namespace refrain::testing {

std::vector<std::string> SickSentinels::arguments() const {
  return {"--redis-mode",
          "sentinel",
          "--redis-master",
          RedisSentinels::kMasterName,
          "--redis-nodes",
          list_of(sentinels_.addresses())};
}

bool SickSentinels::is_demoted() const {
  // Who makes it a replica closes the connections of its clients, and so ours.
  try {
    return master_->command({"ROLE"}).elements().front().text() == "slave";
  } catch (const std::runtime_error&) {
    return false;
  }
}

void SickSentinels::kill_sentinels(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    sentinels_.sentinel(i).kill();
}

void SickSentinels::start_sentinels() {
  sentinels_.heal();
}

void SickSentinels::fail_over() {
  const RespValue reply =
      sentinels_.sentinel(0).command({"SENTINEL", "FAILOVER", RedisSentinels::kMasterName});
  if (reply.is_error()) throw std::runtime_error("no failover: " + reply.text());
}

}  // namespace refrain::testing
