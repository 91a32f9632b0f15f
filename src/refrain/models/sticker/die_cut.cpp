#include "refrain/models/sticker/die_cut.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace refrain {
namespace {

constexpr float kFar = 1e12F;

/// A grid of numbers, one per cell.
class Field {
public:
  Field(std::size_t width, std::size_t height, float value)
      : width_(width),
        height_(height),
        cells_(width * height, value) {}

  [[nodiscard]] std::size_t width() const { return width_; }
  [[nodiscard]] std::size_t height() const { return height_; }
  [[nodiscard]] float& at(std::size_t x, std::size_t y) { return cells_[y * width_ + x]; }
  [[nodiscard]] float at(std::size_t x, std::size_t y) const { return cells_[y * width_ + x]; }
  [[nodiscard]] std::span<float> cells() { return cells_; }
  [[nodiscard]] std::span<const float> cells() const { return cells_; }

  /// Between the four cells around a place given in cells, (0, 0) being the first cell's middle.
  [[nodiscard]] float sample(float x, float y) const {
    const float clamped_x = std::clamp(x, 0.0F, static_cast<float>(width_ - 2));
    const float clamped_y = std::clamp(y, 0.0F, static_cast<float>(height_ - 2));
    const auto column = static_cast<std::size_t>(clamped_x);
    const auto row = static_cast<std::size_t>(clamped_y);
    const float across = clamped_x - static_cast<float>(column);
    const float down = clamped_y - static_cast<float>(row);
    const float* cell = &cells_[row * width_ + column];
    const float upper = cell[0] + across * (cell[1] - cell[0]);
    const float lower = cell[width_] + across * (cell[width_ + 1] - cell[width_]);
    return upper + down * (lower - upper);
  }

private:
  std::size_t width_;
  std::size_t height_;
  std::vector<float> cells_;
};

/// Squared distances along one line: P. F. Felzenszwalb, D. P. Huttenlocher, "Distance transforms
/// of sampled functions", Theory of Computing 8 (2012). The lower envelope of a parabola on every
/// cell.
class LineTransform {
public:
  explicit LineTransform(std::size_t longest)
      : source_(longest),
        apexes_(longest),
        bounds_(longest + 1) {}

  std::span<float> source() { return source_; }

  /// Transforms the first `count` numbers of `source()` and hands each result to `store(index,
  /// value)`.
  template <class Store>
  void run(std::size_t count, Store store) {
    std::size_t last = 0;
    apexes_[0] = 0;
    bounds_[0] = -kFar;
    bounds_[1] = kFar;
    for (std::size_t i = 1; i < count; ++i) {
      float crossing = intersection(i, apexes_[last]);
      while (last > 0 && crossing <= bounds_[last]) {
        --last;
        crossing = intersection(i, apexes_[last]);
      }
      ++last;
      apexes_[last] = i;
      bounds_[last] = crossing;
      bounds_[last + 1] = kFar;
    }
    std::size_t current = 0;
    for (std::size_t i = 0; i < count; ++i) {
      while (bounds_[current + 1] < static_cast<float>(i))
        ++current;
      const float step = static_cast<float>(i) - static_cast<float>(apexes_[current]);
      store(i, std::min(kFar, step * step + source_[apexes_[current]]));
    }
  }

private:
  [[nodiscard]] float intersection(std::size_t right, std::size_t left) const {
    const auto r = static_cast<float>(right);
    const auto l = static_cast<float>(left);
    return ((source_[right] + r * r) - (source_[left] + l * l)) / (2 * (r - l));
  }

  std::vector<float> source_;
  std::vector<std::size_t> apexes_;
  std::vector<float> bounds_;
};

/// Each cell's distance, in cells, to the edge of a shape given as the share of each cell that it
/// covers. Right for distances about `wanted`, rough for others.
///
/// A cell of which the share s is covered counts as w = 0.5 - s farther away than its middle. A
/// distance transform can only add to squares, but (d + w)² = d² + 2dw + w², and d is known to be
/// about `wanted`. Without this, a line that is nearly level would show the cells' steps in
/// whatever is cut along it.
Field distances_to(const Field& coverage, float wanted) {
  const std::size_t width = coverage.width();
  const std::size_t height = coverage.height();
  const auto start = [wanted](float covered) {
    const float farther = 0.5F - covered;
    return covered > 0 ? farther * (2 * wanted + farther) : kFar;
  };
  Field distances(width, height, 0);
  LineTransform line(std::max(width, height));
  for (std::size_t x = 0; x < width; ++x) {
    for (std::size_t y = 0; y < height; ++y)
      line.source()[y] = start(coverage.at(x, y));
    line.run(height, [&](std::size_t y, float square) { distances.at(x, y) = square; });
  }
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x)
      line.source()[x] = distances.at(x, y);
    line.run(width, [&](std::size_t x, float square) {
      distances.at(x, y) = std::sqrt(std::max(0.0F, square));
    });
  }
  return distances;
}

/// How much of each cell lies outside of what is within `reach`, seen from the border: holes count
/// as inside.
Field cover_outside(const Field& distances, float reach) {
  Field outside(distances.width(), distances.height(), 0);
  const auto share = [&](std::size_t cell) {
    return std::clamp(distances.cells()[cell] - reach + 0.5F, 0.0F, 1.0F);
  };
  std::vector<std::size_t> pending = {0};
  outside.cells()[0] = 1;
  const auto visit = [&](std::size_t cell) {
    if (outside.cells()[cell] > 0) return;
    outside.cells()[cell] = share(cell);
    if (outside.cells()[cell] > 0) pending.push_back(cell);
  };
  const std::size_t width = distances.width();
  while (!pending.empty()) {
    const std::size_t cell = pending.back();
    pending.pop_back();
    const std::size_t x = cell % width;
    const std::size_t y = cell / width;
    if (x > 0) visit(cell - 1);
    if (x + 1 < width) visit(cell + 1);
    if (y > 0) visit(cell - width);
    if (y + 1 < distances.height()) visit(cell + width);
  }
  return outside;
}

/// The mean over `2 * radius + 1` cells along rows, written transposed: two calls blur both ways.
Field box_blur_transposed(const Field& field, std::size_t radius) {
  Field blurred(field.height(), field.width(), 0);
  const std::size_t width = field.width();
  const float share = 1.0F / static_cast<float>(2 * radius + 1);
  for (std::size_t y = 0; y < field.height(); ++y) {
    const auto clamped = [&](std::size_t x) {
      return field.at(std::min(x, width - 1), y);
    };
    float sum = static_cast<float>(radius + 1) * field.at(0, y);
    for (std::size_t x = 1; x <= radius; ++x)
      sum += clamped(x);
    for (std::size_t x = 0; x < width; ++x) {
      blurred.at(y, x) = sum * share;
      sum += clamped(x + radius + 1) - field.at(x > radius ? x - radius : 0, y);
    }
  }
  return blurred;
}

Field box_blur(const Field& field, std::size_t radius) {
  return box_blur_transposed(box_blur_transposed(field, radius), radius);
}

/// The cut's outline as a signed distance, worked out on a coarser grid with a border. A distance
/// is almost linear near the outline, so that reading between the cells loses nothing that could be
/// seen.
class Outline {
public:
  Outline(std::span<const std::uint32_t> art, std::size_t size, const DieCut& cut)
      : step_(size >= 256 ? 2 : 1),
        border_(static_cast<std::size_t>(
                    std::ceil((cut.rim + cut.closing) / static_cast<double>(step_))) +
                4),
        field_(cells(size), cells(size), 0) {
    const auto in_cells = [this](double pixels) {
      return static_cast<float>(pixels / static_cast<double>(step_));
    };
    const float share = 1.0F / (255.0F * static_cast<float>(step_ * step_));
    for (std::size_t y = 0; y < size; ++y) {
      for (std::size_t x = 0; x < size; ++x) {
        const auto alpha = static_cast<float>(art[y * size + x] >> 24U);
        field_.at(x / step_ + border_, y / step_ + border_) += share * alpha;
      }
    }
    const float reach = in_cells(cut.rim + cut.closing);
    const float offset = in_cells(cut.closing);
    field_ = cover_outside(distances_to(field_, reach), reach);
    field_ = distances_to(field_, offset);
    for (float& cell : field_.cells())
      cell = (cell - offset) * static_cast<float>(step_);
    shadow_ = make_shadow(in_cells(cut.shadow_blur));
  }

  /// How much of a pixel the white covers.
  [[nodiscard]] float white(std::size_t x, std::size_t y) const {
    return std::clamp(field_.sample(place(x), place(y)) + 0.5F, 0.0F, 1.0F);
  }

  [[nodiscard]] float shadow(std::size_t x, std::size_t y, float drop) const {
    return shadow_.sample(place(x), place(y) - drop / static_cast<float>(step_));
  }

private:
  [[nodiscard]] std::size_t cells(std::size_t size) const {
    return (size + step_ - 1) / step_ + 2 * border_;
  }

  [[nodiscard]] float place(std::size_t pixel) const {
    return (static_cast<float>(pixel) + 0.5F) / static_cast<float>(step_) - 0.5F +
           static_cast<float>(border_);
  }

  /// Three box blurs are nearly a Gaussian.
  [[nodiscard]] Field make_shadow(float blur_cells) const {
    Field shadow = field_;
    for (float& cell : shadow.cells())
      cell = std::clamp(cell + 0.5F, 0.0F, 1.0F);
    const auto radius = std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(blur_cells)));
    for (int pass = 0; pass < 3; ++pass)
      shadow = box_blur(shadow, radius);
    return shadow;
  }

  std::size_t step_;
  std::size_t border_;
  Field field_;
  Field shadow_{2, 2, 0};
};

/// `art` over white over shadow, not premultiplied. Worked out without the detour over eight
/// premultiplied bits, or the faint parts of the shadow would come out in many colours, which no
/// encoder likes.
void compose(std::uint32_t art, float white, float shadow, std::uint8_t* pixel) {
  constexpr float kShadowOpacity = 0.34F;
  constexpr float kShadowColour[3] = {22, 26, 58};
  const float below = shadow * kShadowOpacity * (1 - white);
  const float seen = 1 - static_cast<float>(art >> 24U) / 255;
  // Not 1 - seen * (1 - white - below): where only shadow is, nothing may be lost in the
  // subtraction.
  const float alpha = (1 - seen) + seen * (white + below);
  if (alpha * 255 < 0.5F) return;
  for (unsigned channel = 0; channel < 3; ++channel) {
    const auto own = static_cast<float>((art >> (16 - 8 * channel)) & 0xffU);
    const float mixed = (own + seen * (255 * white + kShadowColour[channel] * below)) / alpha;
    pixel[channel] = static_cast<std::uint8_t>(std::lrint(std::min(255.0F, mixed)));
  }
  pixel[3] = static_cast<std::uint8_t>(std::lrint(alpha * 255));
}

}  // namespace

RgbaImage cut_out(std::span<const std::uint32_t> art, std::size_t size, const DieCut& cut) {
  const Outline outline(art, size, cut);
  RgbaImage sticker(size, size);
  const auto drop = static_cast<float>(cut.shadow_drop);
  for (std::size_t y = 0; y < size; ++y) {
    for (std::size_t x = 0; x < size; ++x) {
      const std::size_t pixel = y * size + x;
      compose(art[pixel],
              outline.white(x, y),
              outline.shadow(x, y, drop),
              &sticker.pixels()[4 * pixel]);
    }
  }
  return sticker;
}

}  // namespace refrain
