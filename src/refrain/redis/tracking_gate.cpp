#include "refrain/redis/tracking_gate.h"

#include <algorithm>
#include <utility>

namespace refrain {

void TrackingGate::suspend() {
  const MutexLock lock(mutex_);
  ++suspensions_;
  close();
}

std::uint64_t TrackingGate::suspensions() const {
  const MutexLock lock(mutex_);
  return suspensions_;
}

void TrackingGate::want(std::set<std::string> servers, std::uint64_t suspensions) {
  const MutexLock lock(mutex_);
  if (servers != wanted_) close();
  wanted_ = std::move(servers);
  accounted_ = suspensions;
  open_if_complete();
}

void TrackingGate::note_up(const std::string& server) {
  const MutexLock lock(mutex_);
  up_.insert(server);
  open_if_complete();
}

void TrackingGate::note_down(const std::string& server) {
  const MutexLock lock(mutex_);
  up_.erase(server);
  if (wanted_.contains(server)) close();
}

void TrackingGate::end() {
  const MutexLock lock(mutex_);
  is_over_ = true;
}

void TrackingGate::open_if_complete() {
  if (is_over_ || is_open_ || wanted_.empty() || accounted_ != suspensions_) return;
  if (!std::includes(up_.begin(), up_.end(), wanted_.begin(), wanted_.end())) return;
  is_open_ = true;
  listener_.on_feed_up();
  counters_.is_up = true;
}

void TrackingGate::close() {
  if (is_over_ || !std::exchange(is_open_, false)) return;
  listener_.on_feed_down();
  counters_.is_up = false;
  ++counters_.losses;
}

}  // namespace refrain
