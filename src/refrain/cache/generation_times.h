#pragma once

/// @file
/// How long the latest generations took.

#include "refrain/core/mutex.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

namespace refrain {

/// The durations of the latest `kWindow` generations.
///
/// Thread safety: any. Meant to be asked once a generation, not once a request.
class GenerationTimes {
public:
  static constexpr std::size_t kWindow = 64;

  void record(std::chrono::nanoseconds duration);

  /// The duration that 95 of 100 of the remembered generations did not exceed; nothing if there has
  /// been none.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> p95() const;

private:
  mutable Mutex mutex_;
  std::array<std::chrono::nanoseconds, kWindow> latest_ REFRAIN_GUARDED_BY(mutex_){};
  std::size_t recorded_ REFRAIN_GUARDED_BY(mutex_) = 0;
};

}  // namespace refrain
