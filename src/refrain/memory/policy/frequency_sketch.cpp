#include "refrain/memory/policy/frequency_sketch.h"

#include <algorithm>
#include <bit>

namespace refrain {

void FrequencySketch::resize(std::size_t capacity) {
  const std::size_t lines = std::bit_ceil(std::max<std::size_t>(capacity / kWords, 4));
  lines_.assign(lines, {});
  lines_.shrink_to_fit();
  mask_ = lines - 1;
}

FrequencySketch::Counter FrequencySketch::counter(std::uint64_t hash, std::size_t row) {
  // Five bits of the hash choose one of the row's 32 counters, in two of the line's words.
  const std::uint64_t bits = hash >> (5 * row) & 31U;
  return {row * 2 + (bits >> 4U), static_cast<unsigned>(bits & 15U) * 4};
}

std::uint8_t FrequencySketch::estimate(std::uint64_t hash) const {
  const Line& line = lines_[line_of(hash)];
  std::uint64_t lowest = 15;
  for (std::size_t row = 0; row < kRows; ++row) {
    const Counter at = counter(hash, row);
    lowest = std::min(lowest, line.words[at.word] >> at.shift & 15U);
  }
  return static_cast<std::uint8_t>(lowest);
}

void FrequencySketch::add(std::uint64_t hash) {
  raise(hash, static_cast<std::uint8_t>(std::min(estimate(hash) + 1, 15)));
}

void FrequencySketch::raise(std::uint64_t hash, std::uint8_t frequency) {
  Line& line = lines_[line_of(hash)];
  for (std::size_t row = 0; row < kRows; ++row) {
    const Counter at = counter(hash, row);
    std::uint64_t& word = line.words[at.word];
    const std::uint64_t now = word >> at.shift & 15U;
    if (now < frequency) word += (frequency - now) << at.shift;
  }
}

void FrequencySketch::halve() {
  constexpr std::uint64_t kLowThreeOfEach = 0x7777'7777'7777'7777U;
  for (Line& line : lines_)
    for (std::uint64_t& word : line.words)
      word = word >> 1U & kLowThreeOfEach;
}

}  // namespace refrain
