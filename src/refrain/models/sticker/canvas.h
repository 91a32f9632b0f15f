#pragma once

/// @file
/// Drawing in the few words that stickers need.

#include "refrain/models/sticker/cairo_handle.h"
#include "refrain/models/sticker/palette.h"

#include <initializer_list>

namespace refrain {

struct Point {
  double x = 0;
  double y = 0;
};

/// A pen over a Cairo context. Lines have round ends and corners. Shapes are added to the path and
/// then filled or stroked; every fill and stroke that is not called `keep_…` clears the path.
///
/// Thread safety: none. Ownership: refers to a context that outlives it.
class Canvas {
public:
  explicit Canvas(cairo_t& context);

  /// Undoes transformations and clips at the end of a scope.
  class Scope {
  public:
    explicit Scope(Canvas& canvas) : context_(canvas.context_) { cairo_save(&context_); }
    ~Scope() { cairo_restore(&context_); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

  private:
    cairo_t& context_;
  };

  [[nodiscard]] cairo_t& context() const { return context_; }

  void move_origin(double x, double y) { cairo_translate(&context_, x, y); }
  void scale(double x, double y) { cairo_scale(&context_, x, y); }
  void rotate_degrees(double degrees);
  void clip() { cairo_clip(&context_); }

  void move_to(double x, double y) { cairo_move_to(&context_, x, y); }
  void line_to(double x, double y) { cairo_line_to(&context_, x, y); }
  void curve_to(Point control1, Point control2, Point end) {
    cairo_curve_to(&context_, control1.x, control1.y, control2.x, control2.y, end.x, end.y);
  }
  void close() { cairo_close_path(&context_); }
  void circle(double x, double y, double radius) { ellipse(x, y, radius, radius); }
  void ellipse(double x, double y, double radius_x, double radius_y);
  /// Part of a circle as a path of its own, clockwise, angles in degrees from three o'clock.
  void arc(double x, double y, double radius, double from_degrees, double to_degrees);
  /// A closed smooth curve through `points` (a Catmull-Rom spline).
  void smooth_ring(std::initializer_list<Point> points) {
    smooth_ring(points.begin(), points.size());
  }
  void smooth_ring(const Point* points, std::size_t count);
  /// A star with `tips` tips; `inner` below `outer`.
  void star(int tips, double outer, double inner);
  /// Two lobes and a tip, about two units wide and high for `size` 1.
  void heart(double x, double y, double size);

  void fill(Rgb colour, double opacity = 1);
  void keep_fill(Rgb colour, double opacity = 1);
  /// Fills from `top` at `from_y` to `bottom` at `to_y`.
  void keep_fill_down(Rgb top, Rgb bottom, double from_y, double to_y);
  /// Fills from `inner` at `centre` to `outer` at `radius` from it.
  void keep_fill_round(Rgb inner, Rgb outer, Point centre, double radius);
  /// Fills with a colour that fades to nothing at `radius` from `centre`.
  void fill_glow(Rgb colour, double opacity, Point centre, double radius);
  void stroke(Rgb colour, double width, double opacity = 1);
  void keep_stroke(Rgb colour, double width, double opacity = 1);
  void forget_path() { cairo_new_path(&context_); }
  /// Makes a colour what the context's own functions paint with.
  void use(Rgb colour, double opacity);

private:
  cairo_t& context_;
};

}  // namespace refrain
