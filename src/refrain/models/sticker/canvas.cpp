#include "refrain/models/sticker/canvas.h"

#include <cmath>
#include <cstddef>
#include <numbers>

namespace refrain {
namespace {

constexpr double kDegree = std::numbers::pi / 180;

struct Channels {
  double red;
  double green;
  double blue;
};

Channels channels(Rgb colour) {
  const auto part = [colour](unsigned shift) {
    return static_cast<double>((colour.value >> shift) & 0xffU) / 255;
  };
  return {part(16), part(8), part(0)};
}

void add_stop(cairo_pattern_t* pattern, double offset, Rgb colour, double opacity) {
  const Channels c = channels(colour);
  cairo_pattern_add_color_stop_rgba(pattern, offset, c.red, c.green, c.blue, opacity);
}

}  // namespace

Canvas::Canvas(cairo_t& context) : context_(context) {
  cairo_set_line_cap(&context_, CAIRO_LINE_CAP_ROUND);
  cairo_set_line_join(&context_, CAIRO_LINE_JOIN_ROUND);
}

void Canvas::rotate_degrees(double degrees) {
  cairo_rotate(&context_, degrees * kDegree);
}

void Canvas::ellipse(double x, double y, double radius_x, double radius_y) {
  const Scope scope(*this);
  cairo_new_sub_path(&context_);
  cairo_translate(&context_, x, y);
  cairo_scale(&context_, radius_x, radius_y);
  cairo_arc(&context_, 0, 0, 1, 0, 2 * std::numbers::pi);
  cairo_close_path(&context_);
}

void Canvas::arc(double x, double y, double radius, double from_degrees, double to_degrees) {
  cairo_new_sub_path(&context_);
  cairo_arc(&context_, x, y, radius, from_degrees * kDegree, to_degrees * kDegree);
}

void Canvas::smooth_ring(const Point* points, std::size_t count) {
  const auto at = [&](std::size_t i) {
    return points[i % count];
  };
  cairo_move_to(&context_, points[0].x, points[0].y);
  for (std::size_t i = 0; i < count; ++i) {
    const Point before = at(i + count - 1);
    const Point from = at(i);
    const Point to = at(i + 1);
    const Point after = at(i + 2);
    curve_to({from.x + (to.x - before.x) / 6, from.y + (to.y - before.y) / 6},
             {to.x - (after.x - from.x) / 6, to.y - (after.y - from.y) / 6},
             to);
  }
  cairo_close_path(&context_);
}

void Canvas::star(int tips, double outer, double inner) {
  cairo_new_sub_path(&context_);
  for (int i = 0; i < 2 * tips; ++i) {
    const double radius = i % 2 == 0 ? outer : inner;
    const double angle = std::numbers::pi * (static_cast<double>(i) / tips - 0.5);
    cairo_line_to(&context_, radius * std::cos(angle), radius * std::sin(angle));
  }
  cairo_close_path(&context_);
}

void Canvas::heart(double x, double y, double size) {
  const auto point = [=](double px, double py) {
    return Point{x + px * size, y + py * size};
  };
  cairo_move_to(&context_, x, y + 0.92 * size);
  curve_to(point(-0.45, 0.58), point(-1.02, 0.2), point(-1.02, -0.32));
  curve_to(point(-1.02, -0.98), point(-0.22, -1.08), point(0, -0.46));
  curve_to(point(0.22, -1.08), point(1.02, -0.98), point(1.02, -0.32));
  curve_to(point(1.02, 0.2), point(0.45, 0.58), point(0, 0.92));
  cairo_close_path(&context_);
}

void Canvas::use(Rgb colour, double opacity) {
  const Channels c = channels(colour);
  cairo_set_source_rgba(&context_, c.red, c.green, c.blue, opacity);
}

void Canvas::fill(Rgb colour, double opacity) {
  use(colour, opacity);
  cairo_fill(&context_);
}

void Canvas::keep_fill(Rgb colour, double opacity) {
  use(colour, opacity);
  cairo_fill_preserve(&context_);
}

void Canvas::keep_fill_down(Rgb top, Rgb bottom, double from_y, double to_y) {
  const PatternHandle pattern(cairo_pattern_create_linear(0, from_y, 0, to_y));
  add_stop(pattern.get(), 0, top, 1);
  add_stop(pattern.get(), 1, bottom, 1);
  cairo_set_source(&context_, pattern.get());
  cairo_fill_preserve(&context_);
}

void Canvas::keep_fill_round(Rgb inner, Rgb outer, Point centre, double radius) {
  const PatternHandle pattern(
      cairo_pattern_create_radial(centre.x, centre.y, 0, centre.x, centre.y, radius));
  add_stop(pattern.get(), 0, inner, 1);
  add_stop(pattern.get(), 1, outer, 1);
  cairo_set_source(&context_, pattern.get());
  cairo_fill_preserve(&context_);
}

void Canvas::fill_glow(Rgb colour, double opacity, Point centre, double radius) {
  const PatternHandle pattern(
      cairo_pattern_create_radial(centre.x, centre.y, 0, centre.x, centre.y, radius));
  add_stop(pattern.get(), 0, colour, opacity);
  add_stop(pattern.get(), 0.45, colour, opacity * 0.75);
  add_stop(pattern.get(), 1, colour, 0);
  cairo_set_source(&context_, pattern.get());
  cairo_fill(&context_);
}

void Canvas::stroke(Rgb colour, double width, double opacity) {
  keep_stroke(colour, width, opacity);
  cairo_new_path(&context_);
}

void Canvas::keep_stroke(Rgb colour, double width, double opacity) {
  use(colour, opacity);
  cairo_set_line_width(&context_, width);
  cairo_stroke_preserve(&context_);
}

}  // namespace refrain
