#include "refrain/app/terminal.h"

#include "app/captured.h"

#include <gtest/gtest.h>

#include <pty.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace refrain::app {
namespace {

using testing::captured;

/// Standard output is a terminal until the end of the scope.
class PretendedTerminal {
public:
  PretendedTerminal() {
    std::fflush(stdout);
    int slave = -1;
    if (::openpty(&master_, &slave, nullptr, nullptr, nullptr) != 0)
      throw std::runtime_error("cannot make a terminal");
    former_ = ::dup(STDOUT_FILENO);
    ::dup2(slave, STDOUT_FILENO);
    ::close(slave);
  }
  PretendedTerminal(const PretendedTerminal&) = delete;
  PretendedTerminal& operator=(const PretendedTerminal&) = delete;
  ~PretendedTerminal() {
    std::fflush(stdout);
    ::dup2(former_, STDOUT_FILENO);
    ::close(former_);
    ::close(master_);
  }

private:
  int master_ = -1;
  int former_ = -1;
};

TEST(Terminal, WritesLinesToStandardOutputAndErrorsToStandardError) {
  const auto said = captured([] {
    const Terminal terminal;
    terminal.print("a line");
    terminal.complain("an error");
    return 0;
  });

  EXPECT_EQ(said.out, "a line\n");
  EXPECT_EQ(said.err, "refrain: an error\n");
}

TEST(Terminal, HasNoColourAndNoProgressWhereNobodyLooks) {
  const auto said = captured([] {
    const Terminal terminal;
    EXPECT_FALSE(terminal.is_interactive());
    terminal.progress("working");
    terminal.progress("");
    terminal.print(terminal.bold("b") + terminal.dim("d") + terminal.green("g") +
                   terminal.yellow("y") + terminal.red("r"));
    return 0;
  });

  EXPECT_EQ(said.out, "bdgyr\n");
}

TEST(Terminal, HasColourWhereAPersonLooks) {
  ::unsetenv("NO_COLOR");
  const PretendedTerminal pretended;
  const Terminal terminal;

  EXPECT_TRUE(terminal.is_interactive());
  EXPECT_EQ(terminal.red("r"), "\033[31mr\033[0m");
}

TEST(Terminal, HasNoColourIfThePersonWantsNone) {
  ::setenv("NO_COLOR", "1", 1);
  const PretendedTerminal pretended;
  const Terminal terminal;
  ::unsetenv("NO_COLOR");

  EXPECT_TRUE(terminal.is_interactive());
  EXPECT_EQ(terminal.red("r"), "r");
}

}  // namespace
}  // namespace refrain::app
