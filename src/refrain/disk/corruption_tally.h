#pragma once

/// @file
/// Counts what was found damaged, and notes it in the log.

#include "refrain/core/log.h"
#include "refrain/disk/corruption.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>

namespace refrain {

/// A store's own reporter. A disk that rots can damage many thousand records: the first hundred are
/// logged, the rest only counted.
///
/// Thread safety: any. Ownership: `log` outlives it.
class CorruptionTally final : public CorruptionReporter {
public:
  /// @param next Told as well; may be null.
  CorruptionTally(std::filesystem::path directory,
                  Log& log,
                  std::shared_ptr<CorruptionReporter> next)
      : directory_(std::move(directory)),
        log_(log),
        next_(std::move(next)) {}

  void report(const Corruption& found) override;

  [[nodiscard]] CorruptionCounts counts() const;

private:
  const std::filesystem::path directory_;
  Log& log_;
  const std::shared_ptr<CorruptionReporter> next_;
  std::array<std::atomic<std::int64_t>, Corruption::kKinds> counts_{};
  std::atomic<std::int64_t> logged_{0};
};

}  // namespace refrain
