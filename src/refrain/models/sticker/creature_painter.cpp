#include "refrain/models/sticker/creature_painter.h"

#include "refrain/models/sticker/face_painter.h"

namespace refrain {
namespace {

constexpr Rgb kWhite{0xffffff};
constexpr Rgb kCharcoal{0x3a3f52};
constexpr Rgb kInnerEar{0xffb3c4};
constexpr double kEdge = 5;

class CreaturePainter {
public:
  CreaturePainter(Canvas& canvas, Creature creature, Palette palette, SplitMix64& random)
      : canvas_(canvas),
        creature_(creature),
        shades_(shades(palette)),
        wide_(random.between(148, 160)),
        high_(random.between(124, 136)),
        belly_(random.between(88, 106)),
        lean_(random.between(-6, 6)),
        choice_(random.below(3)) {}

  void paint(Mood mood) {
    const Canvas::Scope scope(canvas_);
    paint_feet();
    paint_both_sides([this] { paint_ear(); });
    paint_crest();
    add_body();
    canvas_.keep_fill_round(
        shades_.light, shades_.base, {-0.3 * wide_, -0.55 * high_}, 1.55 * wide_);
    canvas_.stroke(shades_.deep, kEdge);
    paint_markings();
    paint_gloss();
    paint_both_sides([this] { paint_paw(); });
    paint_face(canvas_, face(mood));
    if (creature_ == Creature::kCat || creature_ == Creature::kMouse) {
      paint_both_sides([this] { paint_whiskers(); });
    }
  }

private:
  /// Paints the right side and its mirror image.
  template <class Paint>
  void paint_both_sides(Paint paint) {
    for (const double side : {-1.0, 1.0}) {
      const Canvas::Scope scope(canvas_);
      canvas_.scale(side, 1);
      paint();
    }
  }

  /// A drop that has settled: narrower at the top, flat at the bottom.
  void add_body() {
    canvas_.move_to(0, -high_);
    canvas_.curve_to({0.62 * wide_, -high_}, {0.97 * wide_, -0.42 * high_}, {wide_, 0.3 * high_});
    canvas_.curve_to({1.02 * wide_, 0.86 * high_}, {0.78 * wide_, high_}, {0.42 * wide_, high_});
    canvas_.line_to(-0.42 * wide_, high_);
    canvas_.curve_to({-0.78 * wide_, high_}, {-1.02 * wide_, 0.86 * high_}, {-wide_, 0.3 * high_});
    canvas_.curve_to({-0.97 * wide_, -0.42 * high_}, {-0.62 * wide_, -high_}, {0, -high_});
    canvas_.close();
  }

  void paint_shape(Rgb colour) {
    canvas_.keep_fill(colour);
    canvas_.stroke(shades_.deep, kEdge);
  }

  void paint_round_ear(double x, double y, double radius, Rgb outer, Rgb inner) {
    canvas_.circle(x, y, radius);
    paint_shape(outer);
    canvas_.circle(x - 0.08 * radius, y + 0.1 * radius, 0.56 * radius);
    canvas_.fill(inner);
  }

  void paint_pointed_ear(double reach, Rgb tip) {
    const auto outline = [&] {
      canvas_.move_to(38, -0.9 * high_);
      canvas_.curve_to({60, -high_ - 0.4 * reach}, {84, -high_ - reach}, {100, -high_ - reach});
      canvas_.curve_to({120, -high_ - reach}, {134, -0.9 * high_}, {0.9 * wide_, -0.3 * high_});
      canvas_.close();
    };
    outline();
    paint_shape(shades_.base);
    if (tip != shades_.base) {
      const Canvas::Scope scope(canvas_);
      outline();
      canvas_.clip();
      canvas_.ellipse(100, -high_ - reach, 60, 0.62 * reach);
      canvas_.fill(tip);
    }
    canvas_.move_to(70, -0.86 * high_);
    canvas_.curve_to(
        {82, -high_ - 0.3 * reach}, {90, -high_ - 0.66 * reach}, {100, -high_ - 0.66 * reach});
    canvas_.curve_to({110, -high_ - 0.6 * reach}, {116, -0.8 * high_}, {118, -0.6 * high_});
    canvas_.close();
    canvas_.fill(kInnerEar);
  }

  void paint_long_ear() {
    canvas_.move_origin(62, -high_ - 52);
    canvas_.rotate_degrees(10 + lean_);
    canvas_.ellipse(0, 0, 35, 92);
    paint_shape(shades_.base);
    canvas_.ellipse(0, 6, 18, 66);
    canvas_.fill(kInnerEar);
  }

  void paint_hanging_ear() {
    canvas_.smooth_ring({{66, -0.9 * high_},
                         {112, -high_},
                         {152, -0.74 * high_},
                         {172, -0.2 * high_},
                         {154, 0.08 * high_},
                         {128, -0.28 * high_}});
    paint_shape(shades_.deep);
  }

  void paint_ear() {
    switch (creature_) {
      case Creature::kCat:
        paint_pointed_ear(54, shades_.base);
        break;
      case Creature::kFox:
        paint_pointed_ear(66, shades_.ink);
        break;
      case Creature::kUnicorn:
        paint_pointed_ear(44, shades_.base);
        break;
      case Creature::kPig:
        paint_pointed_ear(36, shades_.deep);
        break;
      case Creature::kBear:
        paint_round_ear(100, -high_ + 14, 44, shades_.base, shades_.light);
        break;
      case Creature::kPanda:
        paint_round_ear(104, -high_ + 12, 44, kCharcoal, kCharcoal);
        break;
      case Creature::kMouse:
        paint_round_ear(118, -high_ + 4, 62, shades_.base, kInnerEar);
        break;
      case Creature::kFrog:
        paint_round_ear(78, -high_ + 8, 48, shades_.base, shades_.base);
        break;
      case Creature::kBunny:
        paint_long_ear();
        break;
      default:
        break;
    }
  }

  void paint_feet() {
    paint_both_sides([this] {
      canvas_.ellipse(72, high_ - 2, 44, 22);
      const bool is_bird = creature_ == Creature::kChick || creature_ == Creature::kPenguin;
      canvas_.keep_fill(is_bird                         ? Rgb{0xff9f2e}
                        : creature_ == Creature::kPanda ? kCharcoal
                                                        : shades_.base);
      canvas_.stroke(is_bird ? Rgb{0xc2610c} : shades_.deep, kEdge);
    });
  }

  /// What stands on the middle of the head.
  void paint_crest() {
    switch (creature_) {
      case Creature::kBlob:
        paint_sprout();
        break;
      case Creature::kChick:
        paint_tuft();
        break;
      case Creature::kDino:
        paint_spikes();
        break;
      case Creature::kUnicorn:
        paint_horn();
        break;
      default:
        break;
    }
  }

  void paint_sprout() {
    canvas_.move_to(0, -high_ + 8);
    canvas_.curve_to({-4, -high_ - 20}, {lean_, -high_ - 34}, {2 * lean_, -high_ - 52});
    canvas_.stroke(shades_.deep, 10);
    const Canvas::Scope scope(canvas_);
    canvas_.move_origin(2 * lean_, -high_ - 52);
    if (choice_ == 0) {
      paint_both_sides([this] {
        canvas_.move_to(0, 4);
        canvas_.curve_to({10, -34}, {46, -44}, {62, -30});
        canvas_.curve_to({56, 2}, {26, 16}, {0, 4});
        canvas_.keep_fill({0x8fd05f});
        canvas_.stroke({0x4f9636}, kEdge);
      });
      return;
    }
    canvas_.move_origin(0, -14);
    if (choice_ == 1) {
      canvas_.star(5, 36, 18);
    } else {
      canvas_.heart(0, 0, 27);
    }
    canvas_.keep_stroke(shades_.accent, 10);
    canvas_.fill(shades_.accent);
  }

  void paint_tuft() {
    for (const double lean : {-26.0, 0.0, 26.0}) {
      canvas_.move_to(0, -high_ + 10);
      canvas_.curve_to({0.2 * lean, -high_ - 24}, {lean, -high_ - 30}, {1.3 * lean, -high_ - 44});
      canvas_.stroke(shades_.deep, 14);
    }
  }

  void paint_spikes() {
    for (const double x : {-62.0, 62.0, 0.0}) {
      const double top = -high_ - (x == 0.0 ? 44 : 20);
      canvas_.move_to(x - 36, -0.86 * high_);
      canvas_.curve_to({x - 26, top + 8}, {x - 10, top}, {x, top});
      canvas_.curve_to({x + 10, top}, {x + 26, top + 8}, {x + 36, -0.86 * high_});
      canvas_.close();
      canvas_.keep_fill(shades_.accent);
      canvas_.stroke(shades_.deep, kEdge);
    }
  }

  void paint_horn() {
    canvas_.move_to(-24, -high_ + 12);
    canvas_.line_to(4, -high_ - 96);
    canvas_.line_to(26, -high_ + 12);
    canvas_.close();
    canvas_.keep_fill_down({0xfff0b3}, {0xffc23d}, -high_ - 96, -high_);
    canvas_.stroke({0xe09a1f}, kEdge);
    for (const double step : {0.0, 26.0, 52.0}) {
      canvas_.move_to(-17 + 0.27 * step, -high_ - 8 - step);
      canvas_.line_to(18 - 0.2 * step, -high_ - 18 - step);
      canvas_.stroke({0xe09a1f}, 4);
    }
  }

  void paint_belly(Rgb colour, double opacity) {
    const Canvas::Scope scope(canvas_);
    add_body();
    canvas_.clip();
    canvas_.ellipse(0, high_ + 12, belly_, 0.72 * high_);
    canvas_.fill(colour, opacity);
  }

  void paint_markings() {
    const Canvas::Scope scope(canvas_);
    switch (creature_) {
      case Creature::kFox:
        paint_cheeks();
        break;
      case Creature::kPenguin:
        paint_penguin_front();
        break;
      case Creature::kPanda:
        paint_both_sides([this] {
          canvas_.move_origin(56, -12);
          canvas_.rotate_degrees(24);
          canvas_.ellipse(0, 0, 33, 42);
          canvas_.fill(kCharcoal);
        });
        break;
      case Creature::kCat:
        paint_stripes();
        break;
      case Creature::kUnicorn:
        paint_mane();
        break;
      case Creature::kDog:
        paint_both_sides([this] { paint_hanging_ear(); });
        paint_belly(shades_.light, 0.7);
        break;
      default:
        paint_belly(shades_.light, 0.75);
    }
    if (creature_ == Creature::kBear || creature_ == Creature::kDog ||
        creature_ == Creature::kPanda) {
      canvas_.ellipse(0, 28, 44, 33);
      canvas_.fill(creature_ == Creature::kPanda ? kWhite : shades_.light);
    }
  }

  void paint_cheeks() {
    const Canvas::Scope scope(canvas_);
    add_body();
    canvas_.clip();
    paint_both_sides([this] {
      canvas_.move_to(-1, 24);  // over the middle, so that no seam shows
      canvas_.curve_to({34, -2}, {100, -16}, {wide_ + 10, -30});
      canvas_.line_to(wide_ + 10, high_ + 10);
      canvas_.line_to(-1, high_ + 10);
      canvas_.close();
      canvas_.fill({0xfff6ea});
    });
    add_body();
    canvas_.stroke(shades_.deep, kEdge);
  }

  void paint_penguin_front() {
    paint_both_sides([] {});
    canvas_.smooth_ring({{0, -44},
                         {54, -66},
                         {100, -14},
                         {104, 56},
                         {72, high_ - 6},
                         {-72, high_ - 6},
                         {-104, 56},
                         {-100, -14},
                         {-54, -66}});
    canvas_.fill(kWhite);
  }

  void paint_stripes() {
    paint_belly(shades_.light, 0.75);
    for (const double x : {-28.0, 0.0, 28.0}) {
      canvas_.move_to(x, -high_ + (x == 0.0 ? 10 : 15));
      canvas_.line_to(0.86 * x, -high_ + (x == 0.0 ? 42 : 34));
      canvas_.stroke(shades_.deep, 11, 0.8);
    }
  }

  void paint_mane() {
    paint_belly(shades_.light, 0.7);
    constexpr Rgb kRainbow[] = {{0xff9dbd}, {0xffc78a}, {0xa7dcff}, {0xc9b2ff}};
    double x = -14;
    for (const Rgb colour : kRainbow) {
      canvas_.ellipse(x, -high_ + 16 + 0.0035 * (x - 20) * (x - 20), 24, 27);
      canvas_.keep_fill(colour);
      canvas_.stroke(kWhite, 3, 0.6);
      x += 28;
    }
  }

  void paint_gloss() {
    const Canvas::Scope scope(canvas_);
    canvas_.move_origin(-0.56 * wide_, -0.58 * high_);
    canvas_.rotate_degrees(-38);
    canvas_.ellipse(0, 0, 30, 14);
    canvas_.fill(kWhite, 0.7);
    canvas_.circle(-42, 8, 6);
    canvas_.fill(kWhite, 0.7);
  }

  void paint_paw() {
    const bool has_wings = creature_ == Creature::kChick || creature_ == Creature::kPenguin;
    const Canvas::Scope scope(canvas_);
    canvas_.move_origin(has_wings ? wide_ - 8 : 0.7 * wide_, has_wings ? 44 : 0.6 * high_);
    canvas_.rotate_degrees(has_wings ? -24 : 28);
    canvas_.ellipse(0, 0, has_wings ? 21 : 20, has_wings ? 46 : 27);
    paint_shape(creature_ == Creature::kPanda ? kCharcoal
                : has_wings                   ? shades_.deep
                                              : shades_.base);
  }

  void paint_whiskers() {
    for (const double slope : {-9.0, 5.0}) {
      canvas_.move_to(104, 34 + slope);
      canvas_.line_to(wide_ + 8, 32 + 2.2 * slope);
      canvas_.stroke(shades_.ink, 4, 0.8);
    }
  }

  [[nodiscard]] Face face(Mood mood) const {
    Face face;
    face.centre = {0, -6};
    face.eye_distance = 58;
    face.scale = 1.08;
    face.mood = mood;
    face.ink = shades_.ink;
    switch (creature_) {
      case Creature::kFrog:
        face.centre.y = -40;
        face.eye_distance = 74;
        break;
      case Creature::kPig:
        face.nose = Nose::kSnout;
        break;
      case Creature::kChick:
      case Creature::kPenguin:
        face.nose = Nose::kBeak;
        break;
      case Creature::kCat:
      case Creature::kDog:
      case Creature::kBear:
      case Creature::kBunny:
      case Creature::kFox:
      case Creature::kPanda:
      case Creature::kMouse:
        face.nose = Nose::kButton;
        break;
      default:
        break;
    }
    return face;
  }

  Canvas& canvas_;
  Creature creature_;
  const Shades& shades_;
  double wide_;
  double high_;
  double belly_;
  double lean_;
  std::size_t choice_;
};

}  // namespace

void paint_creature(Canvas& canvas,
                    Creature creature,
                    Mood mood,
                    Palette palette,
                    SplitMix64& random) {
  CreaturePainter(canvas, creature, palette, random).paint(mood);
}

}  // namespace refrain
