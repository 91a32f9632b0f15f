// A store beside a map, through a sequence of operations and reopenings: it must find exactly what
// the map has. The store is roomy, so nothing leaves for want of room.
//
// Input: operations, one after the other, of three bytes each.
#include "refrain/disk/segment_store.h"

#include "disk/faulty_file_system.h"
#include "support/manual_clock.h"
#include "support/sample_entry.h"
#include "support/temp_dir.h"

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace {

using namespace refrain;  // NOLINT(google-build-using-namespace): a program of one file
using testing::FaultyFileSystem;
using testing::ManualClock;
using testing::TempDir;

constexpr std::size_t kMaxOperations = 300;

void require(bool claim) {
  if (!claim) std::abort();
}

class Run {
public:
  Run() { open(); }

  void step(std::uint8_t operation, std::uint8_t first, std::uint8_t second) {
    const unsigned key = first % 8U;
    switch (operation % 12U) {
      case 0:
      case 1:
      case 2:
        insert(key, second, std::chrono::hours(first < 128 ? 24 * 365 : 1));
        break;
      case 3:
      case 4:
        check(key);
        break;
      case 5:
        erase(key);
        break;
      case 6:
        // Rarely, or nothing would ever grow old.
        if (first % 8U == 0) clear();
        break;
      case 7:
        require(store_->sweep().has_value());
        break;
      case 8:
        clock_.advance(std::chrono::minutes(second % 32U));
        break;
      case 9:
        reopen();
        break;
      case 10:
        reopen_as_if_killed();
        break;
      case 11:
        if (first < 128) {
          stale_ = snapshot();
        } else {
          reopen_with_stale_snapshot();
        }
        break;
    }
    check_sums();
  }

  void check_all() {
    for (unsigned key = 0; key < 8; ++key)
      check(key);
  }

private:
  struct Expected {
    std::string body;
    WallTime usable_until;
  };
  using Snapshot = std::optional<std::string>;

  [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "cache"; }
  [[nodiscard]] std::filesystem::path snapshot_path() const {
    return path() / StoreDirectory::kIndexName;
  }
  static CacheKey key_of(unsigned key) { return testing::sample_key(std::to_string(key)); }

  void open() {
    SegmentStore::Options options;
    options.directory = path();
    options.max_size_bytes = 64 << 20;
    options.segment_size_bytes = 2'100;  // more would be `max_size_bytes` in too many segments
    options.ttl = std::chrono::hours(24 * 3650);
    options.file_system = files_;
    Result<std::unique_ptr<SegmentStore>> store = SegmentStore::open(options, clock_, log_);
    require(store.has_value());
    store_ = std::move(*store);
    require(store_->stats().damaged == 0 && store_->stats().foreign_files == 0);
  }

  [[nodiscard]] Snapshot snapshot() const {
    std::ifstream file(snapshot_path(), std::ios::binary);
    if (!file) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  void reopen_with(const Snapshot& left) {
    // Without any file the numbers of segments begin anew: nothing older may be put back then.
    if (!left && store_->stats().segments == 0) stale_.reset();
    store_.reset();
    std::filesystem::remove(snapshot_path());
    if (left) std::ofstream(snapshot_path(), std::ios::binary) << *left;
    open();
    check_all();
  }
  void reopen() {
    store_.reset();
    open();
    check_all();
  }
  void reopen_as_if_killed() { reopen_with(snapshot()); }
  void reopen_with_stale_snapshot() { reopen_with(stale_); }

  void insert(unsigned key, std::uint8_t size, std::chrono::hours life) {
    EntryMetadata metadata;
    metadata.key = key_of(key);
    metadata.created = clock_.now();
    metadata.fresh_until = clock_.now() + life;
    metadata.usable_until = metadata.fresh_until;
    const std::string body =
        std::to_string(++version_) + std::string(std::size_t{size} * 4, static_cast<char>(size));
    const Result<InsertOutcome> outcome = store_->insert(Entry::make(metadata, "text/plain", body));
    require(outcome.has_value() && *outcome == InsertOutcome::kStored);
    model_[key] = Expected{body, metadata.usable_until};
  }

  [[nodiscard]] std::optional<std::string> expected(unsigned key) const {
    const auto found = model_.find(key);
    if (found == model_.end() || found->second.usable_until <= clock_.now()) return std::nullopt;
    return found->second.body;
  }

  void check(unsigned key) {
    const Result<std::optional<Entry>> found = store_->find(key_of(key));
    require(found.has_value());
    const std::optional<std::string> wanted = expected(key);
    require(found->has_value() == wanted.has_value());
    if (wanted) require((*found)->body() == *wanted);
  }

  void erase(unsigned key) {
    const bool was_there = expected(key).has_value();
    const Result<bool> erased = store_->erase(key_of(key));
    require(erased.has_value() && *erased == was_there);
    model_.erase(key);
  }

  void clear() {
    require(store_->clear(1).has_value());
    model_.clear();
    require(store_->stats().items == 0);
  }

  void check_sums() const {
    const SegmentStore::Stats stats = store_->stats();
    require(stats.insertions - stats.removals.total() == stats.items);
    require(stats.removals.capacity == 0 && stats.removals.corrupt == 0);
  }

  const TempDir folder_;
  const std::shared_ptr<FaultyFileSystem> files_ = std::make_shared<FaultyFileSystem>();
  ManualClock clock_;
  NullLog log_;
  std::unique_ptr<SegmentStore> store_;
  std::map<unsigned, Expected> model_;
  Snapshot stale_;
  int version_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::span<const std::uint8_t> rest(data, size);
  Run run;
  for (std::size_t count = 0; rest.size() >= 3 && count < kMaxOperations; ++count) {
    run.step(rest[0], rest[1], rest[2]);
    rest = rest.subspan(3);
  }
  run.check_all();
  return 0;
}
