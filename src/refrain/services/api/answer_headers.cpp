#include "refrain/services/api/answer_headers.h"

#include "refrain/core/hex.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace refrain {
namespace {

void append_integer(std::string& text, std::int64_t number) {
  std::array<char, 21> digits{};
  text.append(digits.data(),
              std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

/// Milliseconds with three decimals.
void append_milliseconds(std::string& text, std::chrono::nanoseconds duration) {
  const std::int64_t micros = std::max<std::int64_t>(0, duration.count() / 1000);
  append_integer(text, micros / 1000);
  const std::int64_t fraction = micros % 1000;
  text.push_back('.');
  text.push_back(static_cast<char>('0' + fraction / 100));
  text.push_back(static_cast<char>('0' + fraction / 10 % 10));
  text.push_back(static_cast<char>('0' + fraction % 10));
}

void append_cache_status(std::string& lines, const Answer& answer, WallTime now) {
  lines += "Cache-Status: refrain; ";
  switch (answer.disposition()) {
    case Disposition::kHit:
    case Disposition::kStale:
      lines += "hit; ttl=";
      append_integer(lines, remaining_seconds(answer.entry(), now));
      lines += "; detail=";
      lines +=
          answer.disposition() == Disposition::kStale ? std::string_view("stale") : answer.tier();
      break;
    case Disposition::kMiss:
      lines += "fwd=miss";
      if (answer.is_coalesced()) lines += "; collapsed";
      if (answer.is_stored() && !answer.is_coalesced()) lines += "; stored";
      break;
    case Disposition::kBypass:
      lines += "fwd=bypass";
      break;
  }
  lines += "\r\n";
}

}  // namespace

std::int64_t remaining_seconds(const Entry& entry, WallTime now) {
  return std::chrono::floor<std::chrono::seconds>(entry.metadata().fresh_until - now).count();
}

void append_answer_headers(std::string& lines,
                           const Answer& answer,
                           WallTime now,
                           std::chrono::nanoseconds duration) {
  append_cache_status(lines, answer, now);
  const bool is_hit =
      answer.disposition() == Disposition::kHit || answer.disposition() == Disposition::kStale;
  if (is_hit) {
    const auto age =
        std::chrono::duration_cast<std::chrono::seconds>(now - answer.entry().metadata().created);
    lines += "Age: ";
    append_integer(lines, std::max<std::int64_t>(0, age.count()));
    lines += "\r\n";
  }
  const std::chrono::nanoseconds generation =
      is_hit ? std::chrono::nanoseconds(0) : answer.entry().metadata().cost;
  lines += "Server-Timing: cache;dur=";
  append_milliseconds(lines, duration - std::min(duration, generation));
  if (!is_hit) {
    lines += ", gen;dur=";
    append_milliseconds(lines, generation);
  }
  lines += "\r\n";
}

std::string entity_tag(const Entry& entry) {
  std::string tag = "\"";
  tag += to_hex(entry.checksum());
  tag += '-';
  append_integer(tag, static_cast<std::int64_t>(entry.body_size()));
  tag += '"';
  return tag;
}

bool matches_entity_tag(std::string_view if_none_match, std::string_view tag) {
  while (!if_none_match.empty()) {
    std::string_view item = if_none_match.substr(0, if_none_match.find(','));
    if_none_match.remove_prefix(std::min(if_none_match.size(), item.size() + 1));
    while (!item.empty() && (item.front() == ' ' || item.front() == '\t'))
      item.remove_prefix(1);
    while (!item.empty() && (item.back() == ' ' || item.back() == '\t'))
      item.remove_suffix(1);
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item == "*" || item == tag) return true;
  }
  return false;
}

}  // namespace refrain
