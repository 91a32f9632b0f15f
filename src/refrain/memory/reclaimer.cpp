#include "refrain/memory/reclaimer.h"

#include "refrain/cache/entry.h"

#include <thread>
#include <utility>

namespace refrain {

namespace {

// Looking at all readers takes a fraction of a microsecond: once for so many.
constexpr std::size_t kBatchEntries = 64;
constexpr std::size_t kBatchBytes = std::size_t{256} << 10U;
// Readers that are inside when their thread loses its core stay for milliseconds: so much may wait
// for them before those who insert do.
constexpr std::size_t kMostWaiting = 8;  // batches

}  // namespace

void Reclaimer::Batch::free() {
  for (Resident* entry : entries)
    const Entry last = Entry::reclaim(*entry);
  entries.clear();
  tables.clear();
  bytes = 0;
}

Reclaimer::~Reclaimer() {
  const MutexLock lock(mutex_);
  past_.free();
  present_.free();
}

void Reclaimer::retire(std::span<Resident* const> entries) {
  if (entries.empty()) return;
  {
    const MutexLock lock(mutex_);
    present_.entries.insert(present_.entries.end(), entries.begin(), entries.end());
    for (const Resident* entry : entries)
      present_.bytes += entry->charge;
    if (present_.entries.size() < kBatchEntries && present_.bytes < kBatchBytes) return;
  }
  relieve();
}

void Reclaimer::retire(std::unique_ptr<TagTable> table) {
  {
    const MutexLock lock(mutex_);
    present_.bytes += table->bytes();
    present_.tables.push_back(std::move(table));
  }
  relieve();
}

Reclaimer::Batch Reclaimer::turn() {
  if (!sections_.is_past_left()) return {};
  Batch free = std::exchange(past_, std::exchange(present_, {}));
  sections_.begin_era();
  return free;
}

void Reclaimer::reclaim() {
  Batch batch;
  {
    const MutexLock lock(mutex_);
    batch = turn();
  }
  batch.free();
}

void Reclaimer::relieve() {
  for (;;) {
    bool is_too_much = false;
    Batch batch;
    {
      const MutexLock lock(mutex_);
      batch = turn();
      is_too_much = present_.entries.size() >= kMostWaiting * kBatchEntries ||
                    present_.bytes >= kMostWaiting * kBatchBytes;
    }
    batch.free();
    if (!is_too_much) return;
    std::this_thread::yield();
  }
}

std::size_t Reclaimer::waiting_bytes() const {
  const MutexLock lock(mutex_);
  return past_.bytes + present_.bytes;
}

}  // namespace refrain
