#pragma once

/// @file
/// Frees what was taken out of a memory cache, once nobody can see it.

#include "refrain/cache/resident.h"
#include "refrain/core/mutex.h"
#include "refrain/memory/read_sections.h"
#include "refrain/memory/tag_table.h"

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace refrain {

/// Holds entries and tables that have left until no reader can see them, then frees them. What
/// waits is bounded: beyond some batches, who retires more waits for the readers. A hit takes
/// nanoseconds; a miss may wait for a shard's lock.
///
/// Thread safety: any member from any thread. Nobody calls it with a shard's lock held.
/// Ownership: of what is retired. `sections` outlives it; at its end no reader is left.
class Reclaimer {
public:
  explicit Reclaimer(ReadSections& sections) : sections_(sections) {}
  Reclaimer(const Reclaimer&) = delete;
  Reclaimer& operator=(const Reclaimer&) = delete;
  ~Reclaimer();

  /// Takes over entries that no new reader can find.
  void retire(std::span<Resident* const> entries);
  /// Takes over a table that no new reader can find.
  void retire(std::unique_ptr<TagTable> table);

  /// Frees what nobody can see any more.
  void reclaim();

  /// Bytes that wait.
  [[nodiscard]] std::size_t waiting_bytes() const;

private:
  /// What has left during one era.
  struct Batch {
    std::vector<Resident*> entries;
    std::vector<std::unique_ptr<TagTable>> tables;
    std::size_t bytes = 0;

    void free();
  };

  /// The batch that is to be freed now, which may be empty.
  [[nodiscard]] Batch turn() REFRAIN_REQUIRES(mutex_);
  void relieve();

  ReadSections& sections_;
  mutable Mutex mutex_;
  Batch past_ REFRAIN_GUARDED_BY(mutex_);     // left before the present era
  Batch present_ REFRAIN_GUARDED_BY(mutex_);  // left during it
};

}  // namespace refrain
