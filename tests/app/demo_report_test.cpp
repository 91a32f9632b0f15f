#include "refrain/app/demo_report.h"

#include "app/captured.h"

#include <gtest/gtest.h>

#include <chrono>

namespace refrain::app {
namespace {

using namespace std::chrono_literals;
using testing::captured;

TEST(DemoReport, SucceedsIfEveryCheckHolds) {
  const auto said = captured([] {
    const Terminal terminal;
    DemoReport report(terminal);
    report.title("Title");
    report.step("First");
    EXPECT_TRUE(report.check(true, "holds"));
    report.note("by the way");
    report.step("Second");
    report.check(true, "holds too");
    return report.finish();
  });

  EXPECT_EQ(said.exit_code, 0);
  EXPECT_EQ(said.out,
            "\nTitle\n"
            "\n1  First\n"
            "   ✓ holds\n"
            "     by the way\n"
            "\n2  Second\n"
            "   ✓ holds too\n"
            "\nAll 2 checks passed.\n");
}

TEST(DemoReport, FailsIfOneCheckDoesNot) {
  const auto said = captured([] {
    const Terminal terminal;
    DemoReport report(terminal);
    report.check(true, "holds");
    EXPECT_FALSE(report.check(false, "does not"));
    report.check(true, "holds");
    return report.finish();
  });

  EXPECT_EQ(said.exit_code, 1);
  EXPECT_NE(said.out.find("   ✗ does not\n"), std::string::npos);
  EXPECT_NE(said.out.find("1 of 3 checks failed."), std::string::npos);
}

TEST(DurationText, ChoosesAUnitForPeople) {
  EXPECT_EQ(duration_text(35'200ns), "35.2 µs");
  EXPECT_EQ(duration_text(250ns), "0.2 µs");
  EXPECT_EQ(duration_text(812'400us), "812 ms");
  EXPECT_EQ(duration_text(1'500us), "1.5 ms");
  EXPECT_EQ(duration_text(2s), "2.0 s");
  EXPECT_EQ(duration_text(125s), "125 s");
}

TEST(SpeedupText, GroupsItsDigits) {
  EXPECT_EQ(speedup_text(5ns, 5ns), "1 times faster");
  EXPECT_EQ(speedup_text(999ns, 1ns), "999 times faster");
  EXPECT_EQ(speedup_text(23'081us, 1us), "23,081 times faster");
  EXPECT_EQ(speedup_text(1'234'567ns, 1ns), "1,234,567 times faster");
  EXPECT_EQ(speedup_text(7ns, 0ns), "7 times faster");
}

}  // namespace
}  // namespace refrain::app
