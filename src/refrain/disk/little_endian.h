#pragma once

/// @file
/// Integers as the bytes of a file, least significant first, whatever the machine's order.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace refrain {

/// Writes `value` at `offset`. @pre `offset + sizeof value <= bytes.size()`
template <std::integral Integer>
void put_little_endian(std::span<char> bytes, std::size_t offset, Integer value) {
  const auto bits = static_cast<std::uint64_t>(value);
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    bytes[offset + i] = static_cast<char>(static_cast<unsigned char>(bits >> (8 * i)));
  }
}

/// The integer at `offset`. @pre `offset + sizeof(Integer) <= bytes.size()`
template <std::integral Integer>
Integer get_little_endian(std::span<const char> bytes, std::size_t offset) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    bits |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[offset + i])) << (8 * i);
  }
  return static_cast<Integer>(bits);
}

}  // namespace refrain
