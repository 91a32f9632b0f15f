/// @file
/// Fills a disk cache with stickers that nobody drew, for measurements of a service that starts
/// with it. They are fresh for a day, and `GET /v1/stickers/<digest>.png` finds them.
///
/// usage: fill_store DIRECTORY COUNT DISK_BYTES > DIGESTS
///
/// DISK_BYTES is the size limit that the service will get (`--disk-bytes`). Prints the digests, one
/// a line. Sizes and bytes are those of bench/disk/disk_objects.h.

#include "refrain/core/clock.h"
#include "refrain/core/log.h"
#include "refrain/disk/segment_store.h"

#include "disk/disk_objects.h"
#include "disk/value_of.h"

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

namespace refrain::bench {
namespace {

void fill(const SegmentStore::Options& options, std::size_t count) {
  const DiskObjects objects(count);
  const SystemClock clock;
  NullLog log;
  const auto store = value_of(SegmentStore::open(options, clock, log));
  EntryMetadata metadata;
  metadata.created = clock.now();
  metadata.fresh_until = metadata.created + std::chrono::hours(24);
  metadata.usable_until = metadata.fresh_until;
  metadata.cost = std::chrono::seconds(1);
  for (std::size_t i = 0; i < count; ++i) {
    metadata.key = DiskObjects::key(i);
    value_of(store->insert(Entry::make(metadata, "image/png", objects.body(i))));
    std::printf("%s\n", metadata.key.to_hex().c_str());
  }
  if (store->stats().items != static_cast<std::int64_t>(count))
    throw std::runtime_error("the entries do not fit into DISK_BYTES");
}

}  // namespace
}  // namespace refrain::bench

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: fill_store DIRECTORY COUNT DISK_BYTES > DIGESTS\n", stderr);
    return 2;
  }
  try {
    refrain::SegmentStore::Options options;
    options.directory = argv[1];
    options.max_size_bytes = std::stoll(argv[3]);
    refrain::bench::fill(options, std::stoull(argv[2]));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fill_store: %s\n", error.what());
    return 1;
  }
}
