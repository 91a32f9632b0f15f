#pragma once

/// @file
/// Prompts that try to break whatever reads or draws them. All are valid UTF-8.

#include <string>
#include <vector>

namespace refrain::testing {

inline std::string repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i)
    out += text;
  return out;
}

inline std::vector<std::string> hostile_prompts() {
  return {
      repeated("word ", 2000),
      std::string(10'000, 'W'),
      repeated("字", 3000),
      repeated("مرحبا ", 1000),
      repeated("😀", 2000),
      "e" + repeated("\xcc\x81", 5000),
      repeated("\xcc\x81", 300),
      "مرحبا بالعالم hello مرحبا",
      "שלום עולם",
      "你好，世界",
      "สวัสดีชาวโลก",
      "नमस्ते दुनिया",
      "👩‍👩‍👧‍👦🏳️‍🌈",
      std::string("a\0b\0c", 5),
      std::string(100, '\0'),
      "\x01\x02\x1b[31mred\x7f",
      "tab\tand\r\nnew\nlines",
      "\xe2\x80\xae right to left override \xe2\x80\xac",
      "\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9",
      "\xef\xbf\xbe\xef\xbf\xbf",
      "\xf4\x8f\xbf\xbf \xee\x80\x80",
      "<b>bold</b> &amp; <span font='1000'>",
      "%s%n%x",
      "   ",
      "\xe2\x80\x8b\xe2\x80\x8b",
      "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 ﷽ ꧅ 𒐫",
  };
}

}  // namespace refrain::testing
