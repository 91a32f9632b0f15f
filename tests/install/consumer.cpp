/// @file
/// Uses the installed library as another project would, and exits 0 if it behaves.

// snippet: include
#include "refrain/cache/canonical_request.h"
#include "refrain/cache/tiered_cache.h"
#include "refrain/disk/disk_cache.h"
#include "refrain/memory/memory_tier.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
// end snippet

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

std::atomic<int> generations{0};

std::string slow_model(const std::string& question) {
  ++generations;
  return "what one answers to " + question;
}

// snippet: reply
refrain::Task<void> reply(refrain::TieredCache& cache, std::string question, std::string& text) {
  refrain::KeySpace space;
  space.service = "chat";
  space.model = "ours";
  space.model_version = "7";  // another version, and what this one said is no answer any more
  space.epoch = cache.epoch();
  refrain::CanonicalRequest request(space);
  request.add("question", question);

  refrain::Generator generate = [question]() -> refrain::Task<refrain::Result<refrain::Generated>> {
    co_return refrain::Generated("text/plain", slow_model(question));
  };
  const refrain::Result<refrain::Answer> answer = co_await cache.get_or_generate(
      request.key(), refrain::CacheDirectives(), std::move(generate));
  text = answer ? answer->entry().body() : answer.error().message();
}
// end snippet

std::string ask(refrain::TieredCache& cache, const std::string& question) {
  boost::asio::io_context loop(1);
  std::string text;
  boost::asio::co_spawn(loop.get_executor(), reply(cache, question, text), boost::asio::detached);
  loop.run();
  return text;
}

int ask_twice(const std::string& directory) {
  // snippet: cache
  const refrain::SystemClock clock;
  refrain::NullLog log;
  refrain::Epoch epoch;

  refrain::MemoryCache::Config memory;
  memory.max_items = 10'000;
  refrain::DiskCache::Options disk;
  disk.directory = directory;
  disk.max_size_bytes = std::int64_t{1} << 30;

  std::vector<std::unique_ptr<refrain::Tier>> tiers;  // asked in this order; Redis is one, too
  tiers.push_back(std::make_unique<refrain::MemoryTier>(memory, clock));
  tiers.push_back(std::make_unique<refrain::DiskCache>(disk, clock, log));
  refrain::TieredCache cache(std::move(tiers), refrain::TieredCache::Config(), clock, epoch, log);
  // end snippet

  const std::string first = ask(cache, "why?");
  const std::string second = ask(cache, "why?");
  return first == "what one answers to why?" && second == first && generations == 1 ? 0 : 1;
}

}  // namespace

int main() {
  const std::string directory = std::filesystem::temp_directory_path() / "refrain_consumer_cache";
  std::filesystem::remove_all(directory);
  const int failed = ask_twice(directory);
  std::filesystem::remove_all(directory);
  std::puts(failed == 0 ? "generated once, answered twice, by the installed library"
                        : "the installed library did not answer as it should");
  return failed;
}
