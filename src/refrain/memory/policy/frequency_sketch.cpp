#include "refrain/memory/policy/frequency_sketch.h"

#include <algorithm>

namespace refrain {

void FrequencySketch::resize(std::size_t capacity) {
  lines_.assign(std::max<std::size_t>(capacity / kWords, 4), {});
  lines_.shrink_to_fit();
}

std::uint64_t FrequencySketch::mixed(std::uint64_t hash) {
  // The keys of one shard have bits of the hash in common.
  return (hash ^ hash >> 32U) * 0x9E37'79B9'7F4A'7C15U;
}

FrequencySketch::Counter FrequencySketch::counter(std::uint64_t mixed_hash, std::size_t row) {
  // Five bits choose one of the row's 32 counters, in two of the line's words.
  const std::uint64_t choice = mixed_hash >> (12 + 5 * row) & 31U;
  return {row * 2 + (choice >> 4U), static_cast<unsigned>(choice & 15U) * 4};
}

std::uint8_t FrequencySketch::estimate(std::uint64_t hash) const {
  const std::uint64_t bits = mixed(hash);
  const Line& line = lines_[line_of(bits)];
  std::uint64_t lowest = 15;
  for (std::size_t row = 0; row < kRows; ++row) {
    const Counter at = counter(bits, row);
    lowest = std::min(lowest, line.words[at.word] >> at.shift & 15U);
  }
  return static_cast<std::uint8_t>(lowest);
}

void FrequencySketch::raise(std::uint64_t hash, std::uint8_t frequency) {
  const std::uint64_t bits = mixed(hash);
  Line& line = lines_[line_of(bits)];
  for (std::size_t row = 0; row < kRows; ++row) {
    const Counter at = counter(bits, row);
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
