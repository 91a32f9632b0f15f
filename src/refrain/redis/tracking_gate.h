#pragma once

/// @file
/// Whether every change is told.

#include "refrain/cache/change_listener.h"
#include "refrain/core/mutex.h"
#include "refrain/redis/tracking_counters.h"

#include <cstdint>
#include <set>
#include <string>

namespace refrain {

/// Says when the feed of changes is up: when every server tells of its changes that answers are
/// taken from. It is down as soon as one of them does not, or another one is about to answer.
///
/// Thread safety: `suspend` from any thread, everything else on one loop. The listener hears of the
/// feed's going down on the thread that brings it down, and never while it hears of its coming up;
/// who suspends waits for that.
/// Ownership: the listener and the counters outlive it.
class TrackingGate {
public:
  TrackingGate(ChangeListener& listener, TrackingCounters& counters)
      : listener_(listener),
        counters_(counters) {}

  /// Other servers than those that are wanted will answer: down until `want` is told of them.
  void suspend();
  /// How often it was suspended: what is known of the servers by now takes all these into account.
  [[nodiscard]] std::uint64_t suspensions() const;

  /// Every one of `servers` must tell, and at least one. What is known of them was said when it had
  /// been suspended `suspensions` times: if it was again since, there is more to come.
  void want(std::set<std::string> servers, std::uint64_t suspensions);
  /// `server` tells of every change from now on.
  void note_up(const std::string& server);
  /// It does not any more.
  void note_down(const std::string& server);

  /// Tells the listener nothing any more.
  void end();

private:
  void open_if_complete() REFRAIN_REQUIRES(mutex_);
  void close() REFRAIN_REQUIRES(mutex_);

  ChangeListener& listener_;
  TrackingCounters& counters_;
  mutable Mutex mutex_;
  std::set<std::string> wanted_ REFRAIN_GUARDED_BY(mutex_);
  std::set<std::string> up_ REFRAIN_GUARDED_BY(mutex_);
  std::uint64_t suspensions_ REFRAIN_GUARDED_BY(mutex_) = 0;
  std::uint64_t accounted_ REFRAIN_GUARDED_BY(mutex_) = 0;  // of the suspensions
  bool is_open_ REFRAIN_GUARDED_BY(mutex_) = false;
  bool is_over_ REFRAIN_GUARDED_BY(mutex_) = false;
};

}  // namespace refrain
