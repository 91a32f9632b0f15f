#include "refrain/core/base64.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace refrain {

namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoDigit = 0xff;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::size_t i = 0; i < kDigits.size(); ++i)
    values[static_cast<std::uint8_t>(kDigits[i])] = static_cast<std::uint8_t>(i);
  return values;
}

constexpr std::array<std::uint8_t, 256> kValues = make_values();

std::uint32_t byte_at(std::string_view bytes, std::size_t i) {
  return i < bytes.size() ? static_cast<std::uint8_t>(bytes[i]) : 0U;
}

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
  const std::size_t begin = out.size();
  out.resize(begin + (bytes.size() + 2) / 3 * 4);
  char* to = out.data() + begin;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::uint32_t group =
        byte_at(bytes, i) << 16U | byte_at(bytes, i + 1) << 8U | byte_at(bytes, i + 2);
    for (unsigned shift = 24; shift > 0; shift -= 6)
      *to++ = kDigits[(group >> (shift - 6)) & 63U];
  }
  if (bytes.size() % 3 != 0) out.back() = '=';
  if (bytes.size() % 3 == 1) out[out.size() - 2] = '=';
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && text.size() > padding && text[text.size() - 1 - padding] == '=')
    ++padding;
  std::string bytes(text.size() / 4 * 3, '\0');
  const std::size_t digits = text.size() - padding;
  std::uint32_t group = 0;
  std::size_t out = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::uint8_t value = i < digits ? kValues[static_cast<std::uint8_t>(text[i])] : 0;
    if (value == kNoDigit) return std::nullopt;
    group = group << 6U | value;
    if (i % 4 != 3) continue;
    bytes[out++] = static_cast<char>(group >> 16U & 0xffU);
    bytes[out++] = static_cast<char>(group >> 8U & 0xffU);
    bytes[out++] = static_cast<char>(group & 0xffU);
    if (i + 1 < text.size()) group = 0;
  }
  // The bits that padding leaves over must be zero: one text for one value.
  const std::uint32_t spare = padding == 0 ? 0 : group & ((1U << (padding * 8U)) - 1U);
  if (spare != 0) return std::nullopt;
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace refrain
