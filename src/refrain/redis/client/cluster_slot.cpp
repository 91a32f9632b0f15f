#include "refrain/redis/client/cluster_slot.h"

#include <array>

namespace refrain {

namespace {

constexpr std::uint16_t kPolynomial = 0x1021;  // x^16 + x^12 + x^5 + 1

constexpr std::array<std::uint16_t, 256> crc_table() {
  std::array<std::uint16_t, 256> table{};
  for (std::size_t byte = 0; byte < table.size(); ++byte) {
    auto crc = static_cast<std::uint16_t>(byte << 8U);
    for (int bit = 0; bit < 8; ++bit) {
      const bool is_high = (crc & 0x8000U) != 0;
      crc = static_cast<std::uint16_t>(crc << 1U);
      if (is_high) crc ^= kPolynomial;
    }
    table[byte] = crc;
  }
  return table;
}

constexpr std::array<std::uint16_t, 256> kTable = crc_table();

// What of `key` decides.
std::string_view hashed_part(std::string_view key) {
  const std::size_t open = key.find('{');
  if (open == std::string_view::npos) return key;
  const std::size_t close = key.find('}', open + 1);
  const bool is_tag = close != std::string_view::npos && close > open + 1;
  return is_tag ? key.substr(open + 1, close - open - 1) : key;
}

}  // namespace

std::uint16_t cluster_slot(std::string_view key) {
  std::uint16_t crc = 0;
  for (const char letter : hashed_part(key)) {
    const auto index = static_cast<std::uint8_t>((crc >> 8U) ^ static_cast<std::uint8_t>(letter));
    crc = static_cast<std::uint16_t>((crc << 8U) ^ kTable[index]);
  }
  return static_cast<std::uint16_t>(crc % kClusterSlots);
}

// One of a few ten thousand numbers will do: that is a millisecond.
std::string cluster_tag(std::uint16_t slot) {
  for (std::uint32_t number = 0;; ++number) {
    std::string tag = std::to_string(number);
    if (cluster_slot(tag) == slot) return tag;
  }
}

}  // namespace refrain
