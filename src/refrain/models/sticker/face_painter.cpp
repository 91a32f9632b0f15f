#include "refrain/models/sticker/face_painter.h"

namespace refrain {
namespace {

constexpr Rgb kWhite{0xffffff};
constexpr Rgb kTongue{0xff7a8a};
constexpr Rgb kTear{0x5cc3ff};
constexpr Rgb kLove{0xf23d5e};

/// Draws in a frame of its own: the origin between the eyes, the left eye at -`eye_`, the right at
/// +`eye_`.
class FacePainter {
public:
  FacePainter(Canvas& canvas, const Face& face)
      : canvas_(canvas),
        face_(face),
        eye_(face.eye_distance / face.scale) {}

  void paint() {
    const Canvas::Scope scope(canvas_);
    canvas_.move_origin(face_.centre.x, face_.centre.y);
    canvas_.scale(face_.scale, face_.scale);
    paint_blush();
    for (const double side : {-1.0, 1.0})
      paint_eye(side);
    if (face_.mood == Mood::kCool) paint_sunglasses();
    paint_nose();
    paint_mouth();
    paint_extras();
  }

private:
  void paint_blush() {
    for (const double side : {-1.0, 1.0}) {
      const Point cheek{side * (eye_ + 30), 27};
      const Canvas::Scope scope(canvas_);
      canvas_.move_origin(cheek.x, cheek.y);
      canvas_.scale(1.35, 1);
      canvas_.circle(0, 0, 18);
      canvas_.fill_glow(face_.blush, 0.75, {0, 0}, 18);
    }
  }

  void paint_eye(double side) {
    const double x = side * eye_;
    switch (face_.mood) {
      case Mood::kLaughing:
        canvas_.move_to(x - 17, 7);
        canvas_.curve_to({x - 11, -14}, {x + 11, -14}, {x + 17, 7});
        canvas_.stroke(face_.ink, 8);
        break;
      case Mood::kSleepy:
        canvas_.move_to(x - 18, -2);
        canvas_.curve_to({x - 10, 13}, {x + 10, 13}, {x + 18, -2});
        canvas_.stroke(face_.ink, 7);
        break;
      case Mood::kLove:
        canvas_.heart(x, 0, 23);
        canvas_.fill(kLove);
        canvas_.ellipse(x - 9, -9, 5, 4);
        canvas_.fill(kWhite, 0.85);
        break;
      case Mood::kCool:
        break;
      default:
        paint_round_eye(side);
    }
  }

  void paint_round_eye(double side) {
    const double x = side * eye_;
    const bool is_wide = face_.mood == Mood::kSurprised;
    if (is_wide) {
      canvas_.circle(x, 0, 27);
      canvas_.keep_fill(kWhite);
      canvas_.stroke(face_.ink, 4);
    }
    const double width = is_wide ? 14 : 19;
    const double height = is_wide ? 15 : 23;
    canvas_.ellipse(x, 0, width, height);
    canvas_.fill(face_.ink);
    canvas_.ellipse(x - 0.3 * width, -0.38 * height, 0.42 * width, 0.36 * height);
    canvas_.fill(kWhite);
    canvas_.circle(x + 0.36 * width, 0.4 * height, 0.2 * width);
    canvas_.fill(kWhite, 0.9);
    if (face_.mood == Mood::kAngry) paint_brow(side, -24, -36);
    if (face_.mood == Mood::kSad) paint_brow(side, -40, -29);
  }

  /// A brow from its inner end's height to its outer end's.
  void paint_brow(double side, double inner_y, double outer_y) {
    canvas_.move_to(side * (eye_ - 22), inner_y);
    canvas_.line_to(side * (eye_ + 20), outer_y);
    canvas_.stroke(face_.ink, 8);
  }

  void paint_sunglasses() {
    for (const double side : {-1.0, 1.0}) {
      const double x = side * eye_;
      canvas_.smooth_ring(
          {{x - 33, -17}, {x, -21}, {x + 33, -17}, {x + 29, 13}, {x, 25}, {x - 29, 13}});
      canvas_.fill(face_.ink);
      canvas_.move_to(x - 15, 6);
      canvas_.line_to(x - 3, -11);
      canvas_.stroke(kWhite, 6, 0.75);
    }
    canvas_.move_to(-eye_ + 25, -13);
    canvas_.line_to(eye_ - 25, -13);
    canvas_.stroke(face_.ink, 8);
  }

  void paint_nose() {
    switch (face_.nose) {
      case Nose::kNone:
        break;
      case Nose::kButton:
        canvas_.smooth_ring({{-11, 16}, {0, 13}, {11, 16}, {0, 27}});
        canvas_.fill(face_.ink);
        break;
      case Nose::kSnout:
        canvas_.ellipse(0, 26, 31, 22);
        canvas_.keep_fill({0xff86a8});
        canvas_.stroke(face_.ink, 3, 0.35);
        for (const double x : {-11.0, 11.0}) {
          canvas_.ellipse(x, 26, 5, 8);
          canvas_.fill(face_.ink, 0.75);
        }
        break;
      case Nose::kBeak:
        canvas_.smooth_ring({{-25, 23}, {0, 12}, {25, 23}, {0, 43}});
        canvas_.keep_fill({0xff9f2e});
        canvas_.stroke({0xc2610c}, 3);
        canvas_.move_to(-18, 24);
        canvas_.curve_to({-7, 30}, {7, 30}, {18, 24});
        canvas_.stroke({0xc2610c}, 3);
        break;
    }
  }

  void paint_mouth() {
    if (face_.nose == Nose::kBeak) return;
    const double y = face_.nose == Nose::kSnout ? 56 : face_.nose == Nose::kButton ? 30 : 22;
    switch (face_.mood) {
      case Mood::kHappy:
      case Mood::kLaughing:
      case Mood::kLove:
        paint_open_mouth(y);
        break;
      case Mood::kSad:
      case Mood::kAngry:
        canvas_.arc(0, y + 20, 15, 205, 335);
        canvas_.stroke(face_.ink, 7);
        break;
      case Mood::kSleepy:
        canvas_.ellipse(0, y + 9, 7, 8);
        canvas_.fill(face_.ink);
        break;
      case Mood::kSurprised:
        canvas_.ellipse(0, y + 15, 12, 15);
        canvas_.fill(face_.ink);
        canvas_.ellipse(0, y + 22, 7, 6);
        canvas_.fill(kTongue);
        break;
      case Mood::kCool:
        canvas_.move_to(-14, y + 10);
        canvas_.curve_to({-4, y + 18}, {14, y + 16}, {20, y + 2});
        canvas_.stroke(face_.ink, 7);
        break;
      case Mood::kCalm:
        if (face_.nose == Nose::kButton) {
          paint_cat_mouth(y);
        } else {
          canvas_.arc(0, y - 2, 15, 25, 155);
          canvas_.stroke(face_.ink, 7);
        }
        break;
    }
  }

  void paint_open_mouth(double y) {
    const auto outline = [&] {
      canvas_.move_to(-23, y + 1);
      canvas_.curve_to({-10, y + 6}, {10, y + 6}, {23, y + 1});
      canvas_.curve_to({24, y + 42}, {-24, y + 42}, {-23, y + 1});
      canvas_.close();
    };
    const Canvas::Scope scope(canvas_);
    outline();
    canvas_.keep_stroke(face_.ink, 6);
    canvas_.keep_fill(face_.ink);
    canvas_.clip();
    canvas_.ellipse(0, y + 33, 16, 14);
    canvas_.fill(kTongue);
  }

  void paint_cat_mouth(double y) {
    canvas_.arc(-10, y, 10, 10, 170);
    canvas_.stroke(face_.ink, 6);
    canvas_.arc(10, y, 10, 10, 170);
    canvas_.stroke(face_.ink, 6);
  }

  void paint_extras() {
    if (face_.mood == Mood::kSad) {
      const double x = eye_ + 15;
      canvas_.move_to(x, 20);
      canvas_.curve_to({x + 6, 32}, {x + 13, 38}, {x + 13, 47});
      canvas_.curve_to({x + 13, 65}, {x - 13, 65}, {x - 13, 47});
      canvas_.curve_to({x - 13, 38}, {x - 6, 32}, {x, 20});
      canvas_.fill(kTear);
      canvas_.ellipse(x - 4, 47, 3, 6);
      canvas_.fill(kWhite, 0.85);
    }
    if (face_.mood == Mood::kAngry) {
      // The crossed veins that comics put on an angry forehead.
      const Canvas::Scope scope(canvas_);
      canvas_.move_origin(eye_ + 40, -46);
      for (int quarter = 0; quarter < 4; ++quarter) {
        canvas_.rotate_degrees(90);
        canvas_.move_to(5, 17);
        canvas_.curve_to({5, 8}, {8, 5}, {17, 5});
        canvas_.stroke(kLove, 6);
      }
    }
  }

  Canvas& canvas_;
  const Face& face_;
  double eye_;
};

}  // namespace

void paint_face(Canvas& canvas, const Face& face) {
  FacePainter(canvas, face).paint();
}

}  // namespace refrain
