#pragma once

/// @file
/// Where coroutines stand still until a test lets them go on.

#include "refrain/core/mutex.h"
#include "refrain/core/task.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace refrain::testing {

/// A door for coroutines: open at first. While it is closed, those who `pass` wait.
///
/// Thread safety: any; each coroutine goes on upon its own loop. A loop may be destroyed while some
/// of its coroutines wait; the gate is not opened after that.
class Gate {
public:
  Task<void> pass();

  void close();
  /// Lets everybody on, now and until it is closed again.
  void open();

  /// How many wait.
  [[nodiscard]] std::size_t waiting() const;

private:
  struct Sleeper;

  [[nodiscard]] bool must_wait(const std::shared_ptr<Sleeper>& sleeper);

  mutable Mutex mutex_;
  bool is_open_ REFRAIN_GUARDED_BY(mutex_) = true;
  std::vector<std::shared_ptr<Sleeper>> sleepers_ REFRAIN_GUARDED_BY(mutex_);
};

}  // namespace refrain::testing
