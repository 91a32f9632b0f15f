#include "refrain/simulator/trace_parser.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace refrain {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr double kMostSeconds = 1e6;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// The whole of `text`, or nothing.
template <class Number>
std::optional<Number> read_number(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// A key that is a whole number of 64 bits, with a sign or without.
std::optional<std::uint64_t> read_key(std::string_view text) {
  if (const auto number = read_number<std::int64_t>(text))
    return static_cast<std::uint64_t>(*number);
  return read_number<std::uint64_t>(text);
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (line = trimmed(line); !line.empty(); line = trimmed(line)) {
    const std::size_t end = std::min(line.find_first_of(kBlanks), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  return words;
}

/// Takes a quoted field from the beginning of `line`; nothing if the quote does not end well.
std::optional<std::string> take_quoted(std::string_view& line) {
  std::string field;
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i] != '"') {
      field.push_back(line[i]);
      continue;
    }
    const bool is_quote_itself = i + 1 < line.size() && line[i + 1] == '"';
    if (!is_quote_itself) {
      line.remove_prefix(i + 1);
      const bool is_end = line.empty() || line.front() == ',';
      return is_end ? std::optional(std::move(field)) : std::nullopt;
    }
    field.push_back('"');
    ++i;
  }
  return std::nullopt;
}

/// The fields of one line (RFC 4180); nothing if a quote does not end well.
std::optional<std::vector<std::string>> csv_fields(std::string_view line) {
  std::vector<std::string> fields;
  for (;;) {
    if (line.starts_with('"')) {
      std::optional<std::string> field = take_quoted(line);
      if (!field) return std::nullopt;
      fields.push_back(std::move(*field));
    } else {
      const std::size_t end = std::min(line.find(','), line.size());
      fields.emplace_back(line.substr(0, end));
      line.remove_prefix(end);
    }
    if (line.empty()) return fields;
    line.remove_prefix(1);
  }
}

bool is_header(std::span<const std::string> fields) {
  static constexpr std::array<std::string_view, 3> kHeader{"key", "size", "seconds"};
  return fields.size() <= kHeader.size() &&
         std::equal(
             fields.begin(), fields.end(), kHeader.begin(), [](const auto& a, const auto& b) {
               return trimmed(a) == b;
             });
}

}  // namespace

tl::unexpected<Error> TraceParser::refuse(std::string_view what) const {
  const std::string place = is_binary() ? "byte " + std::to_string(place_) : std::to_string(place_);
  return fail(ErrorCode::kCorrupt, source_ + ":" + place + ": " + std::string(what));
}

Result<void> TraceParser::feed(std::string_view bytes) {
  return is_binary() ? feed_numbers(bytes) : feed_text(bytes);
}

Result<void> TraceParser::feed_text(std::string_view bytes) {
  while (!bytes.empty() && !is_full()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (carried_.size() + piece.size() > kLongestLine) {
      ++place_;
      return refuse("a line may have " + std::to_string(kLongestLine) + " bytes at most");
    }
    if (end == std::string_view::npos) {
      carried_ += piece;
      return {};
    }
    bytes.remove_prefix(end + 1);
    Result<void> taken;
    if (carried_.empty()) {
      taken = take_line(piece);
    } else {
      carried_ += piece;
      taken = take_line(std::exchange(carried_, {}));
    }
    if (!taken) return taken;
  }
  return {};
}

Result<void> TraceParser::feed_numbers(std::string_view bytes) {
  const std::size_t width = format_ == TraceFormat::kInt32 ? 4 : 8;
  for (const char c : bytes) {
    carried_.push_back(c);
    ++place_;
    if (carried_.size() < width) continue;
    std::uint64_t number = 0;
    for (const char digit : carried_)
      number = number << 8U | static_cast<unsigned char>(digit);
    carried_.clear();
    Trace::Request request;
    request.hash = hash_of_key(number);
    if (Result<void> added = add(request); !added) return added;
  }
  return {};
}

Result<void> TraceParser::take_line(std::string_view line) {
  ++place_;
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (place_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  if (trimmed(line).empty()) return {};
  if (format_ == TraceFormat::kLirs) return take_lirs(line);
  if (format_ == TraceFormat::kArc) return take_arc(line);
  return take_csv(line);
}

Result<void> TraceParser::take_lirs(std::string_view line) {
  if (line.find('*') != std::string_view::npos) return {};
  const std::optional<std::uint64_t> key = read_key(trimmed(line));
  if (!key) return refuse("must be one whole number of 64 bits (format lirs)");
  Trace::Request request;
  request.hash = hash_of_key(*key);
  return add(request);
}

Result<void> TraceParser::take_arc(std::string_view line) {
  static constexpr std::string_view kAllowed =
      "must be four whole numbers, start_block n_blocks ignored request_no (format arc)";
  const std::vector<std::string_view> words = words_of(line);
  if (words.size() != 4) return refuse(kAllowed);
  std::array<std::uint64_t, 4> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto number = read_number<std::uint64_t>(words[i]);
    if (!number) return refuse(kAllowed);
    numbers[i] = *number;
  }
  const auto [start, count, ignored, number] = numbers;
  for (std::uint64_t i = 0; i < count && !is_full(); ++i) {
    Trace::Request request;
    request.hash = hash_of_key(start + i);
    if (Result<void> added = add(request); !added) return added;
  }
  return {};
}

Result<void> TraceParser::take_csv(std::string_view line) {
  const std::optional<std::vector<std::string>> fields = csv_fields(line);
  if (!fields) return refuse("a quoted key must end with a quote, and then a comma or the line");
  if (columns_ == 0) {
    columns_ = fields->size();
    if (columns_ > 3) return refuse("a line has key[,size[,seconds]]: at most three columns");
    if (is_header(*fields)) return {};
  }
  if (fields->size() != columns_)
    return refuse("must have as many columns as the first line: " + std::to_string(columns_));
  return take_csv_fields(*fields);
}

Result<void> TraceParser::take_csv_fields(std::span<const std::string> fields) {
  Trace::Request request;
  request.hash = XXH3_64bits(fields[0].data(), fields[0].size());
  if (columns_ > 1) {
    const auto size = read_number<std::uint32_t>(trimmed(fields[1]));
    if (!size || *size == 0) {
      return refuse(
          "the size must be a whole number of bytes from 1 to 4294967295; a header would "
          "be key,size,seconds");
    }
    request.size = *size;
  }
  if (columns_ > 2) {
    const auto seconds = read_number<double>(trimmed(fields[2]));
    const bool is_allowed = seconds && *seconds >= 0 && *seconds <= kMostSeconds;  // and not NaN
    if (!is_allowed) return refuse("the seconds must be a number from 0 to 1000000");
    request.seconds = static_cast<float>(*seconds);
  }
  return add(request);
}

Result<void> TraceParser::add(const Trace::Request& request) {
  if (is_full()) return {};
  if (requests_.size() == limit_.most) {
    return refuse("has more than " + std::to_string(limit_.most) +
                  " requests, which are not held at once; the first so many can be read alone");
  }
  requests_.push_back(request);
  return {};
}

Result<Trace> TraceParser::finish(std::string name) {
  if (is_full()) carried_.clear();
  if (is_binary() && !carried_.empty()) {
    return refuse("ends within a number; the length must be a multiple of " +
                  std::string(format_ == TraceFormat::kInt32 ? "4" : "8") + " (format " +
                  std::string(name_of(format_)) + ")");
  }
  if (!carried_.empty()) {
    const Result<void> taken = take_line(std::exchange(carried_, {}));
    if (!taken) return fail(taken.error());
  }
  if (requests_.empty()) return fail(ErrorCode::kCorrupt, source_ + ": there is no request in it");
  return Trace(std::move(name), std::move(requests_), {columns_ > 1, columns_ > 2});
}

}  // namespace refrain
