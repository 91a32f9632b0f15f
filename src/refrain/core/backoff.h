#pragma once

/// @file
/// Delays that double from failure to failure, spread so that many processes do not retry in step.

#include <chrono>
#include <cstdint>

namespace refrain {

/// The delays of one retried thing: `first`, then twice as long each time up to `longest`, each
/// lengthened by up to a quarter. Equal seeds give equal delays.
///
/// Thread safety: none; its owner guards it.
class Backoff {
public:
  struct Config {
    std::chrono::milliseconds first{1000};
    std::chrono::milliseconds longest{30'000};  ///< Bounds the delay after it was lengthened, too.
  };

  Backoff(const Config& config, std::uint64_t seed);

  /// How long to wait now; the next call gives about twice that.
  [[nodiscard]] std::chrono::milliseconds next();

  /// Starts again at `first`.
  void reset() { delay_ = config_.first; }

private:
  Config config_;
  std::uint64_t random_state_;
  std::chrono::milliseconds delay_;
};

}  // namespace refrain
