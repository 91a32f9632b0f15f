#include "refrain/redis/client/outage_log.h"

#include <algorithm>
#include <utility>

namespace refrain {

void OutageLog::report_away(const std::string& reason, SteadyTime now) {
  {
    const MutexLock lock(mutex_);
    if (!is_to_be_said(reason, now)) return;
    Said said;
    said.reason = reason;
    said.when = now;
    said_.push_back(std::move(said));
    reason_ = reason;
    is_back_said_ = false;
  }
  log_.write(LogLevel::kWarning,
             "Redis is away; it is tried again in the background",
             {LogField("reason", reason)});
}

void OutageLog::report_back(const std::string& server) {
  {
    const MutexLock lock(mutex_);
    if (is_back_said_) return;
    is_back_said_ = true;
    reason_.clear();
  }
  log_.write(LogLevel::kInfo, "Redis is connected", {LogField("server", server)});
}

bool OutageLog::is_to_be_said(const std::string& reason, SteadyTime now) {
  if (reason == reason_) return false;
  std::erase_if(said_, [now](const Said& said) { return said.when + kInterval <= now; });
  const bool is_said = std::any_of(
      said_.begin(), said_.end(), [&reason](const Said& said) { return said.reason == reason; });
  return !is_said && said_.size() < kMaxReasons;
}

}  // namespace refrain
