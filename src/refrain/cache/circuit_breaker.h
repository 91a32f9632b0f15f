#pragma once

/// @file
/// Keeps callers away from something that fails until it has been seen to work again.

#include "refrain/cache/tier_stats.h"
#include "refrain/core/backoff.h"
#include "refrain/core/clock.h"
#include "refrain/core/mutex.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace refrain {

/// A circuit breaker: closed while things work, open after a run of failures or when too large a
/// share of the latest calls failed, half-open while one probe finds out whether they work again.
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
  static constexpr std::size_t kStates = 3;

  struct Config {
    int failures_to_open = 3;  ///< Consecutive. Lower: faster to give up on a hiccup.
    /// The share of failures among the calls of `window` that opens it, too; over 1: none does.
    double failure_share = 0.5;
    int least_calls = 20;  ///< With fewer in the window their share says nothing.
    std::chrono::milliseconds window{10'000};
    std::chrono::milliseconds first_open{1000};
    std::chrono::milliseconds longest_open{30'000};  ///< What doubling after failed probes ends at.
    std::uint64_t seed = 0;                          ///< Of the jitter.
  };

  /// What has become of it so far. Indices are states.
  struct Stats {
    State state = State::kClosed;
    std::array<std::int64_t, kStates> entered{};              ///< How often it came into the state.
    std::array<std::chrono::nanoseconds, kStates> time_in{};  ///< The present stay included.
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

  /// @pre `clock` outlives the breaker, the breaker its permits; `config.failures_to_open > 0` and
  /// `config.window` is not empty.
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

  [[nodiscard]] Stats stats() const;

private:
  // The window moves on by a part at a time.
  static constexpr std::size_t kParts = 10;

  struct Part {
    std::int64_t number = -1;  // of the part since the clock's beginning
    int calls = 0;
    int failures = 0;
  };

  void record_success(std::uint64_t era);
  void record_failure(std::uint64_t era);
  void abandon(std::uint64_t era);
  void count_failure() REFRAIN_REQUIRES(mutex_);
  void count_call(bool is_failure) REFRAIN_REQUIRES(mutex_);
  [[nodiscard]] bool is_share_too_large() const REFRAIN_REQUIRES(mutex_);
  void change_to(State state) REFRAIN_REQUIRES(mutex_);
  [[nodiscard]] bool is_probe_due() const REFRAIN_REQUIRES(mutex_);
  [[nodiscard]] std::int64_t present_part() const;

  const Config config_;
  const Clock& clock_;
  mutable Mutex mutex_;
  Backoff backoff_ REFRAIN_GUARDED_BY(mutex_);
  State state_ REFRAIN_GUARDED_BY(mutex_) = State::kClosed;
  // Raised with every change of state: a permit of an earlier era has nothing to say any more.
  std::uint64_t era_ REFRAIN_GUARDED_BY(mutex_) = 0;
  int consecutive_failures_ REFRAIN_GUARDED_BY(mutex_) = 0;
  std::array<Part, kParts> parts_ REFRAIN_GUARDED_BY(mutex_);
  SteadyTime open_until_ REFRAIN_GUARDED_BY(mutex_);
  SteadyTime changed_at_ REFRAIN_GUARDED_BY(mutex_);
  Stats stats_ REFRAIN_GUARDED_BY(mutex_);  // up to the last change
};

/// `closed`, `open` or `half-open`.
std::string_view to_string(CircuitBreaker::State state);

/// The statistics of `breaker`, which guards what is called `name`.
BreakerStats stats_of(const CircuitBreaker& breaker, std::string name);

}  // namespace refrain
