#pragma once

/// @file
/// About how often a key was asked for, for keys that need not be there.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace refrain {

/// A count-min sketch of four-bit counters (Cormode and Muthukrishnan, 2005), as TinyLFU uses it
/// (Einziger, Friedman and Manes, 2017): a key's four counters lie in one line of memory, and all
/// are halved from time to time. It never says less than was counted since, up to 15.
class FrequencySketch {
public:
  /// Room for about `capacity` keys at once, in 8 bytes each.
  explicit FrequencySketch(std::size_t capacity) { resize(capacity); }

  /// Forgets everything and follows a new capacity.
  void resize(std::size_t capacity);

  [[nodiscard]] std::uint8_t estimate(std::uint64_t hash) const;
  /// Makes the estimate at least `frequency`, at most 15.
  void raise(std::uint64_t hash, std::uint8_t frequency);
  void halve();

  [[nodiscard]] std::size_t bytes() const { return lines_.size() * sizeof(Line); }

private:
  static constexpr std::size_t kWords = 8;
  static constexpr std::size_t kRows = 4;

  /// 128 counters, 32 for each row.
  struct alignas(64) Line {
    std::array<std::uint64_t, kWords> words{};
  };
  struct Counter {
    std::size_t word;
    unsigned shift;
  };

  // Of a mixed hash, the upper half chooses the line and the rest the counters.
  [[nodiscard]] static std::uint64_t mixed(std::uint64_t hash);
  [[nodiscard]] static Counter counter(std::uint64_t mixed_hash, std::size_t row);
  [[nodiscard]] std::size_t line_of(std::uint64_t mixed_hash) const {
    return static_cast<std::size_t>((mixed_hash >> 32U) * lines_.size() >> 32U);
  }

  std::vector<Line> lines_;
};

}  // namespace refrain
