#pragma once

/// @file
/// One generation at a time for a key, among instances that share a tier.

#include "refrain/cache/cache_key.h"
#include "refrain/core/task.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

namespace refrain {

/// Lets one of several instances generate for a key while the others wait for what it stores.
///
/// It saves work and promises nothing: when it cannot be had, or the one that generates takes too
/// long, the caller generates as if there were no others.
///
/// Thread safety: any. Coroutines resume on the loop that they were awaited on.
class GenerationLease {
public:
  /// The turn to generate for one key. It lasts until it is released; dropped without that, as when
  /// the process dies, it ends by itself after a while.
  ///
  /// Used on the loop that `take` was awaited on; it may be destroyed elsewhere, and after the
  /// lease.
  class Hold {
  public:
    Hold() = default;
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    virtual ~Hold() = default;

    /// False once somebody else may have had a turn since this one was given.
    [[nodiscard]] virtual bool is_kept() const = 0;

    /// Lets the next one have its turn, in the background.
    virtual void release() = 0;
  };

  enum class Outcome : std::uint8_t {
    kMine,     ///< There is a hold. Whoever had the turn before may have stored an answer.
    kEnded,    ///< Another's turn ended while this one waited: look for its answer, or try again.
    kTooLong,  ///< Another's turn has outlasted the patience.
    kAway,     ///< Nobody can be asked whose turn it is.
  };

  /// What became of an attempt to take a turn.
  class Turn {
  public:
    explicit Turn(Outcome outcome, std::chrono::milliseconds waited = {})
        : outcome_(outcome),
          waited_(waited) {}
    /// @pre `hold` is not null.
    explicit Turn(std::unique_ptr<Hold> hold) : outcome_(Outcome::kMine), hold_(std::move(hold)) {}

    [[nodiscard]] Outcome outcome() const { return outcome_; }
    /// Whether there is nobody to share the generation with.
    [[nodiscard]] bool must_go_alone() const {
      return outcome_ == Outcome::kAway || outcome_ == Outcome::kTooLong;
    }
    [[nodiscard]] std::chrono::milliseconds waited() const { return waited_; }
    /// Null unless the turn is `kMine`.
    [[nodiscard]] std::unique_ptr<Hold> take_hold() { return std::move(hold_); }

  private:
    Outcome outcome_;
    std::chrono::milliseconds waited_{};
    std::unique_ptr<Hold> hold_;
  };

  /// How long one who wants a turn waits.
  struct Patience {
    explicit Patience(std::chrono::milliseconds another,
                      std::chrono::milliseconds reply = std::chrono::milliseconds::max())
        : with_another(another),
          with_first_reply(reply) {}

    std::chrono::milliseconds with_another;      ///< For the end of somebody else's turn.
    std::chrono::milliseconds with_first_reply;  ///< To hear whose turn it is.
  };

  GenerationLease() = default;
  GenerationLease(const GenerationLease&) = delete;
  GenerationLease& operator=(const GenerationLease&) = delete;
  virtual ~GenerationLease() = default;

  /// Takes the turn for `key`, or waits until another's has ended. `kAway` if the patience with the
  /// first reply is at its end.
  virtual Task<Turn> take(CacheKey key, Patience patience) = 0;

  /// Less patience than this would not outlast the turn of an instance that died.
  [[nodiscard]] virtual std::chrono::milliseconds least_patience() const = 0;
};

}  // namespace refrain
