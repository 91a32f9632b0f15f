#pragma once

/// @file
/// A picture in memory.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace refrain {

/// Pixels from the top left, row by row without gaps: red, green, blue and alpha of eight bits
/// each, not premultiplied.
///
/// Invariant: `pixels().size() == 4 * width() * height()`.
class RgbaImage {
public:
  /// A wholly transparent picture.
  RgbaImage(std::size_t width, std::size_t height)
      : width_(width),
        height_(height),
        pixels_(4 * width * height) {}

  [[nodiscard]] std::size_t width() const { return width_; }
  [[nodiscard]] std::size_t height() const { return height_; }
  [[nodiscard]] std::span<const std::uint8_t> pixels() const { return pixels_; }
  [[nodiscard]] std::span<std::uint8_t> pixels() { return pixels_; }

  /// The four bytes of a pixel. @pre `x < width()` and `y < height()`.
  [[nodiscard]] std::span<const std::uint8_t> pixel(std::size_t x, std::size_t y) const {
    return std::span(pixels_).subspan(4 * (y * width_ + x), 4);
  }

private:
  std::size_t width_;
  std::size_t height_;
  std::vector<std::uint8_t> pixels_;
};

}  // namespace refrain
