#pragma once

/// @file
/// A prompt as a few short lines that can be drawn.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace refrain {

/// A caption is at most this wide in all; East Asian wide characters count for two columns.
inline constexpr std::size_t kCaptionColumns = 40;
inline constexpr std::size_t kCaptionLines = 3;

/// True if `text` is well-formed UTF-8. NUL is a character like any other.
bool is_utf8(std::string_view text);

/// The text that can be read from `text`: without control, format, unassigned and emoji characters
/// and malformed bytes, with single spaces, and with an ellipsis where it exceeds
/// `kCaptionColumns`. A letter keeps at most three combining marks.
std::string readable_caption(std::string_view text);

/// `caption` cut into one to `kCaptionLines` lines of about equal width, at spaces where there are
/// any. There are as few lines as keep them within `comfortable_columns`, but a word is cut only
/// beyond 18 columns. Nothing for an empty caption. @pre `caption` came from `readable_caption`,
/// `comfortable_columns` is not 0.
std::vector<std::string> break_caption(std::string_view caption, std::size_t comfortable_columns);

}  // namespace refrain
