#include "refrain/app/serve_command.h"

#include "refrain/app/cache_stack.h"
#include "refrain/app/event_loops.h"
#include "refrain/app/service_host.h"
#include "refrain/app/spdlog_log.h"
#include "refrain/app/start_error.h"
#include "refrain/app/terminal.h"
#include "refrain/core/clock.h"

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <csignal>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace refrain::app {
namespace {

using Hosts = std::vector<std::unique_ptr<ServiceHost>>;

// How often draining looks whether it is done.
constexpr std::chrono::milliseconds kDrainStep{20};

std::size_t thread_count(std::size_t configured) {
  return configured != 0 ? configured : std::max(1U, std::thread::hardware_concurrency());
}

/// Waits for the signal that ends the process and then for the requests under way. Lives on the
/// first loop.
class Shutdown {
public:
  Shutdown(boost::asio::io_context& loop, Hosts& hosts, std::chrono::seconds drain_time, Log& log)
      : signals_(loop, SIGINT, SIGTERM),
        timer_(loop),
        hosts_(hosts),
        drain_time_(drain_time),
        log_(log) {
    signals_.async_wait([this](boost::system::error_code error, int /*signal*/) {
      if (!error) begin();
    });
  }

  /// Returns when the process may end.
  void wait() { done_.get_future().wait(); }

private:
  void begin() {
    log_.write(
        LogLevel::kInfo, "draining", {LogField("seconds", std::to_string(drain_time_.count()))});
    deadline_ = std::chrono::steady_clock::now() + drain_time_;
    for (const auto& host : hosts_)
      host->drain();
    signals_.async_wait([this](boost::system::error_code error, int /*signal*/) {
      if (!error) deadline_ = std::chrono::steady_clock::now();
    });
    look();
  }

  void look() {
    const bool is_empty = std::all_of(hosts_.begin(), hosts_.end(), [](const auto& host) {
      return host->connection_count() == 0;
    });
    if (is_empty || std::chrono::steady_clock::now() >= deadline_) {
      done_.set_value();
      return;
    }
    timer_.expires_after(kDrainStep);
    timer_.async_wait([this](boost::system::error_code error) {
      if (!error) look();
    });
  }

  boost::asio::signal_set signals_;
  boost::asio::steady_timer timer_;
  Hosts& hosts_;
  const std::chrono::seconds drain_time_;
  Log& log_;
  std::chrono::steady_clock::time_point deadline_;
  std::promise<void> done_;
};

Result<Hosts> open_hosts(const Settings& settings,
                         ServedServices services,
                         const CacheSurroundings& surroundings) {
  Hosts hosts;
  if (services.has_text) {
    Result<std::unique_ptr<ServiceHost>> host = TextHost::open(settings, surroundings);
    if (!host) return fail(host.error());
    hosts.push_back(std::move(*host));
  }
  if (services.has_sticker) {
    Result<std::unique_ptr<ServiceHost>> host = StickerHost::open(settings, surroundings);
    if (!host) return fail(host.error());
    hosts.push_back(std::move(*host));
  }
  return hosts;
}

void greet(const Hosts& hosts, const Terminal& terminal) {
  for (const auto& host : hosts) {
    const bool is_text = host->name() == CachedPredictor::kService;
    terminal.print(terminal.bold(is_text ? "text prediction" : "stickers") + "  " +
                   host->address());
    if (is_text) {
      terminal.print(
          terminal.dim("  curl -s '" + host->address() + "/v1/predictions?text=I+would+like+'"));
    } else {
      terminal.print(terminal.dim("  curl -s -o cat.png '" + host->address() +
                                  "/v1/stickers?prompt=a+happy+cat'"));
    }
    for (const TierStats& tier : host->cache().stats().tiers) {
      if (!tier.available && tier.name != "redis")
        terminal.print("  the " + tier.name + " tier is not available; the log says why");
    }
  }
  terminal.print(terminal.dim("Ctrl-C drains and stops."));
}

}  // namespace

int serve(const Settings& settings, ServedServices services) {
  const Terminal terminal;
  const SystemClock clock;
  SpdlogLog log(settings.log_level, settings.log_format);
  EventLoops loops(settings.threads);
  boost::asio::thread_pool pool(thread_count(settings.generator_threads));
  const CacheSurroundings surroundings(loops.contexts(), pool, clock, log);
  Result<Hosts> hosts = open_hosts(settings, services, surroundings);
  if (!hosts) {
    terminal.complain(with_option(hosts.error()).message());
    return exit_code_of(hosts.error());
  }
  Shutdown shutdown(loops.first(), *hosts, settings.drain_time, log);
  loops.start();
  greet(*hosts, terminal);
  shutdown.wait();
  loops.stop();
  pool.stop();
  pool.join();
  log.write(LogLevel::kInfo, "stopped", {});
  return 0;
}

}  // namespace refrain::app
