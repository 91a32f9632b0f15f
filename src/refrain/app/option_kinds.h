#pragma once

/// @file
/// The kinds of options that there are: how each is read and shown.

#include "refrain/app/option.h"
#include "refrain/app/option_values.h"
#include "refrain/app/settings.h"
#include "refrain/core/result.h"

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace refrain::app {

inline constexpr std::int64_t kAnyCount = 1'000'000'000'000;
/// A thousand years: nothing overflows, and nobody waits for it.
inline constexpr std::int64_t kAnySeconds = 31'536'000'000;

/// What names an option; the rest of its definition is how it is read.
struct Names {
  const char* flag;
  const char* environment;
  const char* toml;
  const char* unit;
  const char* help;
};

inline Option named(const Names& names) {
  Option option;
  option.flag = names.flag;
  option.environment = names.environment;
  option.toml = names.toml;
  option.unit = names.unit;
  option.help = names.help;
  return option;
}

struct Range {
  std::int64_t smallest;
  std::int64_t largest;
};

/// A number or a duration: `member` leads to it from the settings.
template <class Member>
Option number(const Names& names, Member member, Range range) {
  Option option = named(names);
  option.read = [member, range](Settings& settings, std::string_view text) -> Result<void> {
    const Result<std::int64_t> value = read_integer(text, range.smallest, range.largest);
    if (!value) return fail(value.error());
    auto& target = member(settings);
    using Target = std::remove_reference_t<decltype(target)>;
    if constexpr (std::integral<Target>) {
      target = static_cast<Target>(*value);
    } else {
      target = Target(*value);
    }
    return {};
  };
  option.show = [member](const Settings& settings) {
    Settings copy = settings;
    const auto& value = member(copy);
    if constexpr (std::integral<std::remove_cvref_t<decltype(value)>>) {
      return std::to_string(value);
    } else {
      return std::to_string(value.count());
    }
  };
  return option;
}

/// A number of bytes, perhaps with a unit.
template <class Member>
Option bytes(const Names& names,
             Member member,
             Range range = {0, std::numeric_limits<std::int64_t>::max()}) {
  Option option = number(names, member, range);
  option.read = [member, range](Settings& settings, std::string_view text) -> Result<void> {
    const Result<std::int64_t> value = read_bytes(text);
    if (!value) return fail(value.error());
    if (*value < range.smallest || *value > range.largest) {
      return fail(ErrorCode::kInvalidArgument,
                  "must be from " + std::to_string(range.smallest) + " to " +
                      std::to_string(range.largest) + " bytes");
    }
    auto& target = member(settings);
    target = static_cast<std::remove_reference_t<decltype(target)>>(*value);
    return {};
  };
  return option;
}

/// Bytes of something that 0 switches off, and that is of no use below `smallest`.
template <class Member>
Option bytes_or_none(const Names& names, Member member, std::int64_t smallest) {
  Option option = bytes(names, member);
  option.read = [read = option.read, member, smallest](Settings& settings,
                                                       std::string_view text) -> Result<void> {
    Settings wanted = settings;
    Result<void> done = read(wanted, text);
    if (!done) return done;
    const std::int64_t value = member(wanted);
    if (value != 0 && value < smallest) {
      return fail(ErrorCode::kInvalidArgument,
                  "must be 0 (off) or at least " + std::to_string(smallest) + " bytes");
    }
    settings = std::move(wanted);
    return {};
  };
  return option;
}

/// `on` or `off`.
template <class Member>
Option on_off(const Names& names, Member member) {
  Option option = named(names);
  option.is_switch = true;
  option.read = [member](Settings& settings, std::string_view text) -> Result<void> {
    const Result<bool> value = read_switch(text);
    if (!value) return fail(value.error());
    member(settings) = *value;
    return {};
  };
  option.show = [member](const Settings& settings) {
    Settings copy = settings;
    return member(copy) ? std::string("on") : std::string("off");
  };
  return option;
}

/// A text or a path; one of `allowed` unless that is empty.
template <class Member>
Option text(const Names& names, Member member, const std::vector<std::string>& allowed = {}) {
  Option option = named(names);
  option.read = [member, allowed](Settings& settings, std::string_view value) -> Result<void> {
    if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
      std::string list;
      for (const std::string& word : allowed)
        list += (list.empty() ? "" : ", ") + word;
      return fail(ErrorCode::kInvalidArgument, "must be one of " + list);
    }
    member(settings) = std::string(value);
    return {};
  };
  option.show = [member](const Settings& settings) {
    Settings copy = settings;
    const auto& value = member(copy);
    if constexpr (std::same_as<std::remove_cvref_t<decltype(value)>, std::string>) {
      return value;
    } else {
      return value.string();
    }
  };
  return option;
}

/// Leads from the settings to one of their members.
// NOLINTBEGIN(bugprone-macro-parentheses): a member's name cannot stand in parentheses
#define REFRAIN_MEMBER(path)        \
  [](Settings& settings) -> auto& { \
    return settings.path;           \
  }
// NOLINTEND(bugprone-macro-parentheses)

}  // namespace refrain::app
