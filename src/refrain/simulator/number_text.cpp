#include "refrain/simulator/number_text.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <string_view>

namespace refrain {

std::string fixed_text(double number, int decimals) {
  std::array<char, 400> text{};
  const auto [end, error] = std::to_chars(
      text.data(), text.data() + text.size(), number, std::chars_format::fixed, decimals);
  return error == std::errc() ? std::string(text.data(), end) : std::string("?");
}

std::string grouped_text(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (auto place = static_cast<std::ptrdiff_t>(digits.size()) - 3; place > 0; place -= 3)
    digits.insert(static_cast<std::size_t>(place), ",");
  return digits;
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 7> kUnits{"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  double number = static_cast<double>(bytes);
  std::size_t unit = 0;
  // What would be written as 1000 is 1 of the next.
  for (; number >= 999.5; ++unit)
    number /= 1000;
  int decimals = number < 9.995 ? 2 : number < 99.95 ? 1 : 0;
  std::string text = fixed_text(number, unit == 0 ? 0 : decimals);
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text + " " + std::string(kUnits[unit]);
}

std::string size_text(std::uint64_t size, CacheUnit unit) {
  return unit == CacheUnit::kItems ? grouped_text(size) : bytes_text(size);
}

}  // namespace refrain
