#pragma once

/// @file
/// Keeps callers away from something that fails until it has been seen to work again.

#include "refrain/core/backoff.h"
#include "refrain/core/clock.h"
#include "refrain/core/mutex.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace refrain {

/// A circuit breaker: closed while things work, open after a run of failures, half-open while one
/// probe finds out whether they work again.
///
/// A caller takes a `Permit`, does the work and tells the permit how it went. A permit that is
/// destroyed without a verdict (its coroutine was cancelled) counts for nothing, and frees the
/// probe if it was one, so that a cancelled probe cannot keep the breaker half-open for ever. A
/// verdict about work that began before the breaker last changed its state is ignored.
///
/// Thread safety: any. Permits may be moved between threads.
class CircuitBreaker {
public:
  enum class State : std::uint8_t { kClosed, kOpen, kHalfOpen };

  struct Config {
    int failures_to_open = 3;  ///< Consecutive. Lower: faster to give up on a hiccup.
    std::chrono::milliseconds first_open{1000};
    std::chrono::milliseconds longest_open{30'000};  ///< What doubling after failed probes ends at.
    std::uint64_t seed = 0;                          ///< Of the jitter.
  };

  /// The leave to try once.
  class Permit {
  public:
    Permit(Permit&& other) noexcept
        : breaker_(std::exchange(other.breaker_, nullptr)),
          era_(other.era_) {}
    Permit& operator=(Permit&&) = delete;
    ~Permit() {
      if (breaker_ != nullptr) breaker_->abandon(era_);
    }

    void succeed() {
      if (breaker_ != nullptr) std::exchange(breaker_, nullptr)->record_success(era_);
    }
    void fail() {
      if (breaker_ != nullptr) std::exchange(breaker_, nullptr)->record_failure(era_);
    }

  private:
    friend class CircuitBreaker;
    Permit(CircuitBreaker& breaker, std::uint64_t era) : breaker_(&breaker), era_(era) {}

    CircuitBreaker* breaker_;
    std::uint64_t era_;
  };

  /// @pre `clock` outlives the breaker, the breaker its permits; `config.failures_to_open > 0`.
  CircuitBreaker(const Config& config, const Clock& clock);

  /// Leave to try, or nothing. When a probe is due, exactly one caller gets it.
  [[nodiscard]] std::optional<Permit> try_acquire();

  /// Whether `try_acquire` would say yes just now. Takes nothing.
  [[nodiscard]] bool allows() const;

  /// Counts a failure that was met without a permit (a connection attempt in the background). It
  /// can open the breaker; it says nothing to one that is open already.
  void record_outside_failure();

  /// `kOpen` lasts until a probe begins, also when one is due.
  [[nodiscard]] State state() const;

private:
  void record_success(std::uint64_t era);
  void record_failure(std::uint64_t era);
  void abandon(std::uint64_t era);
  void count_failure() REFRAIN_REQUIRES(mutex_);
  void change_to(State state) REFRAIN_REQUIRES(mutex_);
  [[nodiscard]] bool is_probe_due() const REFRAIN_REQUIRES(mutex_);

  const int failures_to_open_;
  const Clock& clock_;
  mutable Mutex mutex_;
  Backoff backoff_ REFRAIN_GUARDED_BY(mutex_);
  State state_ REFRAIN_GUARDED_BY(mutex_) = State::kClosed;
  // Raised with every change of state: a permit of an earlier era has nothing to say any more.
  std::uint64_t era_ REFRAIN_GUARDED_BY(mutex_) = 0;
  int consecutive_failures_ REFRAIN_GUARDED_BY(mutex_) = 0;
  SteadyTime open_until_ REFRAIN_GUARDED_BY(mutex_);
};

/// `closed`, `open` or `half-open`.
std::string_view to_string(CircuitBreaker::State state);

}  // namespace refrain
