#include "refrain/app/progress_bar.h"

#include <unistd.h>

#include <cstdio>
#include <string>

namespace refrain::app {

ProgressBar::ProgressBar() : is_interactive_(::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (!is_drawn_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}

void ProgressBar::show(std::size_t done, std::size_t all) {
  constexpr std::size_t kPlaces = 40;
  if (!is_interactive_ || all == 0) return;
  const std::size_t percent = done * 100 / all;
  if (is_drawn_ && percent == percent_) return;
  percent_ = percent;
  is_drawn_ = true;
  std::string bar;
  for (std::size_t place = 0; place < kPlaces; ++place)
    bar += place * 100 < percent * kPlaces ? "█" : "░";
  std::fprintf(stderr, "\r\033[K%s %zu %%", bar.c_str(), percent);
  std::fflush(stderr);
}

}  // namespace refrain::app
