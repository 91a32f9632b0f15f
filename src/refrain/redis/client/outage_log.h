#pragma once

/// @file
/// What the log hears of a server that is away.

#include "refrain/core/clock.h"
#include "refrain/core/log.h"
#include "refrain/core/mutex.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace refrain {

/// Tells the log when a server is away, why, and when it is back, on behalf of all connections to
/// it: a reason once, however many of them meet it and however often, and again when it is another
/// one. A connection is lost by "closed", and only the next attempt learns that the password is
/// wrong: both are said.
///
/// Bounded: `kMaxReasons` of different kinds in `kInterval`, also if the server comes and goes.
/// What is not said for that is said later if it is still so, since connections try again and
/// again.
///
/// Thread safety: any. Ownership: the log outlives this.
class OutageLog {
public:
  static constexpr std::size_t kMaxReasons = 4;
  static constexpr std::chrono::seconds kInterval{10};

  explicit OutageLog(Log& log) : log_(log) {}
  OutageLog(const OutageLog&) = delete;
  OutageLog& operator=(const OutageLog&) = delete;
  ~OutageLog() = default;

  /// A connection was lost, or could not be made.
  void report_away(const std::string& reason, SteadyTime now);
  /// A connection is there.
  void report_back(const std::string& server);

private:
  struct Said {
    std::string reason;
    SteadyTime when;
  };

  [[nodiscard]] bool is_to_be_said(const std::string& reason, SteadyTime now)
      REFRAIN_REQUIRES(mutex_);

  Log& log_;
  Mutex mutex_;
  std::vector<Said> said_ REFRAIN_GUARDED_BY(mutex_);  // of late
  std::string reason_ REFRAIN_GUARDED_BY(mutex_);      // said last of this outage; empty: none yet
  bool is_back_said_ REFRAIN_GUARDED_BY(mutex_) = false;  // and no outage since
};

}  // namespace refrain
