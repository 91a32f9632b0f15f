#include "support/sick_server.h"

#include "support/wait_until.h"

#include <cstdint>
#include <stdexcept>

namespace refrain::testing {

namespace {

// Of one key: what the server pauses after it while it loads.
constexpr std::chrono::microseconds kLoadDelay{200};

std::vector<std::string> server_arguments() {
  return {// The Unix socket is enough, and nobody can take it while the server is down.
          "--port",
          "0",
          "--enable-debug-command",
          "yes",
          "--key-load-delay",
          std::to_string(kLoadDelay.count()),
          // It answers between two keys, and not only every 2 MiB.
          "--loading-process-events-interval-bytes",
          "1024",
          // So that it counts how often a key is asked for.
          "--maxmemory-policy",
          "allkeys-lfu",
          "--user",
          "refrain",
          "on",
          ">secret",
          "~*",
          "&*",
          "+@all"};
}

}  // namespace

SickServer::SickServer() : server_(server_arguments()), proxy_(server_.unix_endpoint()) {}

SickServer::~SickServer() {
  if (reloading_.joinable()) reloading_.join();
}

std::vector<std::string> SickServer::arguments() const {
  return {"--redis-url", "redis://refrain:secret@127.0.0.1:" + std::to_string(proxy_.port())};
}

void SickServer::fill(std::chrono::milliseconds span) {
  server_.command({"DEBUG", "POPULATE", std::to_string(span / kLoadDelay), "foreign", "100"});
}

void SickServer::reload(std::chrono::milliseconds span) {
  wait_until_loaded();
  fill(span);
  reloading_ = std::thread([this] { server_.command({"DEBUG", "RELOAD"}); });
}

void SickServer::crash_and_load(std::chrono::milliseconds span) {
  fill(span);
  server_.command({"SAVE"});
  server_.kill();
  server_.start();
}

void SickServer::wait_until_loaded() {
  if (reloading_.joinable()) reloading_.join();
  wait_until("the server has loaded", [this] { return !server_.command({"PING"}).is_error(); });
}

void SickServer::bloat_hottest_value() {
  std::string hottest;
  std::int64_t highest = -1;
  const RespValue keys = server_.command({"KEYS", "refrain:*:text:1:*"});
  for (const RespValue& key : keys.elements()) {
    const RespValue frequency = server_.command({"OBJECT", "FREQ", key.text()});
    if (frequency.type() != RespType::kInteger || frequency.integer() <= highest) continue;
    highest = frequency.integer();
    hottest = key.text();
  }
  if (hottest.empty()) throw std::runtime_error("the service has put nothing into Redis");
  constexpr std::uint64_t kLargest = std::uint64_t{512} << 20U;
  // At once, or the service would replace what is not finished.
  const std::string script =
      "redis.call('SETRANGE', KEYS[1], 0, 'foreign') "
      "return redis.call('SETRANGE', KEYS[1], ARGV[1], 'x')";
  const RespValue size =
      server_.command({"EVAL", script, "1", hottest, std::to_string(kLargest - 1)});
  if (size.is_error()) throw std::runtime_error("no room for a large value: " + size.text());
  bloated_ = hottest;
}

void SickServer::wait_until_slim() {
  constexpr std::int64_t kSlim = 1'000'000;
  wait_until("somebody has replaced the large value",
             [this] { return server_.command({"STRLEN", bloated_}).integer() <= kSlim; });
}

}  // namespace refrain::testing
