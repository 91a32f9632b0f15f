#include "support/gate.h"

#include "support/run.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace refrain::testing {
namespace {

TEST(Gate, LetsEverybodyPassAtFirst) {
  Gate gate;
  boost::asio::io_context loop(1);

  EXPECT_NO_THROW(run(loop, gate.pass()));
}

TEST(Gate, HoldsThoseWhoComeWhileItIsClosedUntilItOpens) {
  Gate gate;
  boost::asio::io_context loop(1);
  int passed = 0;
  auto on_passed = [&passed](const std::exception_ptr&) {
    ++passed;
  };
  gate.close();
  boost::asio::co_spawn(loop.get_executor(), gate.pass(), on_passed);
  boost::asio::co_spawn(loop.get_executor(), gate.pass(), on_passed);

  loop.poll();
  ASSERT_EQ(passed, 0);
  ASSERT_EQ(gate.waiting(), 2U);
  gate.open();
  loop.run();

  EXPECT_EQ(passed, 2);
  EXPECT_EQ(gate.waiting(), 0U);
}

TEST(Gate, MayBeOpenedBeforeTheWaitingCoroutineHasGoneToSleep) {
  Gate gate;
  boost::asio::io_context loop(1);
  int passed = 0;
  auto on_passed = [&passed](const std::exception_ptr&) {
    ++passed;
  };
  gate.close();
  boost::asio::co_spawn(loop.get_executor(), gate.pass(), on_passed);

  gate.open();
  loop.run();

  EXPECT_EQ(passed, 1);
}

}  // namespace
}  // namespace refrain::testing
