#include "refrain/models/sticker/rgba_image.h"

#include <algorithm>
#include <array>

namespace refrain {
namespace {

/// 255 / alpha in 16.16 fixed point, so that no pixel costs a division.
constexpr std::array<std::uint32_t, 256> make_reciprocals() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t alpha = 1; alpha < 256; ++alpha)
    table[alpha] = (255U * 65536U + alpha / 2) / alpha;
  return table;
}

constexpr std::array<std::uint32_t, 256> kReciprocals = make_reciprocals();

std::uint8_t straight(std::uint32_t channel, std::uint32_t reciprocal) {
  return static_cast<std::uint8_t>(std::min(255U, (channel * reciprocal + 32768U) >> 16U));
}

}  // namespace

RgbaImage from_premultiplied(std::span<const std::uint32_t> argb,
                             std::size_t width,
                             std::size_t height) {
  RgbaImage image(width, height);
  std::uint8_t* out = image.pixels().data();
  for (const std::uint32_t pixel : argb) {
    const std::uint32_t alpha = pixel >> 24U;
    const std::uint32_t reciprocal = kReciprocals[alpha];
    out[0] = straight((pixel >> 16U) & 0xffU, reciprocal);
    out[1] = straight((pixel >> 8U) & 0xffU, reciprocal);
    out[2] = straight(pixel & 0xffU, reciprocal);
    out[3] = static_cast<std::uint8_t>(alpha);
    out += 4;
  }
  return image;
}

}  // namespace refrain
