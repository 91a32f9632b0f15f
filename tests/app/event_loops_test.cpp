#include "refrain/app/event_loops.h"

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <set>
#include <thread>

namespace refrain::app {
namespace {

std::thread::id thread_of(boost::asio::io_context& loop) {
  std::promise<std::thread::id> id;
  boost::asio::post(loop, [&id] { id.set_value(std::this_thread::get_id()); });
  return id.get_future().get();
}

TEST(EventLoops, AreOneForEachCoreUnlessToldOtherwise) {
  EXPECT_EQ(EventLoops(3).contexts().size(), 3U);
  EXPECT_EQ(EventLoops(0).contexts().size(), std::max(1U, std::thread::hardware_concurrency()));
}

TEST(EventLoops, RunOnAThreadEach) {
  EventLoops loops(3);
  loops.start();

  std::set<std::thread::id> threads;
  for (boost::asio::io_context* loop : loops.contexts())
    threads.insert(thread_of(*loop));

  EXPECT_EQ(threads.size(), 3U);
  EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
  EXPECT_EQ(&loops.first(), loops.contexts().front());
}

TEST(EventLoops, GoOnWithoutWorkUntilTheyAreStopped) {
  EventLoops loops(1);
  loops.start();
  thread_of(loops.first());

  EXPECT_FALSE(loops.first().stopped());
  loops.stop();

  EXPECT_TRUE(loops.first().stopped());
}

TEST(EventLoops, MayBeStoppedTwiceAndBeforeTheyStart) {
  EventLoops loops(2);
  loops.stop();
  loops.stop();
}

}  // namespace
}  // namespace refrain::app
