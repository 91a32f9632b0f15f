#include "refrain/app/terminal.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace refrain::app {

Terminal::Terminal() : is_interactive_(::isatty(STDOUT_FILENO) == 1) {
  // Read once, before any thread could change it. https://no-color.org
  const char* no_colour =
      std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): nothing sets it
  has_colour_ = is_interactive_ && (no_colour == nullptr || *no_colour == '\0');
}

void Terminal::print(std::string_view line) const {
  std::fprintf(stdout, "%.*s\n", static_cast<int>(line.size()), line.data());
  std::fflush(stdout);
}

void Terminal::complain(std::string_view message) const {
  std::fprintf(stderr, "refrain: %.*s\n", static_cast<int>(message.size()), message.data());
}

void Terminal::progress(std::string_view line) const {
  if (!is_interactive_) return;
  std::fprintf(stdout, "\r\033[K%.*s", static_cast<int>(line.size()), line.data());
  std::fflush(stdout);
}

std::string Terminal::styled(std::string_view code, std::string_view text) const {
  if (!has_colour_) return std::string(text);
  return "\033[" + std::string(code) + "m" + std::string(text) + "\033[0m";
}

}  // namespace refrain::app
