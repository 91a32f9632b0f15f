#include "refrain/cache/circuit_breaker.h"

namespace refrain {

CircuitBreaker::CircuitBreaker(const Config& config, const Clock& clock)
    : failures_to_open_(config.failures_to_open),
      clock_(clock),
      backoff_(Backoff::Config{config.first_open, config.longest_open}, config.seed) {}

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

void CircuitBreaker::record_success(std::uint64_t era) {
  MutexLock lock(mutex_);
  if (era != era_) return;
  consecutive_failures_ = 0;
  if (state_ == State::kHalfOpen) {
    backoff_.reset();
    change_to(State::kClosed);
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
  if (state_ == State::kClosed && consecutive_failures_ < failures_to_open_) return;
  open_until_ = clock_.steady_now() + backoff_.next();
  change_to(State::kOpen);
}

void CircuitBreaker::change_to(State state) {
  state_ = state;
  consecutive_failures_ = 0;
  ++era_;
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

}  // namespace refrain
