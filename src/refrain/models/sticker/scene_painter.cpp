#include "refrain/models/sticker/scene_painter.h"

#include "refrain/models/sticker/caption_painter.h"
#include "refrain/models/sticker/creature_painter.h"
#include "refrain/models/sticker/emblem_painter.h"
#include "refrain/models/sticker/split_mix64.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace refrain {
namespace {

constexpr Rgb kWhite{0xffffff};
constexpr Rgb kShadow{0x1b2140};

class ScenePainter {
public:
  ScenePainter(Canvas& canvas, const StickerPlan& plan, const TextOutline& caption)
      : canvas_(canvas),
        plan_(plan),
        caption_(caption),
        random_(plan.detail_seed),
        figure_(shades(plan.figure_palette)),
        ground_(shades(plan.ground_palette)) {}

  void paint() {
    switch (plan_.layout) {
      case Layout::kBubble:
        paint_bubble_scene();
        break;
      case Layout::kMascot:
        paint_mascot_scene();
        break;
      case Layout::kBadge:
        paint_badge_scene();
        break;
    }
  }

private:
  void paint_mascot_scene() {
    const double tilt = random_.between(-4, 4);
    {
      const Canvas::Scope scope(canvas_);
      canvas_.move_origin(0, -44);
      canvas_.rotate_degrees(tilt);
      paint_figure();
    }
    paint_ornaments();
    const double scale =
        caption_scale(caption_, {.width = 430, .height = 170, .letter_height = 88});
    paint_caption(canvas_, caption_, {0, 72}, scale, caption_shades());
  }

  void paint_badge_scene() {
    const double tilt = random_.between(-5, 5);
    paint_sunburst();
    {
      const Canvas::Scope scope(canvas_);
      canvas_.move_origin(0, std::holds_alternative<Creature>(plan_.figure) ? 10 : -26);
      canvas_.rotate_degrees(tilt);
      canvas_.scale(0.92, 0.92);
      paint_raised_figure({.x = 0, .y = 10}, 0);
    }
    const double scale =
        caption_scale(caption_, {.width = 440, .height = 160, .letter_height = 88});
    paint_caption(canvas_, caption_, {0, 112}, scale, caption_shades());
  }

  void paint_bubble_scene() {
    const CaptionRoom room{.width = 372, .height = 216, .letter_height = 118};
    const double scale = caption_scale(caption_, room);
    const double outline = 34 * scale;
    const double half_width = std::max(160.0, scale * caption_.width / 2 + outline + 36);
    const double half_height = std::max(98.0, scale * caption_.height / 2 + outline + 40);
    const double lean = random_.between(-3, 3);
    const Canvas::Scope scope(canvas_);
    canvas_.rotate_degrees(lean);
    paint_bubble(half_width, half_height);
    if (caption_.path == nullptr) {
      paint_pause();
    } else {
      paint_caption(canvas_,
                    caption_,
                    {0, -scale * caption_.height / 2 - outline / 2 - 6},
                    scale,
                    caption_shades());
    }
    canvas_.move_origin(half_width - 22, half_height + 12);
    canvas_.rotate_degrees(8);
    canvas_.scale(0.5, 0.5);
    paint_raised_figure({.x = 0, .y = 10}, 20);
  }

  [[nodiscard]] const Shades& caption_shades() const {
    return plan_.layout == Layout::kBubble ? ground_ : figure_;
  }

  void paint_figure() {
    // A copy, so that the figure does not depend on what was painted before it.
    SplitMix64 random(plan_.detail_seed ^ SplitMix64::kIncrement);
    if (const auto* creature = std::get_if<Creature>(&plan_.figure)) {
      paint_creature(canvas_, *creature, plan_.mood, plan_.figure_palette, random);
    } else {
      paint_emblem(
          canvas_, std::get<Emblem>(plan_.figure), plan_.mood, plan_.figure_palette, random);
    }
  }

  /// The figure above its own shadow, within a white rim of `rim` units if that is not 0.
  void paint_raised_figure(Point shadow, double rim) {
    const Canvas::Scope scope(canvas_);
    cairo_t& cairo = canvas_.context();
    // Keeps the layer, and with it every pass over it, small.
    cairo_rectangle(&cairo, -215, -300, 430, 490);
    canvas_.clip();
    cairo_push_group(&cairo);
    paint_figure();
    const PatternHandle layer(cairo_pop_group(&cairo));
    paint_stencil(*layer, kShadow, 0.22, shadow);
    constexpr int kSteps = 12;
    for (int step = 0; rim > 0 && step < kSteps; ++step) {
      const double angle = 2 * std::numbers::pi * step / kSteps;
      paint_stencil(*layer, kWhite, 1, {rim * std::cos(angle), rim * std::sin(angle)});
    }
    cairo_set_source(&cairo, layer.get());
    cairo_paint(&cairo);
  }

  /// The layer's silhouette in one colour, moved by `offset`.
  void paint_stencil(cairo_pattern_t& layer, Rgb colour, double opacity, Point offset) {
    const Canvas::Scope scope(canvas_);
    canvas_.move_origin(offset.x, offset.y);
    canvas_.use(colour, opacity);
    cairo_mask(&canvas_.context(), &layer);
  }

  void add_bubble(double half_width, double half_height) {
    const double w = half_width;
    const double h = half_height;
    // How far a corner's handle stays from the corner: 0 would be a rectangle.
    const double bend = 0.86 * std::min(w, h);
    canvas_.move_to(-w, 0);
    canvas_.curve_to({-w, -h + 0.18 * bend}, {-w + 0.3 * bend, -h}, {-w + bend, -h});
    canvas_.line_to(w - bend, -h);
    canvas_.curve_to({w - 0.3 * bend, -h}, {w, -h + 0.18 * bend}, {w, 0});
    canvas_.curve_to({w, h - 0.18 * bend}, {w - 0.3 * bend, h}, {w - bend, h});
    canvas_.line_to(-0.3 * w, h);
    canvas_.curve_to({-0.4 * w, h + 30}, {-0.54 * w, h + 54}, {-0.68 * w, h + 58});
    canvas_.curve_to({-0.6 * w, h + 40}, {-0.6 * w, h + 16}, {-0.62 * w, h - 4});
    canvas_.curve_to({-w + 0.16 * bend, h - 0.06 * bend}, {-w, h - 0.3 * bend}, {-w, 0});
    canvas_.close();
  }

  void paint_bubble(double half_width, double half_height) {
    add_bubble(half_width, half_height);
    canvas_.keep_fill_down(ground_.light, ground_.base, -half_height, half_height);
    {
      const Canvas::Scope scope(canvas_);
      canvas_.clip();
      paint_dot_pattern(half_width, half_height + 60);
    }
    add_bubble(half_width, half_height);
    canvas_.stroke(ground_.deep, 5);
    {
      const Canvas::Scope scope(canvas_);
      canvas_.move_origin(-half_width + 46, -half_height + 38);
      canvas_.rotate_degrees(-36);
      canvas_.ellipse(0, 0, 26, 9);
      canvas_.fill(kWhite, 0.8);
    }
  }

  void paint_dot_pattern(double half_width, double half_height) {
    const double step = random_.between(25, 33);
    const double size = random_.between(3.2, 5.5);
    const int columns = static_cast<int>(2 * half_width / step) + 1;
    const int rows = static_cast<int>(4 * half_height / step) + 1;
    for (int row = 0; row < rows; ++row) {
      const double shift = row % 2 == 0 ? 0 : 0.5;
      for (int column = 0; column < columns; ++column) {
        canvas_.circle((column + shift) * step - half_width, 0.5 * row * step - half_height, size);
      }
    }
    canvas_.fill(kWhite, 0.26);
  }

  /// Three dots: the speech of a prompt in which there is nothing to read.
  void paint_pause() {
    for (const double x : {-56.0, 0.0, 56.0}) {
      canvas_.circle(x, 0, 18);
      canvas_.fill(ground_.ink);
    }
  }

  void paint_sunburst() {
    constexpr std::size_t kKnots = 10;
    std::array<Point, kKnots> knots;
    for (std::size_t i = 0; i < kKnots; ++i) {
      const double angle = 2 * std::numbers::pi * static_cast<double>(i) / kKnots;
      const double radius = random_.between(190, 216);
      knots[i] = {radius * std::cos(angle), radius * std::sin(angle)};
    }
    canvas_.smooth_ring(knots.data(), kKnots);
    canvas_.keep_fill_round(ground_.light, ground_.base, {0, -40}, 230);
    {
      const Canvas::Scope scope(canvas_);
      canvas_.clip();
      paint_rays();
      paint_sparks();
    }
    canvas_.smooth_ring(knots.data(), kKnots);
    canvas_.stroke(ground_.deep, 5);
  }

  void paint_rays() {
    const int rays = 11 + static_cast<int>(random_.below(5));
    const double width = std::numbers::pi / rays;
    const double start = random_.between(0, width);
    for (int ray = 0; ray < rays; ++ray) {
      const double angle = start + 2 * width * ray;
      canvas_.move_to(0, -26);
      canvas_.line_to(260 * std::cos(angle), -26 + 260 * std::sin(angle));
      canvas_.line_to(260 * std::cos(angle + width), -26 + 260 * std::sin(angle + width));
      canvas_.close();
    }
    canvas_.fill(kWhite, 0.3);
  }

  /// Sparkles and dots around the figure, all within the ground.
  void paint_sparks() {
    constexpr int kSparks = 14;
    for (int spark = 0; spark < kSparks; ++spark) {
      const double angle = 2 * std::numbers::pi * (spark + random_.between(-0.3, 0.3)) / kSparks;
      const double radius = random_.between(148, 180);
      const Canvas::Scope scope(canvas_);
      canvas_.move_origin(radius * std::cos(angle), radius * std::sin(angle));
      if (spark % 2 == 0) {
        paint_sparkle(random_.between(11, 19), spark % 4 == 0 ? kWhite : ground_.accent);
      } else {
        canvas_.circle(0, 0, random_.between(3, 6.5));
        canvas_.fill(kWhite, 0.9);
      }
    }
  }

  void paint_sparkle(double size, Rgb colour) {
    const double waist = 0.16 * size;
    canvas_.move_to(0, -size);
    for (const Point tip : {Point{size, 0}, Point{0, size}, Point{-size, 0}, Point{0, -size}}) {
      Point from;
      cairo_get_current_point(&canvas_.context(), &from.x, &from.y);
      const double towards_x = from.x + tip.x > 0 ? waist : -waist;
      const double towards_y = from.y + tip.y > 0 ? waist : -waist;
      canvas_.curve_to({towards_x, towards_y}, {towards_x, towards_y}, tip);
    }
    canvas_.close();
    canvas_.fill(colour);
  }

  /// A few small things in the air beside a mascot's head, near enough to be cut out with it.
  void paint_ornaments() {
    for (int i = 0; i < 4; ++i) {
      const double side = i % 2 == 0 ? 1 : -1;
      const double height = i < 2 ? random_.between(-138, -112) : random_.between(-80, -60);
      const double x = side * (i < 2 ? random_.between(166, 178) : random_.between(184, 194));
      const double size = i < 2 ? random_.between(19, 25) : random_.between(11, 15);
      const Canvas::Scope scope(canvas_);
      canvas_.move_origin(x, height);
      canvas_.rotate_degrees(random_.between(-16, 16));
      paint_ornament(size, i < 2 ? ground_.base : ground_.deep);
    }
  }

  void paint_ornament(double size, Rgb colour) {
    switch (plan_.mood) {
      case Mood::kLove:
        canvas_.heart(0, 0, 0.85 * size);
        canvas_.fill(shades(Palette::kRed).base);
        break;
      case Mood::kSleepy:
        canvas_.move_to(-0.5 * size, -0.6 * size);
        canvas_.line_to(0.5 * size, -0.6 * size);
        canvas_.line_to(-0.5 * size, 0.6 * size);
        canvas_.line_to(0.5 * size, 0.6 * size);
        canvas_.stroke(figure_.ink, 0.36 * size);
        break;
      case Mood::kHappy:
      case Mood::kSurprised:
      case Mood::kCool:
        canvas_.star(5, 0.8 * size, 0.42 * size);
        canvas_.keep_stroke(colour, 0.4 * size);
        canvas_.fill(colour);
        break;
      default:
        paint_sparkle(1.2 * size, colour);
    }
  }

  Canvas& canvas_;
  const StickerPlan& plan_;
  const TextOutline& caption_;
  SplitMix64 random_;
  const Shades& figure_;
  const Shades& ground_;
};

}  // namespace

void paint_scene(Canvas& canvas, const StickerPlan& plan, const TextOutline& caption) {
  ScenePainter(canvas, plan, caption).paint();
}

}  // namespace refrain
