#include "refrain/models/sticker/caption.h"

#include <glib.h>

#include <algorithm>
#include <span>

namespace refrain {
namespace {

constexpr std::string_view kEllipsis = "…";
constexpr gunichar kZeroWidthNonJoiner = 0x200c;
constexpr gunichar kZeroWidthJoiner = 0x200d;
constexpr std::size_t kMaxMarks = 3;

/// A letter with what is written above, below and inside of it.
struct Cluster {
  std::string text;
  std::size_t columns = 0;
  std::size_t marks = 0;
  bool is_space = false;
};

using Clusters = std::vector<Cluster>;

struct Range {
  gunichar first;
  gunichar last;
};

/// Symbols that fonts draw as coloured pictures, and what only serves to choose among those
/// pictures.
bool is_emoji(gunichar c) {
  static constexpr Range kRanges[] = {
      {0x20e3, 0x20e3},
      {0x231a, 0x231b},
      {0x23e9, 0x23fa},
      {0x2600, 0x27bf},
      {0x2b05, 0x2b07},
      {0x2b1b, 0x2b1c},
      {0x2b50, 0x2b55},
      {0xfe00, 0xfe0f},
      {0x1f000, 0x1faff},
      {0xe0000, 0xe01ef},
  };
  return std::ranges::any_of(
      kRanges, [c](const Range& range) { return range.first <= c && c <= range.last; });
}

bool is_drawn(gunichar c) {
  if (c == kZeroWidthJoiner || c == kZeroWidthNonJoiner) return true;
  return g_unichar_isprint(c) != 0 && !is_emoji(c);
}

/// The character at the front of `text`, which it removes; 0 for a byte that starts none.
gunichar take_character(std::string_view& text) {
  const gunichar c = g_utf8_get_char_validated(text.data(), static_cast<gssize>(text.size()));
  const bool is_valid = c <= 0x10ffff;
  text.remove_prefix(is_valid ? static_cast<std::size_t>(std::max(1, g_unichar_to_utf8(c, nullptr)))
                              : 1);
  return is_valid ? c : 0;
}

void append(std::string& out, gunichar c) {
  char bytes[6];
  const int size = g_unichar_to_utf8(c, bytes);
  out.append(bytes, static_cast<std::size_t>(size));
}

void add_space(Clusters& clusters) {
  if (clusters.empty() || clusters.back().is_space) return;
  clusters.push_back({.text = " ", .columns = 1, .marks = 0, .is_space = true});
}

void add_mark(Clusters& clusters, gunichar c) {
  if (clusters.empty() || clusters.back().is_space || clusters.back().marks == kMaxMarks) return;
  append(clusters.back().text, c);
  ++clusters.back().marks;
}

void add_letter(Clusters& clusters, gunichar c) {
  Cluster& letter = clusters.emplace_back();
  append(letter.text, c);
  letter.columns = g_unichar_iswide(c) != 0 ? 2 : 1;
}

/// The clusters of `text`, up to the first that exceeds `kCaptionColumns`.
Clusters read_clusters(std::string_view text) {
  Clusters clusters;
  std::size_t columns = 0;
  while (!text.empty() && columns <= kCaptionColumns) {
    const gunichar c = take_character(text);
    const std::size_t before = clusters.size();
    if (g_unichar_isspace(c) != 0) {
      add_space(clusters);
    } else if (!is_drawn(c)) {
      continue;
    } else if (g_unichar_ismark(c) != 0 || g_unichar_iszerowidth(c) != 0) {
      add_mark(clusters, c);
    } else {
      add_letter(clusters, c);
    }
    if (clusters.size() > before) columns += clusters.back().columns;
  }
  return clusters;
}

std::size_t width(std::span<const Cluster> clusters) {
  std::size_t columns = 0;
  for (const Cluster& cluster : clusters)
    columns += cluster.columns;
  return columns;
}

void drop_trailing_spaces(Clusters& clusters) {
  while (!clusters.empty() && clusters.back().is_space)
    clusters.pop_back();
}

std::string join(std::span<const Cluster> clusters) {
  std::string text;
  for (const Cluster& cluster : clusters)
    text += cluster.text;
  return text;
}

/// How many clusters from `start` make a line of at most `columns`: up to the last space that fits,
/// or as many as fit if there is none; never none.
std::size_t line_length(std::span<const Cluster> rest, std::size_t columns) {
  std::size_t used = 0;
  std::size_t fitting = 0;
  std::size_t last_space = 0;
  while (fitting < rest.size() &&
         (rest[fitting].is_space || used + rest[fitting].columns <= columns)) {
    if (rest[fitting].is_space) last_space = fitting;
    used += rest[fitting].columns;
    ++fitting;
  }
  if (fitting == rest.size()) return fitting;
  return std::max<std::size_t>(1, last_space > 0 ? last_space : fitting);
}

std::size_t widest_word(std::span<const Cluster> clusters) {
  std::size_t widest = 0;
  std::size_t current = 0;
  for (const Cluster& cluster : clusters) {
    current = cluster.is_space ? 0 : current + cluster.columns;
    widest = std::max(widest, current);
  }
  return widest;
}

std::vector<std::string> wrap(std::span<const Cluster> clusters, std::size_t columns) {
  std::vector<std::string> lines;
  while (!clusters.empty()) {
    const std::size_t length = line_length(clusters, columns);
    lines.push_back(join(clusters.first(length)));
    clusters = clusters.subspan(length);
    if (!clusters.empty() && clusters.front().is_space) clusters = clusters.subspan(1);
  }
  return lines;
}

}  // namespace

bool is_utf8(std::string_view text) {
  // GLib's validator takes NUL for the end, but NUL is valid UTF-8: the pieces between NULs are
  // checked.
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\0'), text.size());
    if (g_utf8_validate_len(text.data(), end, nullptr) == 0) return false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

std::string readable_caption(std::string_view text) {
  Clusters clusters = read_clusters(text);
  drop_trailing_spaces(clusters);
  if (width(clusters) <= kCaptionColumns) return join(clusters);
  while (width(clusters) >= kCaptionColumns)
    clusters.pop_back();
  drop_trailing_spaces(clusters);
  return join(clusters).append(kEllipsis);
}

std::vector<std::string> break_caption(std::string_view caption, std::size_t comfortable_columns) {
  const Clusters clusters = read_clusters(caption);
  if (clusters.empty()) return {};
  // A word up to this long is rather drawn smaller than cut.
  constexpr std::size_t kUncutColumns = 18;
  const std::size_t columns = width(clusters);
  const std::size_t wanted =
      std::min(kCaptionLines, (columns + comfortable_columns - 1) / comfortable_columns);
  std::size_t line_columns =
      std::max((columns + wanted - 1) / wanted, std::min(kUncutColumns, widest_word(clusters)));
  std::vector<std::string> lines = wrap(clusters, line_columns);
  while (lines.size() > wanted)
    lines = wrap(clusters, ++line_columns);
  return lines;
}

}  // namespace refrain
