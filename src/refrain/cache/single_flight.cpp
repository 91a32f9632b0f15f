#include "refrain/cache/single_flight.h"

#include <boost/asio/post.hpp>

#include <string>
#include <utility>

namespace refrain {

/// The timer of a waiting coroutine, known to its waiter for as long as it exists.
class SingleFlight::Waiter::Alarm {
public:
  Alarm(Waiter& waiter, std::chrono::milliseconds limit)
      : waiter_(waiter),
        timer_(waiter.executor_, limit) {
    waiter_.timer_ = &timer_;
  }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  ~Alarm() { waiter_.timer_ = nullptr; }

  Timer& timer() { return timer_; }

private:
  Waiter& waiter_;
  Timer timer_;
};

Task<Result<Answer>> SingleFlight::Waiter::wait(std::shared_ptr<Waiter> self,
                                                std::chrono::milliseconds limit) {
  if (!self->outcome_) {
    Alarm alarm(*self, limit);
    co_await alarm.timer().async_wait(kAsTuple);
  }
  if (self->outcome_) co_return std::move(*self->outcome_);
  co_return fail(
      ErrorCode::kTimeout,
      "no answer within " + std::to_string(limit.count()) + " ms; try again, it may be ready then");
}

void SingleFlight::Waiter::resolve(const std::shared_ptr<Waiter>& self,
                                   const Result<Answer>& outcome) {
  boost::asio::post(self->executor_, [self, outcome] {
    self->outcome_.emplace(outcome);
    if (self->timer_ != nullptr) self->timer_->cancel();
  });
}

std::uint64_t SingleFlight::landings(CacheKey key) const {
  return shard_of(key).landings.load(std::memory_order_acquire);
}

SingleFlight::Joined SingleFlight::join(CacheKey key,
                                        Work work,
                                        std::uint64_t landings,
                                        const std::shared_ptr<Waiter>& waiter) {
  Shard& shard = shard_of(key);
  const MutexLock lock(shard.mutex);
  auto place = shard.flights.find(key);
  const bool is_new = place == shard.flights.end();
  if (is_new) place = shard.flights.emplace(key, std::make_shared<Flight>(key)).first;
  Flight& flight = *place->second;
  Joined joined;
  joined.flight = place->second;
  joined.is_leader = is_new;
  if (work == Work::kGenerate) {
    flight.must_generate_ = true;
  } else {
    joined.stale = flight.stale_;
  }
  if (is_new) {
    flight.leader_ = waiter;
  } else if (waiter != nullptr && !joined.stale) {
    flight.followers_.push_back(waiter);
  }
  joined.is_outdated = shard.landings.load(std::memory_order_acquire) != landings;
  return joined;
}

std::shared_ptr<Flight> SingleFlight::unshared(CacheKey key,
                                               const std::shared_ptr<Waiter>& waiter) {
  auto flight = std::make_shared<Flight>(key);
  flight->must_generate_ = true;
  flight->is_discarded_ = true;
  flight->leader_ = waiter;
  return flight;
}

bool SingleFlight::has_flight(CacheKey key) const {
  const Shard& shard = shard_of(key);
  const MutexLock lock(shard.mutex);
  return shard.flights.contains(key);
}

bool SingleFlight::must_generate(const std::shared_ptr<Flight>& flight) const {
  const MutexLock lock(shard_of(flight->key()).mutex);
  return flight->must_generate_;
}

void SingleFlight::serve_stale(const std::shared_ptr<Flight>& flight, const Answer& answer) {
  std::vector<std::shared_ptr<Waiter>> waiters;
  {
    const MutexLock lock(shard_of(flight->key()).mutex);
    flight->stale_ = answer;
    waiters = std::exchange(flight->followers_, {});
    if (flight->leader_ != nullptr) waiters.push_back(std::exchange(flight->leader_, nullptr));
  }
  for (const auto& waiter : waiters)
    Waiter::resolve(waiter, answer);
}

void SingleFlight::begin_storing(const std::shared_ptr<Flight>& flight) {
  const MutexLock lock(shard_of(flight->key()).mutex);
  flight->is_storing_ = true;
}

bool SingleFlight::is_storing(const std::shared_ptr<Flight>& flight) const {
  const MutexLock lock(shard_of(flight->key()).mutex);
  return flight->is_storing_;
}

void SingleFlight::land(const std::shared_ptr<Flight>& flight, const Result<Answer>& outcome) {
  std::vector<std::shared_ptr<Waiter>> followers;
  std::shared_ptr<Waiter> leader;
  {
    Shard& shard = shard_of(flight->key());
    const MutexLock lock(shard.mutex);
    shard.landings.fetch_add(1, std::memory_order_release);
    flight->is_storing_ = true;
    const auto found = shard.flights.find(flight->key());
    if (found != shard.flights.end() && found->second == flight) shard.flights.erase(found);
    followers = std::exchange(flight->followers_, {});
    leader = std::exchange(flight->leader_, nullptr);
  }
  if (leader != nullptr) Waiter::resolve(leader, outcome);
  if (followers.empty()) return;
  Result<Answer> shared = outcome;
  if (shared && shared->disposition() == Disposition::kMiss)
    shared = std::move(*shared).coalesced();
  for (const auto& follower : followers)
    Waiter::resolve(follower, shared);
}

void SingleFlight::discard(CacheKey key) {
  Shard& shard = shard_of(key);
  const MutexLock lock(shard.mutex);
  const auto found = shard.flights.find(key);
  if (found == shard.flights.end()) return;
  found->second->is_discarded_ = true;
  shard.flights.erase(found);
}

void SingleFlight::discard_all() {
  for (Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    for (auto& [key, flight] : shard.flights)
      flight->is_discarded_ = true;
    shard.flights.clear();
  }
}

bool SingleFlight::is_discarded(const std::shared_ptr<Flight>& flight) const {
  const MutexLock lock(shard_of(flight->key()).mutex);
  return flight->is_discarded_;
}

void SingleFlight::set_generating(const std::shared_ptr<Flight>& flight, bool is_generating) {
  const MutexLock lock(shard_of(flight->key()).mutex);
  flight->is_generating_ = is_generating;
}

bool SingleFlight::outdate(Flight& flight) {
  flight.stale_.reset();
  return flight.is_generating_;
}

void SingleFlight::outdate(CacheKey key) {
  Shard& shard = shard_of(key);
  const MutexLock lock(shard.mutex);
  const auto found = shard.flights.find(key);
  if (found != shard.flights.end() && !outdate(*found->second)) shard.flights.erase(found);
}

void SingleFlight::outdate_all() {
  for (Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    boost::unordered::erase_if(shard.flights,
                               [](const auto& flight) { return !outdate(*flight.second); });
  }
}

}  // namespace refrain
