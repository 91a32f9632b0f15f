#include "refrain/cache/circuit_breaker.h"

namespace refrain {

CircuitBreaker::CircuitBreaker(const Config& config, const Clock& clock)
    : config_(config),
      clock_(clock),
      backoff_(Backoff::Config{config.first_open, config.longest_open}, config.seed),
      changed_at_(clock.steady_now()) {}

std::optional<CircuitBreaker::Permit> CircuitBreaker::try_acquire() {
  MutexLock lock(mutex_);
  if (state_ == State::kHalfOpen) return std::nullopt;
  if (state_ == State::kOpen) {
    if (!is_probe_due()) return std::nullopt;
    change_to(State::kHalfOpen);
  }
  return Permit(*this, era_);
}

bool CircuitBreaker::allows() const {
  MutexLock lock(mutex_);
  return state_ == State::kClosed || (state_ == State::kOpen && is_probe_due());
}

void CircuitBreaker::record_outside_failure() {
  MutexLock lock(mutex_);
  if (state_ == State::kClosed) count_failure();
}

CircuitBreaker::State CircuitBreaker::state() const {
  MutexLock lock(mutex_);
  return state_;
}

CircuitBreaker::Stats CircuitBreaker::stats() const {
  MutexLock lock(mutex_);
  Stats stats = stats_;
  stats.state = state_;
  stats.time_in[static_cast<std::size_t>(state_)] += clock_.steady_now() - changed_at_;
  return stats;
}

void CircuitBreaker::record_success(std::uint64_t era) {
  MutexLock lock(mutex_);
  if (era != era_) return;
  consecutive_failures_ = 0;
  if (state_ == State::kHalfOpen) {
    backoff_.reset();
    change_to(State::kClosed);
  } else {
    count_call(false);
  }
}

void CircuitBreaker::record_failure(std::uint64_t era) {
  MutexLock lock(mutex_);
  if (era == era_) count_failure();
}

void CircuitBreaker::abandon(std::uint64_t era) {
  MutexLock lock(mutex_);
  // The interval has passed already: the next caller becomes the probe at once.
  if (era == era_ && state_ == State::kHalfOpen) change_to(State::kOpen);
}

void CircuitBreaker::count_failure() {
  ++consecutive_failures_;
  if (state_ == State::kClosed) {
    count_call(true);
    if (consecutive_failures_ < config_.failures_to_open && !is_share_too_large()) return;
  }
  open_until_ = clock_.steady_now() + backoff_.next();
  change_to(State::kOpen);
}

void CircuitBreaker::count_call(bool is_failure) {
  const std::int64_t present = present_part();
  Part& part = parts_[static_cast<std::size_t>(present) % kParts];
  if (part.number != present) {
    part = Part();
    part.number = present;
  }
  ++part.calls;
  part.failures += is_failure ? 1 : 0;
}

bool CircuitBreaker::is_share_too_large() const {
  const std::int64_t oldest = present_part() - static_cast<std::int64_t>(kParts) + 1;
  int calls = 0;
  int failures = 0;
  for (const Part& part : parts_) {
    if (part.number < oldest) continue;
    calls += part.calls;
    failures += part.failures;
  }
  return calls >= config_.least_calls && failures >= config_.failure_share * calls;
}

void CircuitBreaker::change_to(State state) {
  const SteadyTime now = clock_.steady_now();
  stats_.time_in[static_cast<std::size_t>(state_)] += now - changed_at_;
  ++stats_.entered[static_cast<std::size_t>(state)];
  changed_at_ = now;
  state_ = state;
  consecutive_failures_ = 0;
  parts_.fill(Part());
  ++era_;
}

std::int64_t CircuitBreaker::present_part() const {
  return clock_.steady_now().time_since_epoch() * static_cast<std::int64_t>(kParts) /
         std::chrono::nanoseconds(config_.window);
}

bool CircuitBreaker::is_probe_due() const {
  return clock_.steady_now() >= open_until_;
}

std::string_view to_string(CircuitBreaker::State state) {
  switch (state) {
    case CircuitBreaker::State::kClosed:
      return "closed";
    case CircuitBreaker::State::kOpen:
      return "open";
    case CircuitBreaker::State::kHalfOpen:
      return "half-open";
  }
  return "closed";
}

BreakerStats stats_of(const CircuitBreaker& breaker, std::string name) {
  const CircuitBreaker::Stats counted = breaker.stats();
  BreakerStats stats;
  stats.name = std::move(name);
  stats.state = to_string(counted.state);
  for (std::size_t i = 0; i < CircuitBreaker::kStates; ++i) {
    BreakerStats::Stay stay;
    stay.state = to_string(static_cast<CircuitBreaker::State>(i));
    stay.entered = counted.entered[i];
    stay.seconds = std::chrono::duration<double>(counted.time_in[i]).count();
    stats.stays.push_back(std::move(stay));
  }
  return stats;
}

}  // namespace refrain
