#pragma once

/// @file
/// A log that a test can read.

#include "refrain/core/log.h"
#include "refrain/core/mutex.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace refrain::testing {

/// Keeps every record.
///
/// Thread safety: any.
class LogSpy final : public Log {
public:
  struct Record {
    LogLevel level;
    std::string message;
    std::vector<LogField> fields;
  };

  void write(LogLevel level,
             std::string_view message,
             std::initializer_list<LogField> fields) override {
    Record record{level, std::string(message), fields};
    const MutexLock lock(mutex_);
    records_.push_back(std::move(record));
  }

  [[nodiscard]] std::vector<Record> records() const {
    const MutexLock lock(mutex_);
    return records_;
  }

  [[nodiscard]] std::size_t count(LogLevel level) const {
    const MutexLock lock(mutex_);
    return static_cast<std::size_t>(std::count_if(
        records_.begin(), records_.end(), [&](const Record& r) { return r.level == level; }));
  }

private:
  mutable Mutex mutex_;
  std::vector<Record> records_ REFRAIN_GUARDED_BY(mutex_);
};

}  // namespace refrain::testing
