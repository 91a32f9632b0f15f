#include "refrain/app/option_groups.h"
#include "refrain/app/option_kinds.h"
#include "refrain/redis/redis_cache.h"

namespace refrain::app {
namespace {

void add_redis(std::vector<Option>& all) {
  all.push_back(on_off(
      {"redis", "REFRAIN_REDIS", "redis.enabled", "", "Redis as the text service's primary cache."},
      REFRAIN_MEMBER(has_redis)));
  all.push_back(text({"redis-host", "REDIS_HOST", "redis.host", "", "Where Redis is."},
                     REFRAIN_MEMBER(redis_host)));
  all.push_back(number({"redis-port", "REDIS_PORT", "redis.port", "", "Redis's port."},
                       REFRAIN_MEMBER(redis_port),
                       {1, 65535}));
  all.push_back(number({"redis-ttl",
                        "REDIS_TTL",
                        "redis.ttl",
                        "seconds",
                        "Longest life of an entry in Redis, and how long a prediction is fresh."},
                       REFRAIN_MEMBER(redis_ttl),
                       {1, RedisCache::kMaxTtl.count()}));
  all.push_back(text(
      {"redis-url",
       "REDIS_URL",
       "redis.url",
       "",
       "redis://, rediss:// or unix:// with user, password and database; wins over host and port."},
      REFRAIN_MEMBER(redis_url)));
  all.push_back(text({"redis-mode",
                      "REFRAIN_REDIS_MODE",
                      "redis.mode",
                      "",
                      "One server; one at a time, which sentinels name; or a Redis Cluster."},
                     REFRAIN_MEMBER(redis_mode),
                     {"standalone", "sentinel", "cluster"}));
  all.push_back(
      number({"redis-protocol",
              "REFRAIN_REDIS_PROTOCOL",
              "redis.protocol",
              "",
              "Version of Redis's protocol to ask for; 2 if something between closes on HELLO."},
             REFRAIN_MEMBER(redis_protocol),
             {2, 3}));
}

void add_redis_times(std::vector<Option>& all) {
  all.push_back(
      number({"redis-budget",
              "REFRAIN_REDIS_BUDGET",
              "redis.budget",
              "milliseconds",
              "The longest that Redis may take to reply; beyond it the connection is lost."},
             REFRAIN_MEMBER(redis_budget),
             {1, 60'000}));
  all.push_back(number(
      {"redis-soft-budget",
       "REFRAIN_REDIS_SOFT_BUDGET",
       "redis.soft_budget",
       "milliseconds",
       "The longest that a request waits for Redis. 0: 20 if memory may have the answer, else 50."},
      REFRAIN_MEMBER(redis_soft_budget),
      {0, 60'000}));
  all.push_back(number({"redis-connect-budget",
                        "REFRAIN_REDIS_CONNECT_BUDGET",
                        "redis.connect_budget",
                        "milliseconds",
                        "The longest that connecting, in the background, takes."},
                       REFRAIN_MEMBER(redis_connect_budget),
                       {1, 60'000}));
  all.push_back(number({"redis-lease-after",
                        "REFRAIN_REDIS_LEASE_AFTER",
                        "redis.lease_after",
                        "milliseconds",
                        "Generations that take this long run on one instance at a time; 0: never."},
                       REFRAIN_MEMBER(redis_lease_after),
                       {0, 3'600'000}));
}

void add_redis_servers(std::vector<Option>& all) {
  all.push_back(text({"redis-nodes",
                      "REFRAIN_REDIS_NODES",
                      "redis.nodes",
                      "",
                      "All sentinels, or some nodes of the cluster: host:port,host:port."},
                     REFRAIN_MEMBER(redis_nodes)));
  all.push_back(text({"redis-master",
                      "REFRAIN_REDIS_MASTER",
                      "redis.master",
                      "",
                      "The name under which the sentinels know the master."},
                     REFRAIN_MEMBER(redis_master)));
  all.push_back(text({"redis-sentinel-user",
                      "REFRAIN_REDIS_SENTINEL_USER",
                      "redis.sentinel_user",
                      "",
                      "User to log in to the sentinels with; empty: their default user."},
                     REFRAIN_MEMBER(redis_sentinel_user)));
  all.push_back(text({"redis-sentinel-password",
                      "REFRAIN_REDIS_SENTINEL_PASSWORD",
                      "redis.sentinel_password",
                      "",
                      "Password of the sentinels; empty: they want none."},
                     REFRAIN_MEMBER(redis_sentinel_password)));
  all.push_back(on_off(
      {"redis-replica-reads",
       "REFRAIN_REDIS_REPLICA_READS",
       "redis.replica_reads",
       "",
       "Entries are read from a cluster's replicas, which may be behind; not in the order near."},
      REFRAIN_MEMBER(has_redis_replica_reads)));
}

void add_redis_tls(std::vector<Option>& all) {
  all.push_back(
      text({"redis-tls-ca",
            "REFRAIN_REDIS_TLS_CA",
            "redis.tls_ca",
            "",
            "File or directory of trusted certificates for rediss://; empty: the system's."},
           REFRAIN_MEMBER(redis_tls_ca)));
  all.push_back(text({"redis-tls-cert",
                      "REFRAIN_REDIS_TLS_CERT",
                      "redis.tls_cert",
                      "",
                      "File of our certificate, PEM, for a Redis that wants one."},
                     REFRAIN_MEMBER(redis_tls_certificate)));
  all.push_back(text({"redis-tls-key",
                      "REFRAIN_REDIS_TLS_KEY",
                      "redis.tls_key",
                      "",
                      "File of that certificate's key, PEM, without a passphrase."},
                     REFRAIN_MEMBER(redis_tls_key)));
  all.push_back(text({"redis-tls-server-name",
                      "REFRAIN_REDIS_TLS_SERVER_NAME",
                      "redis.tls_server_name",
                      "",
                      "Whom Redis's certificate must be for; empty: the host of the URL."},
                     REFRAIN_MEMBER(redis_tls_server_name)));
  all.push_back(on_off({"redis-tls-verify",
                        "REFRAIN_REDIS_TLS_VERIFY",
                        "redis.tls_verify",
                        "",
                        "Verify Redis's certificate; off only for tests."},
                       REFRAIN_MEMBER(redis_tls_verifies)));
}

}  // namespace

void add_redis_options(std::vector<Option>& all) {
  add_redis(all);
  add_redis_times(all);
  add_redis_servers(all);
  add_redis_tls(all);
}

}  // namespace refrain::app
