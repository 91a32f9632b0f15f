#pragma once

/// @file
/// `refrain cache verify`.

#include "refrain/app/terminal.h"
#include "refrain/core/mutex.h"
#include "refrain/disk/corruption.h"
#include "refrain/disk/segment_store.h"

#include <cstdint>
#include <vector>

namespace refrain::app {

/// Keeps what a store reports as damaged, to be listed later.
class CorruptionList final : public CorruptionReporter {
public:
  void report(const Corruption& found) override;
  [[nodiscard]] std::vector<Corruption> take();

private:
  Mutex mutex_;
  std::vector<Corruption> found_ REFRAIN_GUARDED_BY(mutex_);
};

enum class VerifyOutput : std::uint8_t { kText, kJson };

/// Reads every entry of a store, lists what is damaged and sums up. `found` is the store's reporter
/// since it was opened. Returns the exit code: 1 if something is damaged, or unreadable, after all.
int verify_cache(SegmentStore& store,
                 CorruptionList& found,
                 SegmentStore::Repair repair,
                 VerifyOutput output,
                 const Terminal& terminal);

}  // namespace refrain::app
