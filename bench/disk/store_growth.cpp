/// @file
/// How the disk cache grows with the number of its entries, 16 bytes each: a table in Markdown.
///
/// usage: store_growth [ENTRIES...]      10000 100000 1000000 10000000 by default
///
/// The largest takes about a minute, 1.5 GB of disk (TMPDIR says which) and the memory it reports.
/// *Insert* includes making the entry, with its checksum. *Told* is what the store says of its
/// index, *allocated* what malloc gave out since the store was opened, both divided by the entries.
/// *Reopen* is a clean restart, *after a kill* one without the snapshot INDEX, by scanning the
/// segments; their files are in the page cache.

#include "refrain/core/clock.h"
#include "refrain/core/log.h"
#include "refrain/disk/segment_store.h"

#include "disk/figures.h"
#include "disk/numbered_key.h"
#include "disk/value_of.h"
#include "support/temp_dir.h"

#include <malloc.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace refrain::bench {
namespace {

constexpr std::array<std::uint64_t, 4> kSizes{10'000, 100'000, 1'000'000, 10'000'000};
constexpr std::string_view kBody = "sixteen bytes...";
constexpr const char* kSnapshotName = "INDEX";
constexpr std::size_t kFinds = 100'000;

std::int64_t allocated_bytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return static_cast<std::int64_t>(info.uordblks + info.hblkhd);
}

/// One row of the table: a store of so many entries.
class Growth {
public:
  explicit Growth(std::uint64_t entries) : entries_(entries) {}

  void run() {
    const std::int64_t allocated_before = allocated_bytes();
    auto store = open();
    const double insert_us = insert(*store);
    const auto allocated = static_cast<double>(allocated_bytes() - allocated_before);
    const auto told = static_cast<double>(store->stats().index_bytes);
    store.reset();

    const double clean_ms = reopen(store);
    const double find_us = median_find(*store);
    store.reset();

    std::filesystem::remove(directory_.path() / kSnapshotName);
    const double killed_ms = reopen(store);

    const auto entries = static_cast<double>(entries_);
    std::printf("| %s", words_of(entries).c_str());
    for (const double figure :
         {insert_us, told / entries, allocated / entries, clean_ms, killed_ms, find_us})
      std::printf(" | %s", words_of(figure).c_str());
    std::printf(" |\n");
    std::fflush(stdout);
  }

private:
  std::unique_ptr<SegmentStore> open() {
    SegmentStore::Options options;
    options.directory = directory_.path();
    options.max_size_bytes = std::int64_t{8} << 30U;  // nothing is evicted
    return value_of(SegmentStore::open(options, clock_, log_));
  }

  /// Microseconds an entry, making it included.
  double insert(SegmentStore& store) {
    EntryMetadata metadata;
    metadata.created = clock_.now();
    metadata.fresh_until = metadata.created + std::chrono::hours(24);
    metadata.usable_until = metadata.fresh_until;
    const Stopwatch watch;
    for (std::uint64_t i = 0; i < entries_; ++i) {
      metadata.key = numbered_key(i);
      if (value_of(store.insert(Entry::make(metadata, "text/plain", kBody))) !=
          InsertOutcome::kStored)
        throw std::runtime_error("the store refused an entry");
    }
    return watch.microseconds() / static_cast<double>(entries_);
  }

  /// Milliseconds until the store is open and has all entries.
  double reopen(std::unique_ptr<SegmentStore>& store) {
    const Stopwatch watch;
    store = open();
    const double milliseconds = watch.microseconds() / 1e3;
    if (store->stats().items != static_cast<std::int64_t>(entries_))
      throw std::runtime_error("entries were lost");
    return milliseconds;
  }

  double median_find(SegmentStore& store) const {
    std::mt19937_64 random(1);
    std::vector<double> times;
    times.reserve(kFinds);
    for (std::size_t i = 0; i < kFinds; ++i) {
      const CacheKey key = numbered_key(random() % entries_);
      const Stopwatch watch;
      const std::optional<Entry> found = value_of(store.find(key));
      times.push_back(watch.microseconds());
      if (!found || found->body() != kBody) throw std::runtime_error("an entry is missing");
    }
    return percentile(std::move(times), 0.5);
  }

  const std::uint64_t entries_;
  const testing::TempDir directory_;
  const SystemClock clock_;
  NullLog log_;
};

void run(std::span<char*> arguments) {
  std::vector<std::uint64_t> sizes(kSizes.begin(), kSizes.end());
  if (!arguments.empty()) sizes.clear();
  for (const char* argument : arguments)
    sizes.push_back(std::stoull(argument));
  std::printf(
      "| entries | insert µs | index bytes an entry, told | allocated | reopen ms"
      " | after a kill ms | find p50 µs |\n| --: | --: | --: | --: | --: | --: | --: |\n");
  for (const std::uint64_t entries : sizes)
    Growth(entries).run();
}

}  // namespace
}  // namespace refrain::bench

int main(int argc, char** argv) {
  try {
    refrain::bench::run(std::span(argv + 1, static_cast<std::size_t>(argc - 1)));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "store_growth: %s\nusage: store_growth [ENTRIES...]\n", error.what());
    return 1;
  }
}
