#include "refrain/app/option.h"
#include "refrain/app/option_groups.h"
#include "refrain/app/option_kinds.h"

namespace refrain::app {
namespace {

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
    add_redis_options(all);
    add_tier_options(all);
    add_models(all);
    add_logging(all);
    return all;
  }();
  return kOptions;
}

}  // namespace refrain::app
