#include "refrain/simulator/zstd_frames.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace refrain {
namespace {

constexpr std::uint32_t kMagic = 0xFD2F'B528;
constexpr std::uint32_t kSkippableMagic = 0x184D'2A50;  // and the next fifteen

/// Steps over the parts of frames.
class FrameWalk {
public:
  explicit FrameWalk(std::istream& file) : file_(file) {
    file_.seekg(0, std::ios::end);
    end_ = file_.tellg();
    file_.seekg(0);
  }

  [[nodiscard]] bool is_at_end() { return file_.tellg() == end_; }

  bool step_over_frame() {
    const std::optional<std::uint32_t> magic = number(4);
    if (!magic) return false;
    if ((*magic & ~0xFU) == kSkippableMagic) {
      const std::optional<std::uint32_t> size = number(4);
      return size && skip(*size);
    }
    if (*magic != kMagic) return false;
    const std::optional<std::uint32_t> descriptor = number(1);
    if (!descriptor || !skip(header_bytes(*descriptor))) return false;
    if (!step_over_blocks()) return false;
    const bool has_checksum = (*descriptor & 4U) != 0;
    return skip(has_checksum ? 4 : 0);
  }

private:
  /// After the descriptor.
  static std::uint32_t header_bytes(std::uint32_t descriptor) {
    constexpr std::array<std::uint32_t, 4> kDictionaryBytes{0, 1, 2, 4};
    constexpr std::array<std::uint32_t, 4> kSizeBytes{0, 2, 4, 8};
    const bool is_single_segment = (descriptor & 0x20U) != 0;
    const std::uint32_t size_flag = descriptor >> 6U;
    // A single segment has no window byte, and so always a size.
    const std::uint32_t window_or_size = size_flag == 0 || !is_single_segment ? 1 : 0;
    return kDictionaryBytes[descriptor & 3U] + kSizeBytes[size_flag] + window_or_size;
  }

  bool step_over_blocks() {
    constexpr std::uint32_t kRepeated = 1;  // one byte stands for many
    for (;;) {
      const std::optional<std::uint32_t> header = number(3);
      if (!header) return false;
      const std::uint32_t type = (*header >> 1U) & 3U;
      if (!skip(type == kRepeated ? 1 : *header >> 3U)) return false;
      if ((*header & 1U) != 0) return true;
    }
  }

  /// Little-endian.
  std::optional<std::uint32_t> number(std::size_t bytes) {
    std::array<char, 4> text{};
    if (!file_.read(text.data(), static_cast<std::streamsize>(bytes))) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = bytes; i-- > 0;)
      value = value << 8U | static_cast<unsigned char>(text[i]);
    return value;
  }

  bool skip(std::uint32_t bytes) {
    return end_ - file_.tellg() >= static_cast<std::streamoff>(bytes) &&
           static_cast<bool>(file_.seekg(bytes, std::ios::cur));
  }

  std::istream& file_;
  std::istream::pos_type end_;
};

}  // namespace

bool are_whole_zstd_frames(std::istream& file) {
  FrameWalk walk(file);
  do {
    if (!walk.step_over_frame()) return false;
  } while (!walk.is_at_end());
  return true;
}

}  // namespace refrain
