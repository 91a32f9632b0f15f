#include "refrain/redis/redis_tracker.h"

#include "refrain/cache/cache_key.h"
#include "refrain/core/mutex.h"
#include "refrain/core/result.h"
#include "refrain/core/task.h"
#include "refrain/redis/client/redis_command.h"
#include "refrain/redis/client/redis_source.h"
#include "refrain/redis/client/redis_source_listener.h"
#include "refrain/redis/client/resp_value.h"
#include "refrain/redis/tracked_server.h"
#include "refrain/redis/tracking_counters.h"
#include "refrain/redis/tracking_gate.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace refrain {

namespace {

constexpr std::string_view kInvalidate = "invalidate";
constexpr std::size_t kDigestSize = 2 * CacheKey::kSize;

}  // namespace

// The connections, the loop's own. Apart from the rest, which coroutines keep that wait on them.
class RedisTracker::Servers {
public:
  /// Those of `sources`, and no others.
  void arrange(const std::vector<RedisSource>& sources, const std::shared_ptr<Core>& core);
  void stop();
  /// Null if nobody keeps the epoch's key.
  [[nodiscard]] std::shared_ptr<TrackedServer> home() const;

private:
  std::map<std::string, std::shared_ptr<TrackedServer>> servers_;
  std::string home_;
};

// What they tell, and what follows from it. Coroutines keep it, which may end after the tracker.
class RedisTracker::Core final : public TrackedServer::Owner,
                                 public RedisSourceListener,
                                 public std::enable_shared_from_this<RedisTracker::Core> {
public:
  Core(Options the_options,
       RedisCache& tier,
       boost::asio::io_context& its_loop,
       ChangeListener& to_tell,
       Log& to_log,
       const std::shared_ptr<Servers>& servers)
      : options_(std::move(the_options)),
        redis_(tier),
        loop_(its_loop),
        listener_(to_tell),
        log_(to_log),
        servers_(servers),
        gate_(to_tell, tier.tracking()) {}

  void start();
  void stop();
  [[nodiscard]] std::shared_ptr<TrackedServer> make_server(const RedisSource& source);
  void begin_to_read_epoch();

  void on_sources_changing() override { gate_.suspend(); }
  void on_sources(const std::vector<RedisSource>& sources) override;

  Result<void> adopt_epoch(const RespValue& reply) override { return redis_.adopt_epoch(reply); }
  void on_server_up(const std::string& server) override { gate_.note_up(server); }
  void on_server_down(const std::string& server) override;
  void on_refused(const std::string& reason) override;
  void on_message(const RespValue& message) override;

private:
  void arrange();
  [[nodiscard]] bool is_to_tell(const RedisSource& source) const;
  void hear_of(std::string_view name);
  static Task<void> read_epoch(std::shared_ptr<Core> self);
  Task<Result<RespValue>> ask_for_epoch() const;
  Task<Result<RespValue>> ask_elsewhere() const;

  const Options options_;
  RedisCache& redis_;
  boost::asio::io_context& loop_;
  ChangeListener& listener_;
  Log& log_;
  const std::weak_ptr<Servers> servers_;
  TrackingGate gate_;

  Mutex mutex_;
  std::vector<RedisSource> sources_ REFRAIN_GUARDED_BY(mutex_);  // the latest
  std::uint64_t suspensions_ REFRAIN_GUARDED_BY(mutex_) = 0;     // before these

  // The loop's own.
  std::uint64_t seed_ = 0;
  bool is_refusal_reported_ = false;
  bool is_reading_epoch_ = false;
  bool must_read_epoch_again_ = false;
  std::atomic<bool> is_stopped_{false};
};

void RedisTracker::Servers::arrange(const std::vector<RedisSource>& sources,
                                    const std::shared_ptr<Core>& core) {
  std::map<std::string, std::shared_ptr<TrackedServer>> former = std::exchange(servers_, {});
  home_.clear();
  for (const RedisSource& source : sources) {
    const std::string name = TrackedServer::name_of(source);
    if (source.keeps_greeting) home_ = name;
    std::shared_ptr<TrackedServer>& server = servers_[name];
    auto known = former.extract(name);
    if (!known.empty()) {
      server = known.mapped();
      server->update(source);
    } else {
      server = core->make_server(source);
      server->start();
    }
  }
  for (const auto& [name, server] : former) {
    server->stop();
    core->on_server_down(name);
  }
}

void RedisTracker::Servers::stop() {
  for (const auto& [name, server] : servers_)
    server->stop();
  servers_.clear();
}

std::shared_ptr<TrackedServer> RedisTracker::Servers::home() const {
  const auto found = servers_.find(home_);
  return found == servers_.end() ? nullptr : found->second;
}

void RedisTracker::Core::start() {
  redis_.tracking().is_used = true;
  redis_.watch_sources(this);
}

void RedisTracker::Core::stop() {
  if (is_stopped_.exchange(true)) return;
  redis_.watch_sources(nullptr);
  gate_.end();
  boost::asio::post(loop_, [servers = servers_.lock()] {
    if (servers) servers->stop();
  });
}

std::shared_ptr<TrackedServer> RedisTracker::Core::make_server(const RedisSource& source) {
  TrackedServer::Options own;
  own.connection = options_.connection;
  own.connection.seed += seed_++;
  own.prefix = options_.scope == Scope::kEntries ? redis_.key_prefix() : redis_.epoch_key();
  own.epoch_key = redis_.epoch_key();
  own.sign_prefix = std::string(redis_.key_prefix()) + "alive";
  own.heartbeat = options_.heartbeat;
  return std::make_shared<TrackedServer>(std::move(own), source, shared_from_this(), loop_, log_);
}

bool RedisTracker::Core::is_to_tell(const RedisSource& source) const {
  // The epoch's key may be on its way there.
  return options_.scope == Scope::kEntries || source.keeps_greeting ||
         source.kind == RedisSource::Kind::kImporter;
}

void RedisTracker::Core::on_sources(const std::vector<RedisSource>& sources) {
  {
    const MutexLock lock(mutex_);
    sources_ = sources;
    suspensions_ = gate_.suspensions();
  }
  boost::asio::post(loop_, [self = shared_from_this()] {
    if (!self->is_stopped_) self->arrange();
  });
}

void RedisTracker::Core::arrange() {
  std::vector<RedisSource> sources;
  std::uint64_t suspensions = 0;
  {
    const MutexLock lock(mutex_);
    sources = sources_;
    suspensions = suspensions_;
  }
  std::erase_if(sources, [this](const RedisSource& source) { return !is_to_tell(source); });
  const auto servers = servers_.lock();
  if (!servers) return;
  const std::shared_ptr<TrackedServer> former_home = servers->home();
  servers->arrange(sources, shared_from_this());
  const std::shared_ptr<TrackedServer> home = servers->home();
  // One that is new reads it when it comes up.
  if (home && former_home && home != former_home) begin_to_read_epoch();
  std::set<std::string> names;
  for (const RedisSource& source : sources)
    names.insert(TrackedServer::name_of(source));
  if (!home) names.clear();
  gate_.want(std::move(names), suspensions);
}

void RedisTracker::Core::on_server_down(const std::string& server) {
  gate_.note_down(server);
  redis_.renew_sources();
}

void RedisTracker::Core::on_refused(const std::string& reason) {
  if (std::exchange(is_refusal_reported_, true)) return;
  log_.write(LogLevel::kWarning,
             "Redis does not tell this user of changes; what others do is noticed later",
             {LogField("reason", reason)});
}

void RedisTracker::Core::on_message(const RespValue& message) {
  const std::vector<RespValue>& parts = message.elements();
  if (is_stopped_ || parts.size() != 2 || parts[0].text() != kInvalidate) return;
  if (parts[1].is_null()) {
    listener_.on_all_changed();
    ++redis_.tracking().flushes;
    return;
  }
  for (const RespValue& name : parts[1].elements())
    hear_of(name.text());
}

// An entry's digest has its epoch in it, so that the epoch in its name says nothing more.
void RedisTracker::Core::hear_of(std::string_view name) {
  if (name == redis_.epoch_key()) {
    begin_to_read_epoch();
    return;
  }
  if (!name.starts_with(redis_.key_prefix()) || name.size() < kDigestSize) return;
  const std::optional<CacheKey> key = CacheKey::from_hex(name.substr(name.size() - kDigestSize));
  if (!key) return;
  redis_.forget_missed(*key);
  listener_.on_changed(*key);
  ++redis_.tracking().changes;
}

void RedisTracker::Core::begin_to_read_epoch() {
  if (std::exchange(is_reading_epoch_, true)) {
    must_read_epoch_again_ = true;
    return;
  }
  boost::asio::co_spawn(
      loop_.get_executor(), read_epoch(shared_from_this()), boost::asio::detached);
}

Task<void> RedisTracker::Core::read_epoch(std::shared_ptr<Core> self) {
  bool is_read = true;
  do {
    self->must_read_epoch_again_ = false;
    Result<RespValue> reply = co_await self->ask_for_epoch();
    if (self->is_stopped_) co_return;
    // A cluster's slot that is on the way, or was: the tier's client follows it.
    if (reply && reply->is_error()) reply = co_await self->ask_elsewhere();
    if (self->is_stopped_) co_return;
    is_read = reply && self->redis_.adopt_epoch(*reply);
    if (is_read) self->listener_.on_epoch_raised();
  } while (is_read && self->must_read_epoch_again_);
  self->is_reading_epoch_ = false;
  if (is_read) co_return;
  // It is read before its server is up again.
  const auto servers = self->servers_.lock();
  if (const auto home = servers ? servers->home() : nullptr) home->doubt();
}

// No coroutine: its frame would keep the server, which is not to be kept by what waits on it.
Task<Result<RespValue>> RedisTracker::Core::ask_for_epoch() const {
  const auto servers = servers_.lock();
  const auto home = servers ? servers->home() : nullptr;
  return home ? home->ask_for_epoch() : ask_elsewhere();
}

Task<Result<RespValue>> RedisTracker::Core::ask_elsewhere() const {
  return redis_.execute(RedisCommand({"GET", redis_.epoch_key()}));
}

RedisTracker::RedisTracker(Options options,
                           RedisCache& redis,
                           boost::asio::io_context& loop,
                           ChangeListener& listener,
                           Log& log)
    : servers_(std::make_shared<Servers>()),
      core_(std::make_shared<Core>(std::move(options), redis, loop, listener, log, servers_)) {}

RedisTracker::~RedisTracker() {
  stop();
}

void RedisTracker::start() {
  core_->start();
}

void RedisTracker::stop() {
  core_->stop();
}

}  // namespace refrain
