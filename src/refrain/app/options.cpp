#include "refrain/app/option.h"
#include "refrain/app/option_values.h"
#include "refrain/memory/policy/policy_kind.h"

#include <algorithm>
#include <concepts>
#include <limits>
#include <type_traits>
#include <utility>

namespace refrain::app {
namespace {

constexpr std::int64_t kAnyCount = 1'000'000'000'000;
// A thousand years: nothing overflows, and nobody waits for it.
constexpr std::int64_t kAnySeconds = 31'536'000'000;
// The store's own files and one sticker of some size.
constexpr std::int64_t kSmallestDisk = 65'536;

/// What names an option; the rest of its definition is how it is read.
struct Names {
  const char* flag;
  const char* environment;
  const char* toml;
  const char* unit;
  const char* help;
};

Option named(const Names& names) {
  Option option;
  option.flag = names.flag;
  option.environment = names.environment;
  option.toml = names.toml;
  option.unit = names.unit;
  option.help = names.help;
  return option;
}

struct Range {
  std::int64_t smallest;
  std::int64_t largest;
};

/// A number or a duration: `member` leads to it from the settings.
template <class Member>
Option number(const Names& names, Member member, Range range) {
  Option option = named(names);
  option.read = [member, range](Settings& settings, std::string_view text) -> Result<void> {
    const Result<std::int64_t> value = read_integer(text, range.smallest, range.largest);
    if (!value) return fail(value.error());
    auto& target = member(settings);
    using Target = std::remove_reference_t<decltype(target)>;
    if constexpr (std::integral<Target>) {
      target = static_cast<Target>(*value);
    } else {
      target = Target(*value);
    }
    return {};
  };
  option.show = [member](const Settings& settings) {
    Settings copy = settings;
    const auto& value = member(copy);
    if constexpr (std::integral<std::remove_cvref_t<decltype(value)>>) {
      return std::to_string(value);
    } else {
      return std::to_string(value.count());
    }
  };
  return option;
}

template <class Member>
Option bytes(const Names& names,
             Member member,
             Range range = {0, std::numeric_limits<std::int64_t>::max()}) {
  Option option = number(names, member, range);
  option.read = [member, range](Settings& settings, std::string_view text) -> Result<void> {
    const Result<std::int64_t> value = read_bytes(text);
    if (!value) return fail(value.error());
    if (*value < range.smallest || *value > range.largest) {
      return fail(ErrorCode::kInvalidArgument,
                  "must be from " + std::to_string(range.smallest) + " to " +
                      std::to_string(range.largest) + " bytes");
    }
    auto& target = member(settings);
    target = static_cast<std::remove_reference_t<decltype(target)>>(*value);
    return {};
  };
  return option;
}

/// Bytes of something that 0 switches off, and that is of no use below `smallest`.
template <class Member>
Option bytes_or_none(const Names& names, Member member, std::int64_t smallest) {
  Option option = bytes(names, member);
  option.read = [read = option.read, member, smallest](Settings& settings,
                                                       std::string_view text) -> Result<void> {
    Settings wanted = settings;
    Result<void> done = read(wanted, text);
    if (!done) return done;
    const std::int64_t value = member(wanted);
    if (value != 0 && value < smallest) {
      return fail(ErrorCode::kInvalidArgument,
                  "must be 0 (off) or at least " + std::to_string(smallest) + " bytes");
    }
    settings = std::move(wanted);
    return {};
  };
  return option;
}

template <class Member>
Option on_off(const Names& names, Member member) {
  Option option = named(names);
  option.is_switch = true;
  option.read = [member](Settings& settings, std::string_view text) -> Result<void> {
    const Result<bool> value = read_switch(text);
    if (!value) return fail(value.error());
    member(settings) = *value;
    return {};
  };
  option.show = [member](const Settings& settings) {
    Settings copy = settings;
    return member(copy) ? std::string("on") : std::string("off");
  };
  return option;
}

template <class Member>
Option text(const Names& names, Member member, const std::vector<std::string>& allowed = {}) {
  Option option = named(names);
  option.read = [member, allowed](Settings& settings, std::string_view value) -> Result<void> {
    if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
      std::string list;
      for (const std::string& word : allowed)
        list += (list.empty() ? "" : ", ") + word;
      return fail(ErrorCode::kInvalidArgument, "must be one of " + list);
    }
    member(settings) = std::string(value);
    return {};
  };
  option.show = [member](const Settings& settings) {
    Settings copy = settings;
    const auto& value = member(copy);
    if constexpr (std::same_as<std::remove_cvref_t<decltype(value)>, std::string>) {
      return value;
    } else {
      return value.string();
    }
  };
  return option;
}

// NOLINTBEGIN(bugprone-macro-parentheses): a member's name cannot stand in parentheses
#define REFRAIN_MEMBER(path)        \
  [](Settings& settings) -> auto& { \
    return settings.path;           \
  }
// NOLINTEND(bugprone-macro-parentheses)

void add_server(std::vector<Option>& all) {
  all.push_back(text({"host", "REFRAIN_HOST", "server.host", "", "Address to listen on."},
                     REFRAIN_MEMBER(host)));
  all.push_back(number({"text-port",
                        "REFRAIN_TEXT_PORT",
                        "server.text_port",
                        "",
                        "Port of the text prediction service; 0 picks a free one."},
                       REFRAIN_MEMBER(text_port),
                       {0, 65535}));
  all.push_back(number({"sticker-port",
                        "REFRAIN_STICKER_PORT",
                        "server.sticker_port",
                        "",
                        "Port of the sticker service; 0 picks a free one."},
                       REFRAIN_MEMBER(sticker_port),
                       {0, 65535}));
  all.push_back(number(
      {"threads", "REFRAIN_THREADS", "server.threads", "", "Event loops; 0: one for each core."},
      REFRAIN_MEMBER(threads),
      {0, 1024}));
  all.push_back(number({"generator-threads",
                        "REFRAIN_GENERATOR_THREADS",
                        "server.generator_threads",
                        "",
                        "Threads for generating; 0: one for each core."},
                       REFRAIN_MEMBER(generator_threads),
                       {0, 1024}));
}

void add_limits(std::vector<Option>& all) {
  all.push_back(number({"max-connections",
                        "REFRAIN_MAX_CONNECTIONS",
                        "server.max_connections",
                        "",
                        "Open connections of one service; more get 503."},
                       REFRAIN_MEMBER(limits.max_connections),
                       {1, 1'000'000}));
  all.push_back(bytes({"max-header-bytes",
                       "REFRAIN_MAX_HEADER_BYTES",
                       "server.max_header_bytes",
                       "bytes",
                       "Longest request head; longer ones get 431."},
                      REFRAIN_MEMBER(limits.max_header_bytes),
                      {512, 1 << 20U}));
  all.push_back(bytes({"max-body-bytes",
                       "REFRAIN_MAX_BODY_BYTES",
                       "server.max_body_bytes",
                       "bytes",
                       "Longest request body; longer ones get 413."},
                      REFRAIN_MEMBER(limits.max_body_bytes),
                      {1, 1 << 30U}));
}

void add_timeouts(std::vector<Option>& all) {
  all.push_back(number({"idle-timeout",
                        "REFRAIN_IDLE_TIMEOUT",
                        "server.idle_timeout",
                        "seconds",
                        "Time between the requests of a connection."},
                       REFRAIN_MEMBER(limits.idle_timeout),
                       {1, 86400}));
  all.push_back(number({"header-timeout",
                        "REFRAIN_HEADER_TIMEOUT",
                        "server.header_timeout",
                        "seconds",
                        "Time for a request's head to arrive; then 408."},
                       REFRAIN_MEMBER(limits.header_timeout),
                       {1, 86400}));
  all.push_back(number({"body-timeout",
                        "REFRAIN_BODY_TIMEOUT",
                        "server.body_timeout",
                        "seconds",
                        "Time for a request's body to arrive; then 408."},
                       REFRAIN_MEMBER(limits.body_timeout),
                       {1, 86400}));
  all.push_back(number({"drain-time",
                        "REFRAIN_DRAIN_TIME",
                        "server.drain_time",
                        "seconds",
                        "Time for requests under way to end at SIGTERM."},
                       REFRAIN_MEMBER(drain_time),
                       {0, 3600}));
}

void add_identities(std::vector<Option>& all) {
  all.push_back(text({"tenant-header",
                      "REFRAIN_TENANT_HEADER",
                      "server.tenant_header",
                      "",
                      "Request field that names the tenant; empty: one tenant."},
                     REFRAIN_MEMBER(tenant_header)));
  all.push_back(text({"admin-token",
                      "REFRAIN_ADMIN_TOKEN",
                      "server.admin_token",
                      "",
                      "Bearer token of the admin routes; empty: they answer on loopback only."},
                     REFRAIN_MEMBER(admin_token)));
}

void add_generation(std::vector<Option>& all) {
  all.push_back(number({"max-generations",
                        "REFRAIN_MAX_GENERATIONS",
                        "generation.max",
                        "",
                        "Generations at once in one service; more get 503."},
                       REFRAIN_MEMBER(max_generations),
                       {1, 1'000'000}));
  all.push_back(number({"generation-limit",
                        "REFRAIN_GENERATION_LIMIT",
                        "generation.limit",
                        "seconds",
                        "How long a request waits for a generation; then 504."},
                       REFRAIN_MEMBER(generation_limit),
                       {1, 86400}));
  all.push_back(bytes({"max-entry-bytes",
                       "REFRAIN_MAX_ENTRY_BYTES",
                       "generation.max_entry_bytes",
                       "bytes",
                       "Larger answers are given and not stored."},
                      REFRAIN_MEMBER(max_entry_bytes)));
  all.push_back(
      number({"stale-time",
              "REFRAIN_STALE_TIME",
              "generation.stale_time",
              "seconds",
              "How long an expired entry may still answer while a refresh runs or fails."},
             REFRAIN_MEMBER(stale_time),
             {0, kAnySeconds}));
  all.push_back(number({"cleanup-interval",
                        "REFRAIN_CLEANUP_INTERVAL",
                        "generation.cleanup_interval",
                        "milliseconds",
                        "Time between two steps of cleaning."},
                       REFRAIN_MEMBER(cleanup_interval),
                       {1, 3'600'000}));
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
  all.push_back(on_off({"redis-replica-reads",
                        "REFRAIN_REDIS_REPLICA_READS",
                        "redis.replica_reads",
                        "",
                        "Entries are read from a cluster's replicas, which may be a little behind; "
                        "not in the order near."},
                       REFRAIN_MEMBER(has_redis_replica_reads)));
}

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
                       {1, kAnySeconds}));
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

std::vector<std::string> all_policies() {
  std::vector<std::string> names;
  names.reserve(kPolicyKinds.size());
  for (const PolicyKind kind : kPolicyKinds)
    names.emplace_back(name_of(kind));
  return names;
}

void add_text_tiers(std::vector<Option>& all) {
  all.push_back(
      text({"text-order",
            "REFRAIN_TEXT_ORDER",
            "text.order",
            "",
            "redis: memory when Redis is away; near: memory first, while Redis tells of changes."},
           REFRAIN_MEMBER(text_order),
           {"redis", "near"}));
  all.push_back(number({"text-memory-items",
                        "REFRAIN_TEXT_MEMORY_ITEMS",
                        "text.memory_items",
                        "",
                        "Predictions kept in memory; 0 switches the tier off."},
                       REFRAIN_MEMBER(text_memory_items),
                       {0, std::int64_t{1} << 31U}));
  all.push_back(bytes({"text-memory-bytes",
                       "REFRAIN_TEXT_MEMORY_BYTES",
                       "text.memory_bytes",
                       "bytes",
                       "Memory for predictions; 0 switches the tier off."},
                      REFRAIN_MEMBER(text_memory_bytes)));
  all.push_back(number({"text-memory-ttl",
                        "REFRAIN_TEXT_MEMORY_TTL",
                        "text.memory_ttl",
                        "seconds",
                        "Life of a prediction in memory."},
                       REFRAIN_MEMBER(text_memory_ttl),
                       {1, kAnySeconds}));
  all.push_back(text({"text-memory-policy",
                      "REFRAIN_TEXT_MEMORY_POLICY",
                      "text.memory_policy",
                      "",
                      "What full memory gives up first: lru, s3fifo, tinylfu, cost or adaptive."},
                     REFRAIN_MEMBER(text_memory_policy),
                     all_policies()));
}

void add_sticker_tiers(std::vector<Option>& all) {
  all.push_back(number({"sticker-memory-items",
                        "REFRAIN_STICKER_MEMORY_ITEMS",
                        "sticker.memory_items",
                        "",
                        "Stickers kept in memory; 0 switches the tier off."},
                       REFRAIN_MEMBER(sticker_memory_items),
                       {0, std::int64_t{1} << 31U}));
  all.push_back(bytes({"sticker-memory-bytes",
                       "REFRAIN_STICKER_MEMORY_BYTES",
                       "sticker.memory_bytes",
                       "bytes",
                       "Memory for stickers; 0 switches the tier off."},
                      REFRAIN_MEMBER(sticker_memory_bytes)));
  all.push_back(number({"sticker-memory-ttl",
                        "REFRAIN_STICKER_MEMORY_TTL",
                        "sticker.memory_ttl",
                        "seconds",
                        "Life of a sticker in memory."},
                       REFRAIN_MEMBER(sticker_memory_ttl),
                       {1, kAnySeconds}));
  all.push_back(text({"sticker-memory-policy",
                      "REFRAIN_STICKER_MEMORY_POLICY",
                      "sticker.memory_policy",
                      "",
                      "What full memory gives up first: lru, s3fifo, tinylfu, cost or adaptive."},
                     REFRAIN_MEMBER(sticker_memory_policy),
                     all_policies()));
  all.push_back(on_off({"sticker-redis",
                        "REFRAIN_STICKER_REDIS",
                        "sticker.redis",
                        "",
                        "Redis as the sticker service's third tier."},
                       REFRAIN_MEMBER(has_sticker_redis)));
}

void add_disk(std::vector<Option>& all) {
  all.push_back(
      on_off({"disk", "REFRAIN_DISK", "disk.enabled", "", "The sticker service's disk cache."},
             REFRAIN_MEMBER(has_disk)));
  all.push_back(text({"disk-dir",
                      "REFRAIN_DISK_DIR",
                      "disk.directory",
                      "",
                      "The disk cache's directory; made if it is missing."},
                     REFRAIN_MEMBER(disk_directory)));
  all.push_back(bytes_or_none({"disk-bytes",
                               "REFRAIN_DISK_BYTES",
                               "disk.bytes",
                               "bytes",
                               "Disk space for stickers, all files in whole blocks; 0 switches the "
                               "tier off."},
                              REFRAIN_MEMBER(disk_bytes),
                              kSmallestDisk));
  all.push_back(number({"disk-ttl",
                        "REFRAIN_DISK_TTL",
                        "disk.ttl",
                        "seconds",
                        "Life of a sticker on disk, and how long it is fresh."},
                       REFRAIN_MEMBER(disk_ttl),
                       {1, kAnySeconds}));
  all.push_back(
      text({"disk-durability",
            "REFRAIN_DISK_DURABILITY",
            "disk.durability",
            "",
            "What is certain to outlive a loss of power. none: what the system has written "
            "out by then;\n"
            "interval: what was written before the last cleanup-interval; always: all that "
            "was written."},
           REFRAIN_MEMBER(disk_durability),
           {"none", "interval", "always"}));
}

void add_disk_traffic(std::vector<Option>& all) {
  all.push_back(
      text({"disk-transfer",
            "REFRAIN_DISK_TRANSFER",
            "disk.transfer",
            "",
            "sendfile: a body goes from its file straight to the socket once it was found "
            "good;\n"
            "copy: by way of memory, checked each time."},
           REFRAIN_MEMBER(disk_transfer),
           {"sendfile", "copy"}));
  all.push_back(bytes({"disk-free-floor",
                       "REFRAIN_DISK_FREE_FLOOR",
                       "disk.free_floor",
                       "bytes",
                       "Room left on the file system: below it the oldest stickers go."},
                      REFRAIN_MEMBER(disk_free_floor)));
  all.push_back(number({"disk-threads",
                        "REFRAIN_DISK_THREADS",
                        "disk.threads",
                        "",
                        "Threads that wait for the disk; more: more reads at once."},
                       REFRAIN_MEMBER(disk_threads),
                       {1, 1024}));
  all.push_back(number({"disk-read-budget",
                        "REFRAIN_DISK_READ_BUDGET",
                        "disk.read_budget",
                        "milliseconds",
                        "The longest that a request waits for the disk."},
                       REFRAIN_MEMBER(disk_read_budget),
                       {1, 60'000}));
  all.push_back(bytes({"disk-queue-bytes",
                       "REFRAIN_DISK_QUEUE_BYTES",
                       "disk.queue_bytes",
                       "bytes",
                       "Stickers that wait to be written; more are not kept on disk."},
                      REFRAIN_MEMBER(disk_queue_bytes),
                      {kSmallestDisk, std::int64_t{1} << 40U}));
}

void add_models(std::vector<Option>& all) {
  all.push_back(text({"text-model",
                      "REFRAIN_TEXT_MODEL",
                      "text.model",
                      "",
                      "File of the n-gram model; empty: Debian's pocketsphinx-en-us."},
                     REFRAIN_MEMBER(text_model)));
  all.push_back(on_off({"slow-text",
                        "REFRAIN_SLOW_TEXT",
                        "text.slow",
                        "",
                        "Predict as slowly as the mission's model: 0.7 to 0.9 s."},
                       REFRAIN_MEMBER(is_text_slow)));
  all.push_back(number({"max-text-characters",
                        "REFRAIN_MAX_TEXT_CHARACTERS",
                        "text.max_characters",
                        "",
                        "Longest text; longer ones get 422."},
                       REFRAIN_MEMBER(max_text_characters),
                       {1, kAnyCount}));
  all.push_back(number({"max-prompt-characters",
                        "REFRAIN_MAX_PROMPT_CHARACTERS",
                        "sticker.max_characters",
                        "",
                        "Longest prompt; longer ones get 422."},
                       REFRAIN_MEMBER(max_prompt_characters),
                       {1, kAnyCount}));
  Option delay = named({"mock-delay",
                        "REFRAIN_MOCK_DELAY",
                        "sticker.mock_delay",
                        "seconds",
                        "How long the mock generator pretends to work: 1-3, 0.5, 0 for none."});
  delay.read = [](Settings& settings, std::string_view value) -> Result<void> {
    const Result<DelayRange> range = read_delay(value);
    if (!range) return fail(range.error());
    settings.mock_delay = *range;
    return {};
  };
  delay.show = [](const Settings& settings) {
    return show_delay(settings.mock_delay);
  };
  all.push_back(std::move(delay));
}

void add_logging(std::vector<Option>& all) {
  all.push_back(text(
      {"log-level", "REFRAIN_LOG_LEVEL", "log.level", "", "debug, info, warning, error or off."},
      REFRAIN_MEMBER(log_level),
      {"debug", "info", "warning", "error", "off"}));
  all.push_back(text({"log-format",
                      "REFRAIN_LOG_FORMAT",
                      "log.format",
                      "",
                      "text, or json for one object a line."},
                     REFRAIN_MEMBER(log_format),
                     {"text", "json"}));
}

}  // namespace

const std::vector<Option>& all_options() {
  static const std::vector<Option> kOptions = [] {
    std::vector<Option> all;
    add_server(all);
    add_limits(all);
    add_timeouts(all);
    add_identities(all);
    add_generation(all);
    add_redis(all);
    add_redis_times(all);
    add_redis_servers(all);
    add_redis_tls(all);
    add_text_tiers(all);
    add_sticker_tiers(all);
    add_disk(all);
    add_disk_traffic(all);
    add_models(all);
    add_logging(all);
    return all;
  }();
  return kOptions;
}

}  // namespace refrain::app
