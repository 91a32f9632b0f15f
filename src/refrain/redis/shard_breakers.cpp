#include "refrain/redis/shard_breakers.h"

#include <utility>

namespace refrain {

std::shared_ptr<CircuitBreaker> ShardBreakers::of(std::size_t shard) {
  const MutexLock lock(mutex_);
  while (breakers_.size() <= shard) {
    CircuitBreaker::Config config = config_;
    config.seed += breakers_.size();  // so that shards are not tried again in step
    breakers_.push_back(std::make_shared<CircuitBreaker>(config, clock_));
  }
  return breakers_[shard];
}

bool ShardBreakers::allows(std::size_t shard) const {
  const MutexLock lock(mutex_);
  return shard >= breakers_.size() || breakers_[shard]->allows();
}

CircuitBreaker::State ShardBreakers::worst(const std::vector<std::size_t>& shards) const {
  using State = CircuitBreaker::State;
  const MutexLock lock(mutex_);
  State worst = State::kClosed;
  for (const std::size_t shard : shards) {
    if (shard >= breakers_.size()) continue;
    const State state = breakers_[shard]->state();
    if (state == State::kOpen) return state;
    if (state == State::kHalfOpen) worst = state;
  }
  return worst;
}

BreakerStats ShardBreakers::stats(std::size_t shard, std::string name) {
  return stats_of(*of(shard), std::move(name));
}

}  // namespace refrain
