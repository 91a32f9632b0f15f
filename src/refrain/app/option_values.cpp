#include "refrain/app/option_values.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace refrain::app {
namespace {

constexpr double kLongestDelaySeconds = 3600;

template <class Number>
bool parse_whole(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

Result<std::chrono::milliseconds> read_seconds(std::string_view text) {
  double seconds = 0;
  if (!parse_whole(text, seconds) || !std::isfinite(seconds) || seconds < 0 ||
      seconds > kLongestDelaySeconds) {
    return fail(ErrorCode::kInvalidArgument,
                "must be seconds from 0 to 3600, or a range of them such as 1-3");
  }
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

std::string show_seconds(std::chrono::milliseconds duration) {
  std::string text = std::to_string(duration.count() / 1000);
  const auto rest = duration.count() % 1000;
  if (rest != 0) text += "." + std::to_string(1000 + rest).substr(1);
  return text;
}

}  // namespace

Result<std::int64_t> read_integer(std::string_view text,
                                  std::int64_t smallest,
                                  std::int64_t largest) {
  std::int64_t number = 0;
  if (!parse_whole(text, number) || number < smallest || number > largest) {
    return fail(ErrorCode::kInvalidArgument,
                "must be a whole number from " + std::to_string(smallest) + " to " +
                    std::to_string(largest));
  }
  return number;
}

Result<bool> read_switch(std::string_view text) {
  for (const std::string_view word : {"on", "true", "yes", "1"}) {
    if (text == word) return true;
  }
  for (const std::string_view word : {"off", "false", "no", "0"}) {
    if (text == word) return false;
  }
  return fail(ErrorCode::kInvalidArgument, "must be on or off");
}

Result<std::int64_t> read_bytes(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> kUnits{
      {{"KB", 1'000},
       {"MB", 1'000'000},
       {"GB", 1'000'000'000},
       {"KiB", 1LL << 10U},
       {"MiB", 1LL << 20U},
       {"GiB", 1LL << 30U}}};
  std::int64_t factor = 1;
  for (const auto& [name, value] : kUnits) {
    if (text.ends_with(name)) {
      factor = value;
      text.remove_suffix(name.size());
      break;
    }
  }
  while (text.ends_with(' '))
    text.remove_suffix(1);
  std::int64_t number = 0;
  if (!parse_whole(text, number) || number < 0 ||
      number > std::numeric_limits<std::int64_t>::max() / factor) {
    return fail(ErrorCode::kInvalidArgument,
                "must be a number of bytes such as 500000, 100MB or 1GiB");
  }
  return number * factor;
}

Result<DelayRange> read_delay(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto shortest = read_seconds(text.substr(0, dash));
  if (!shortest) return fail(shortest.error());
  const auto longest =
      dash == std::string_view::npos ? shortest : read_seconds(text.substr(dash + 1));
  if (!longest) return fail(longest.error());
  if (*longest < *shortest)
    return fail(ErrorCode::kInvalidArgument, "must not end before it begins");
  return DelayRange{*shortest, *longest};
}

std::string show_delay(const DelayRange& range) {
  if (range.shortest == range.longest) return show_seconds(range.shortest);
  return show_seconds(range.shortest) + "-" + show_seconds(range.longest);
}

}  // namespace refrain::app
