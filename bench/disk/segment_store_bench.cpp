#include "refrain/core/log.h"
#include "refrain/disk/segment_header.h"
#include "refrain/disk/segment_store.h"

#include "support/manual_clock.h"
#include "support/sample_entry.h"
#include "support/temp_dir.h"

#include <benchmark/benchmark.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace refrain::testing {
namespace {

constexpr std::size_t kBodySize = 30'000;
constexpr std::size_t kEntries = 1000;
constexpr std::size_t kWrittenKeys = 4000;

/// Bytes that do not repeat, so that no layer below can be clever about them.
std::string random_body() {
  std::mt19937 random(1);
  std::string body(kBodySize, '\0');
  for (char& byte : body)
    byte = static_cast<char>(random());
  return body;
}

Entry entry_named(std::size_t i, const ManualClock& clock) {
  static const std::string body = random_body();
  return sample_entry(sample_key(std::to_string(i)), clock.now(), body, "image/png");
}

std::unique_ptr<SegmentStore> open_store(const TempDir& dir, const ManualClock& clock, Log& log) {
  SegmentStore::Options options;
  options.directory = dir.path();
  options.max_size_bytes = 128 << 20;
  Result<std::unique_ptr<SegmentStore>> store = SegmentStore::open(options, clock, log);
  if (!store) throw std::runtime_error(store.error().message());
  return std::move(*store);
}

std::vector<Entry> entries(std::size_t count, const ManualClock& clock) {
  std::vector<Entry> made;
  for (std::size_t i = 0; i < count; ++i)
    made.push_back(entry_named(i, clock));
  return made;
}

void set_bytes(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kBodySize));
}

void write_file_per_object(const std::string& path, std::string_view body) {
  const std::string draft = path + ".tmp";
  const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const ssize_t written = ::write(file, body.data(), body.size());
  ::close(file);
  if (written != static_cast<ssize_t>(body.size()) ||
      std::rename(draft.c_str(), path.c_str()) != 0) {
    throw std::runtime_error("cannot write a file");
  }
}

void store_insert(benchmark::State& state) {
  const TempDir dir;
  const ManualClock clock;
  NullLog log;
  const auto store = open_store(dir, clock, log);
  const std::vector<Entry> all = entries(kEntries, clock);
  std::size_t next = 0;
  for (auto _ : state) {
    if (!store->insert(all[next++ % all.size()])) state.SkipWithError("insert failed");
  }
  set_bytes(state);
}

/// The bare cost of what an insert asks of the kernel.
void bare_append(benchmark::State& state) {
  const TempDir dir;
  const std::string body = random_body();
  const std::string path = (dir.path() / "log").string();
  int file = -1;
  std::size_t count = 0;
  for (auto _ : state) {
    if (count++ % kWrittenKeys == 0) {
      if (file >= 0) ::close(file);
      ::unlink(path.c_str());
      file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
    if (::write(file, body.data(), body.size()) < 0) state.SkipWithError("write failed");
  }
  ::close(file);
  set_bytes(state);
}

void file_per_object_insert(benchmark::State& state) {
  const TempDir dir;
  const std::string body = random_body();
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < kWrittenKeys; ++i)
    paths.push_back((dir.path() / sample_key(std::to_string(i)).to_hex()).string());
  std::size_t next = 0;
  for (auto _ : state)
    write_file_per_object(paths[next++ % paths.size()], body);
  set_bytes(state);
}

void store_find(benchmark::State& state) {
  const TempDir dir;
  const ManualClock clock;
  NullLog log;
  const auto store = open_store(dir, clock, log);
  std::vector<CacheKey> keys;
  for (const Entry& entry : entries(kEntries, clock)) {
    keys.push_back(entry.key());
    if (!store->insert(entry)) state.SkipWithError("insert failed");
  }
  std::minstd_rand random(1);
  for (auto _ : state) {
    auto found = store->find(keys[random() % keys.size()]);
    if (!found || !*found) state.SkipWithError("miss");
    benchmark::DoNotOptimize(found);
  }
  set_bytes(state);
}

/// The floor of a hit: the same bytes from the same place into a buffer that is there already.
void one_pread(benchmark::State& state) {
  const TempDir dir;
  const ManualClock clock;
  NullLog log;
  const auto store = open_store(dir, clock, log);
  for (const Entry& entry : entries(kEntries, clock)) {
    if (!store->insert(entry)) state.SkipWithError("insert failed");
  }
  std::vector<int> files;
  for (std::uint64_t id = 1; id <= 8; ++id) {
    const int file = ::open((dir.path() / segment_file_name(id)).c_str(), O_RDONLY | O_CLOEXEC);
    if (file >= 0) files.push_back(file);
  }
  const std::size_t record = RecordHeader::kSize + std::string_view("image/png").size() + kBodySize;
  const std::size_t per_segment = ((8U << 20U) - SegmentHeader::kSize) / record;
  std::string buffer(record, '\0');
  std::minstd_rand random(1);
  for (auto _ : state) {
    const std::size_t i = random() % kEntries;
    const auto offset = static_cast<off_t>(SegmentHeader::kSize + (i % per_segment) * record);
    if (::pread(files[i / per_segment], buffer.data(), record, offset) !=
        static_cast<ssize_t>(record)) {
      state.SkipWithError("short read");
    }
    benchmark::DoNotOptimize(buffer.data());
  }
  for (const int file : files)
    ::close(file);
  set_bytes(state);
}

void file_per_object_read(benchmark::State& state) {
  const TempDir dir;
  const std::string body = random_body();
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < kEntries; ++i) {
    paths.push_back((dir.path() / sample_key(std::to_string(i)).to_hex()).string());
    write_file_per_object(paths.back(), body);
  }
  std::string buffer(kBodySize, '\0');
  std::minstd_rand random(1);
  for (auto _ : state) {
    const int file = ::open(paths[random() % paths.size()].c_str(), O_RDONLY | O_CLOEXEC);
    const ssize_t count = ::read(file, buffer.data(), buffer.size());
    ::close(file);
    if (count != static_cast<ssize_t>(kBodySize)) state.SkipWithError("short read");
    benchmark::DoNotOptimize(buffer.data());
  }
  set_bytes(state);
}

/// What a key that is not there costs: the index alone.
void store_miss(benchmark::State& state) {
  const TempDir dir;
  const ManualClock clock;
  NullLog log;
  const auto store = open_store(dir, clock, log);
  const CacheKey key = sample_key("nobody");
  for (auto _ : state)
    benchmark::DoNotOptimize(store->may_hold(key));
}

/// A restart with `range(0)` small records.
void recover(benchmark::State& state) {
  const TempDir dir;
  const ManualClock clock;
  NullLog log;
  {
    const auto store = open_store(dir, clock, log);
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      const Entry entry =
          sample_entry(sample_key(std::to_string(i)), clock.now(), std::string(100, 'x'));
      if (!store->insert(entry)) state.SkipWithError("insert failed");
    }
  }
  for (auto _ : state)
    benchmark::DoNotOptimize(open_store(dir, clock, log));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(store_find);
BENCHMARK(one_pread);
BENCHMARK(file_per_object_read);
BENCHMARK(store_miss);
BENCHMARK(store_insert);
BENCHMARK(bare_append);
BENCHMARK(file_per_object_insert);
BENCHMARK(recover)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace refrain::testing
