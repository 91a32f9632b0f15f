#include "refrain/core/utf8.h"

#include <algorithm>
#include <cstdint>

namespace refrain {
namespace {

struct Sequence {
  std::size_t length;        // bytes; 0 if the first byte begins none
  std::uint32_t first_bits;  // the first byte's share of the code point
  std::uint32_t smallest;    // anything below is an overlong form
};

Sequence sequence_of(std::uint8_t first) {
  if (first < 0x80U) return {1, first, 0};
  if ((first & 0xE0U) == 0xC0U) return {2, first & 0x1FU, 0x80};
  if ((first & 0xF0U) == 0xE0U) return {3, first & 0x0FU, 0x800};
  if ((first & 0xF8U) == 0xF0U) return {4, first & 0x07U, 0x10000};
  return {0, 0, 0};
}

bool is_continuation(char byte) {
  return (static_cast<std::uint8_t>(byte) & 0xC0U) == 0x80U;
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const Sequence sequence = sequence_of(static_cast<std::uint8_t>(text[i]));
    if (sequence.length == 0 || sequence.length > text.size() - i) return false;
    std::uint32_t code_point = sequence.first_bits;
    for (std::size_t k = 1; k < sequence.length; ++k) {
      if (!is_continuation(text[i + k])) return false;
      code_point = (code_point << 6U) | (static_cast<std::uint8_t>(text[i + k]) & 0x3FU);
    }
    const bool is_surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
    if (code_point < sequence.smallest || code_point > 0x10FFFF || is_surrogate) return false;
    i += sequence.length;
  }
  return true;
}

std::size_t count_code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return !is_continuation(byte); }));
}

}  // namespace refrain
