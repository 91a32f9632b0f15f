#include "refrain/redis/client/sentinel_state.h"

#include "refrain/redis/client/redis_source.h"

#include <utility>
#include <vector>

namespace refrain {

std::optional<RedisAddress> SentinelState::master() const {
  const MutexLock lock(mutex_);
  return master_;
}

std::optional<std::uint64_t> SentinelState::note_found(const RedisAddress& found,
                                                       std::size_t sentinel,
                                                       std::uint64_t asked) {
  {
    const MutexLock lock(mutex_);
    if (master_ == found) {
      first_.store(sentinel, std::memory_order_relaxed);
      return generation();
    }
    if (generation() != asked) return std::nullopt;
    replace(found, sentinel);
  }
  on_moved_();
  return asked + 1;
}

void SentinelState::note_moved(const RedisAddress& master, std::size_t sentinel) {
  {
    const MutexLock lock(mutex_);
    if (master_ == master) return;
    replace(master, sentinel);
  }
  on_moved_();
}

void SentinelState::watch_sources(RedisSourceListener* listener) {
  const MutexLock lock(mutex_);
  sources_.watch(listener);
}

void SentinelState::replace(const RedisAddress& master, std::size_t sentinel) {
  RedisSource source;
  source.kind = RedisSource::Kind::kMaster;
  source.address = master;
  std::vector<RedisSource> sources;
  sources.push_back(std::move(source));
  sources_.prepare(std::move(sources));
  master_ = master;
  first_.store(sentinel, std::memory_order_relaxed);
  generation_.fetch_add(1, std::memory_order_release);
  sources_.finish();
}

}  // namespace refrain
