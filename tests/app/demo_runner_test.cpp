#include "refrain/app/demo_runner.h"

#include "refrain/cache/epoch.h"
#include "refrain/memory/memory_tier.h"

#include "app/captured.h"
#include "support/manual_clock.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace refrain::app {
namespace {

Task<std::string> say(std::string text) {
  co_return text;
}

Task<std::string> fail_to_say() {
  throw std::runtime_error("cannot");
  co_return "";
}

Task<Result<Generated>> generate() {
  co_return Generated("text/plain", "said");
}

TEST(DemoRunner, WaitsForATask) {
  const Terminal terminal;
  DemoRunner runner(terminal);

  EXPECT_EQ(runner.wait(say("hello")), "hello");
}

TEST(DemoRunner, HandsOnWhatATaskThrows) {
  const Terminal terminal;
  DemoRunner runner(terminal);

  EXPECT_THROW(runner.wait(fail_to_say()), std::runtime_error);
}

TEST(DemoRunner, ShowsNoProgressWhereNobodyLooks) {
  const auto said = testing::captured([] {
    const Terminal terminal;
    DemoRunner runner(terminal);
    return runner.wait(say("hello"), "thinking") == "hello" ? 0 : 1;
  });

  EXPECT_EQ(said.exit_code, 0);
  EXPECT_EQ(said.out, "");
}

TEST(DemoRunner, AsksTheCacheAndOnlyThenTheGenerator) {
  testing::ManualClock clock;
  Epoch epoch;
  NullLog log;
  std::vector<std::unique_ptr<Tier>> tiers;
  tiers.push_back(std::make_unique<MemoryTier>(MemoryCache::Config(), clock));
  TieredCache cache(std::move(tiers), TieredCache::Config(), clock, epoch, log);
  const Terminal terminal;
  DemoRunner runner(terminal);
  int generations = 0;
  const auto ask = [&] {
    return runner.ask(cache, testing::sample_key("a"), [&](TieredCache::Probe probe) {
      ++generations;
      return cache.get_or_generate(std::move(probe), Generator(generate));
    });
  };

  const TimedAnswer first = ask();
  const TimedAnswer second = ask();
  runner.stop();

  EXPECT_TRUE(first.is_generated());
  EXPECT_FALSE(first.came_from("memory"));
  EXPECT_TRUE(second.came_from("memory"));
  EXPECT_FALSE(second.came_from("disk"));
  EXPECT_FALSE(second.is_generated());
  EXPECT_EQ(generations, 1);
}

}  // namespace
}  // namespace refrain::app
