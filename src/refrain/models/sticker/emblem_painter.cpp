#include "refrain/models/sticker/emblem_painter.h"

#include "refrain/models/sticker/face_painter.h"

#include <array>
#include <cmath>
#include <numbers>

namespace refrain {
namespace {

constexpr Rgb kWhite{0xffffff};
constexpr double kEdge = 5;

class EmblemPainter {
public:
  EmblemPainter(Canvas& canvas, Palette palette, SplitMix64& random)
      : canvas_(canvas),
        shades_(shades(palette)),
        turn_(random.between(-9, 9)),
        swell_(random.between(0.94, 1.06)) {}

  void paint(Emblem emblem, Mood mood) {
    const Canvas::Scope scope(canvas_);
    canvas_.scale(swell_, 2 - swell_);
    face_.mood = mood;
    face_.ink = shades_.ink;
    face_.scale = 0.86;
    face_.eye_distance = 44;
    switch (emblem) {
      case Emblem::kHeart:
        paint_heart();
        break;
      case Emblem::kStar:
        paint_star();
        break;
      case Emblem::kSun:
        paint_sun();
        break;
      case Emblem::kMoon:
        paint_moon();
        break;
      case Emblem::kCloud:
        paint_cloud();
        break;
      case Emblem::kFlower:
        paint_flower();
        break;
      case Emblem::kMug:
        paint_mug();
        break;
      case Emblem::kApple:
        paint_apple();
        break;
    }
    paint_face(canvas_, face_);
  }

private:
  /// Fills the path as something round and soft.
  void paint_body(Point light = {-50, -70}, double radius = 230) {
    canvas_.keep_fill_round(shades_.light, shades_.base, light, radius);
    canvas_.stroke(shades_.deep, kEdge);
  }

  void paint_gloss(Point at, double degrees) {
    const Canvas::Scope scope(canvas_);
    canvas_.move_origin(at.x, at.y);
    canvas_.rotate_degrees(degrees);
    canvas_.ellipse(0, 0, 26, 12);
    canvas_.fill(kWhite, 0.75);
  }

  void paint_heart() {
    canvas_.heart(0, 4, 138);
    paint_body();
    paint_gloss({-92, -68}, -40);
    face_.centre = {0, -22};
  }

  void paint_star() {
    // A thick line in the body's own colour rounds the tips.
    canvas_.star(5, 128, 72);
    canvas_.keep_stroke(shades_.deep, 44 + 2 * kEdge);
    canvas_.keep_stroke(shades_.base, 44);
    canvas_.keep_fill_round(shades_.light, shades_.base, {-20, -40}, 150);
    canvas_.forget_path();
    face_.centre = {0, -8};
  }

  void paint_sun() {
    {
      const Canvas::Scope scope(canvas_);
      canvas_.rotate_degrees(turn_);
      for (int ray = 0; ray < 12; ++ray) {
        canvas_.rotate_degrees(30);
        canvas_.move_to(0, ray % 2 == 0 ? -142 : -128);
        canvas_.line_to(0, -100);
        canvas_.keep_stroke(shades_.deep, 30 + 2 * kEdge);
        canvas_.stroke(shades(Palette::kYellow).base, 30);
      }
    }
    canvas_.circle(0, 0, 104);
    paint_body({-36, -50}, 160);
    paint_gloss({-58, -60}, -40);
    face_.centre = {0, -14};
  }

  void paint_moon() {
    const Canvas::Scope scope(canvas_);
    canvas_.rotate_degrees(turn_);
    canvas_.move_to(64, -130);
    canvas_.curve_to({-40, -176}, {-164, -100}, {-150, 22});
    canvas_.curve_to({-138, 140}, {2, 178}, {98, 106});
    canvas_.curve_to({116, 92}, {110, 84}, {94, 84});
    canvas_.curve_to({4, 80}, {-14, -20}, {70, -102});
    canvas_.curve_to({82, -114}, {80, -124}, {64, -130});
    canvas_.close();
    paint_body();
    for (const auto& [x, y, radius] :
         {std::array{-98.0, 66.0, 13.0}, {-46.0, 110.0, 9.0}, {-106.0, -52.0, 9.0}}) {
      canvas_.circle(x, y, radius);
      canvas_.fill(shades_.deep, 0.28);
    }
    face_.centre = {-64, -10};
    face_.eye_distance = 30;
    face_.scale = 0.66;
  }

  void paint_cloud() {
    canvas_.smooth_ring({{-150, 44},
                         {-138, -22},
                         {-88, -40},
                         {-62, -98},
                         {8, -112},
                         {66, -74},
                         {122, -52},
                         {152, 4},
                         {142, 64},
                         {90, 90},
                         {0, 94},
                         {-100, 90}});
    canvas_.keep_fill_down(shades_.light, shades_.base, -100, 100);
    canvas_.stroke(shades_.deep, kEdge);
    paint_gloss({-46, -68}, -36);
    face_.centre = {0, -6};
  }

  void paint_flower() {
    const Canvas::Scope scope(canvas_);
    canvas_.rotate_degrees(turn_);
    for (int petal = 0; petal < 8; ++petal) {
      canvas_.rotate_degrees(45);
      canvas_.ellipse(0, -98, 42, 50);
      canvas_.keep_fill_down(shades_.base, shades_.light, -150, -60);
      canvas_.stroke(shades_.deep, kEdge);
    }
    canvas_.circle(0, 0, 84);
    const Shades& heart =
        shades(shades_.base == shades(Palette::kYellow).base ? Palette::kOrange : Palette::kYellow);
    canvas_.keep_fill_round(heart.light, heart.base, {-26, -34}, 120);
    canvas_.stroke(heart.deep, kEdge);
    face_.centre = {0, -14};
    face_.eye_distance = 36;
    face_.scale = 0.76;
    face_.ink = heart.ink;
  }

  void paint_mug() {
    for (const double x : {-52.0, 0.0, 52.0}) {
      canvas_.move_to(x, -100);
      canvas_.curve_to({x - 22, -120}, {x + 22, -134}, {x, -158});
      canvas_.stroke(shades_.light, 13);
    }
    canvas_.ellipse(114, 10, 44, 48);
    canvas_.keep_stroke(shades_.deep, 28);
    canvas_.stroke(shades_.base, 18);
    canvas_.smooth_ring(
        {{-112, -78}, {112, -78}, {114, 20}, {84, 112}, {0, 124}, {-84, 112}, {-114, 20}});
    paint_body();
    canvas_.ellipse(0, -80, 110, 26);
    canvas_.keep_fill(shades_.light);
    canvas_.stroke(shades_.deep, kEdge);
    canvas_.ellipse(0, -76, 90, 17);
    canvas_.fill({0x7a4a2b});
    face_.centre = {0, 12};
  }

  void paint_apple() {
    canvas_.move_to(0, -86);
    canvas_.curve_to({2, -116}, {14, -134}, {30, -146});
    canvas_.stroke({0x7a4a2b}, 13);
    canvas_.move_to(14, -104);
    canvas_.curve_to({28, -146}, {76, -150}, {100, -138});
    canvas_.curve_to({92, -102}, {50, -88}, {14, -104});
    canvas_.keep_fill({0x8fd05f});
    canvas_.stroke({0x4f9636}, kEdge);
    canvas_.smooth_ring({{0, -82},
                         {62, -104},
                         {126, -62},
                         {130, 22},
                         {84, 110},
                         {34, 126},
                         {0, 116},
                         {-34, 126},
                         {-84, 110},
                         {-130, 22},
                         {-126, -62},
                         {-62, -104}});
    paint_body();
    paint_gloss({-84, -58}, -40);
    face_.centre = {0, 0};
  }

  Canvas& canvas_;
  const Shades& shades_;
  double turn_;
  double swell_;
  Face face_;
};

}  // namespace

void paint_emblem(Canvas& canvas, Emblem emblem, Mood mood, Palette palette, SplitMix64& random) {
  EmblemPainter(canvas, palette, random).paint(emblem, mood);
}

}  // namespace refrain
