/// @file
/// What a memory cache says it takes, beside what the allocator gave it: a program of its own, as
/// it replaces the global `operator new`.

#include "refrain/memory/memory_cache.h"

#include "support/manual_clock.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <malloc.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>

namespace {

std::atomic<std::int64_t> allocated = 0;

// glibc keeps a size before the bytes it hands out.
std::int64_t bytes_of(void* memory) {
  return static_cast<std::int64_t>(malloc_usable_size(memory)) + 8;
}

void* counted(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  allocated += bytes_of(memory);
  return memory;
}

void release(void* memory) {
  if (memory == nullptr) return;
  allocated -= bytes_of(memory);
  std::free(memory);  // NOLINT(cppcoreguidelines-no-malloc): what operator delete is made of
}

}  // namespace

void* operator new(std::size_t size) {
  return counted(std::malloc(size == 0 ? 1 : size));  // NOLINT(cppcoreguidelines-no-malloc)
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  void* memory = nullptr;
  if (::posix_memalign(&memory, static_cast<std::size_t>(alignment), size) != 0) memory = nullptr;
  return counted(memory);
}
void* operator new[](std::size_t size) {
  return ::operator new(size);
}
void operator delete(void* memory) noexcept {
  release(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
  release(memory);
}
void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept {
  release(memory);
}
void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
  release(memory);
}
void operator delete[](void* memory) noexcept {
  release(memory);
}
void operator delete[](void* memory, std::size_t /*size*/) noexcept {
  release(memory);
}

namespace refrain::testing {
namespace {

class MemoryCacheAccounting : public ::testing::TestWithParam<PolicyKind> {
protected:
  static constexpr std::size_t kLimitBytes = std::size_t{100} << 20;

  static MemoryCache::Config config_of(std::size_t max_items) {
    MemoryCache::Config config;
    config.max_items = max_items;
    config.max_size_bytes = kLimitBytes;
    config.policy = GetParam();
    config.has_forecast = false;  // but for the adaptive policy, which cannot do without
    return config;
  }

  void fill(MemoryCache& cache, std::size_t from, std::size_t to) {
    const WallTime now = clock_.now();
    for (std::size_t i = from; i < to; ++i)
      cache.insert(sample_entry(sample_key(std::to_string(i)), now, std::string(i * 7 % 900, 'x')),
                   now);
    // What waits for readers, of whom there are none.
    for (int i = 0; i < 3; ++i)
      cache.sweep(now, 1000);
  }

  /// At least what the allocator gave since it had given `before`, and not much more.
  static void expect_true(const MemoryCache& cache, std::int64_t before) {
    const std::int64_t fixed =
        (std::int64_t{10} << 10) + (std::int64_t{5} << 10) * static_cast<int>(cache.shard_count());
    const std::int64_t given = allocated - before;

    const TierStats stats = cache.stats();
    const std::int64_t told = stats.size_bytes + stats.memory->overhead_bytes;
    EXPECT_GE(told + fixed, given);
    EXPECT_LE(static_cast<double>(told), 1.12 * static_cast<double>(given));
    EXPECT_LE(told, stats.max_size_bytes);
  }

private:
  ManualClock clock_;
};

TEST_P(MemoryCacheAccounting, SaysWhatTheAllocatorGaveWhileItFills) {
  for (const std::size_t items : {12'500U, 16'500U, 20'000U}) {
    const std::int64_t before = allocated;
    MemoryCache cache(config_of(20'000));

    fill(cache, 0, items);

    ASSERT_EQ(cache.stats().insertions, static_cast<std::int64_t>(items));
    expect_true(cache, before);
  }
}

TEST_P(MemoryCacheAccounting, SaysWhatTheAllocatorGaveWhenItIsFull) {
  const std::int64_t before = allocated;
  MemoryCache cache(config_of(20'000));

  fill(cache, 0, 50'000);

  ASSERT_EQ(cache.stats().items, 20'000);
  expect_true(cache, before);
}

TEST_P(MemoryCacheAccounting, GivesBackWhatItDoesNotNeedAnyMore) {
  const std::int64_t before = allocated;
  MemoryCache cache(config_of(20'000));
  fill(cache, 0, 20'000);

  cache.set_limits(2000, kLimitBytes);
  fill(cache, 20'000, 20'100);

  EXPECT_EQ(cache.stats().items, 2000);
  expect_true(cache, before);
}

TEST_P(MemoryCacheAccounting, ClearGivesAllBack) {
  MemoryCache cache(config_of(20'000));
  const std::int64_t empty = allocated;
  fill(cache, 0, 20'000);

  cache.clear();

  // A forecast keeps its own tables: the keys come back.
  if (GetParam() != PolicyKind::kAdaptive) EXPECT_LT(allocated - empty, 4 << 10);
  EXPECT_EQ(cache.stats().items, 0);
}

INSTANTIATE_TEST_SUITE_P(Kinds,
                         MemoryCacheAccounting,
                         ::testing::ValuesIn(kPolicyKinds),
                         [](const auto& info) { return std::string(name_of(info.param)); });

}  // namespace
}  // namespace refrain::testing
