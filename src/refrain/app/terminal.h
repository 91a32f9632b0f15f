#pragma once

/// @file
/// What the program says to a person.

#include <string>
#include <string_view>

namespace refrain::app {

/// Standard output and standard error; in colour only where a person looks at them (a terminal, and
/// no `NO_COLOR` in the environment).
class Terminal {
public:
  Terminal();

  void print(std::string_view line) const;
  /// An error, on standard error.
  void complain(std::string_view message) const;
  /// Replaces the present line of a terminal; says nothing elsewhere. Empty clears it.
  void progress(std::string_view line) const;

  [[nodiscard]] bool is_interactive() const { return is_interactive_; }
  [[nodiscard]] std::string bold(std::string_view text) const { return styled("1", text); }
  [[nodiscard]] std::string dim(std::string_view text) const { return styled("2", text); }
  [[nodiscard]] std::string green(std::string_view text) const { return styled("32", text); }
  [[nodiscard]] std::string yellow(std::string_view text) const { return styled("33", text); }
  [[nodiscard]] std::string red(std::string_view text) const { return styled("31", text); }

private:
  [[nodiscard]] std::string styled(std::string_view code, std::string_view text) const;

  bool is_interactive_;
  bool has_colour_;
};

}  // namespace refrain::app
