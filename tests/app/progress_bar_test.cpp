#include "refrain/app/progress_bar.h"

#include "app/captured.h"

#include <gtest/gtest.h>

#include <pty.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <stdexcept>
#include <string>

namespace refrain::app {
namespace {

/// What `work` writes to standard error if that is a terminal.
template <class Work>
std::string shown_on_a_terminal(Work work) {
  std::fflush(stderr);
  int master = -1;
  int slave = -1;
  if (::openpty(&master, &slave, nullptr, nullptr, nullptr) != 0)
    throw std::runtime_error("cannot make a terminal");
  const int former = ::dup(STDERR_FILENO);
  ::dup2(slave, STDERR_FILENO);
  work();
  std::fflush(stderr);
  ::dup2(former, STDERR_FILENO);
  ::close(former);
  ::close(slave);
  // A terminal passes on in pieces what was written; it ends with an error once nobody can write.
  std::string text;
  std::array<char, 4096> piece{};
  ssize_t size = 0;
  while ((size = ::read(master, piece.data(), piece.size())) > 0)
    text.append(piece.data(), static_cast<std::size_t>(size));
  ::close(master);
  return text;
}

TEST(ProgressBar, SaysNothingWhereNobodyLooks) {
  const auto said = testing::captured([] {
    ProgressBar().show(1, 2);
    return 0;
  });

  EXPECT_EQ(said.out, "");
  EXPECT_EQ(said.err, "");
}

TEST(ProgressBar, DrawsEachPercentOnceAndGoesAway) {
  const std::string text = shown_on_a_terminal([] {
    ProgressBar bar;
    bar.show(500, 1000);
    bar.show(501, 1000);
  });

  std::string half;
  for (int i = 0; i < 40; ++i)
    half += i < 20 ? "█" : "░";
  EXPECT_EQ(text, "\r\033[K" + half + " 50 %\r\033[K");
}

}  // namespace
}  // namespace refrain::app
