#include "refrain/models/sticker/font_book.h"

#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>
#include <pango/pangofc-fontmap.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace refrain {
namespace {

constexpr double kEm = 100;
constexpr double kLeastLinePitch = 88;
constexpr double kLineGap = 14;

using ConfigHandle = std::unique_ptr<FcConfig, Releaser<FcConfigDestroy>>;
using FontOptionsHandle =
    std::unique_ptr<cairo_font_options_t, Releaser<cairo_font_options_destroy>>;
using DescriptionHandle =
    std::unique_ptr<PangoFontDescription, Releaser<pango_font_description_free>>;

std::string escape_xml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string configuration(const FontOptions& options) {
  std::string xml = "<?xml version=\"1.0\"?><fontconfig>";
  for (const std::string& directory : options.directories)
    xml += "<dir>" + escape_xml(directory) + "</dir>";
  if (!options.cache_directory.empty()) {
    xml += "<cachedir>" + escape_xml(options.cache_directory) + "</cachedir>";
  }
  return xml + "</fontconfig>";
}

const FcChar8* bytes(const std::string& text) {
  return reinterpret_cast<const FcChar8*>(text.c_str());
}

/// The wanted family first, then those that look least foreign beside it.
const char* families(Lettering lettering) {
  switch (lettering) {
    case Lettering::kRounded:
      return "Quicksand,Comfortaa,DejaVu Sans";
    case Lettering::kGeometric:
      return "Comfortaa,Quicksand,DejaVu Sans";
    case Lettering::kComic:
      return "Comic Neue,Quicksand,DejaVu Sans";
    case Lettering::kScript:
      return "Lobster Two,Quicksand,DejaVu Sans";
  }
  return "Quicksand";
}

/// Takes the boxes that Pango draws for letters without a glyph out of a line.
void drop_unknown_glyphs(PangoLayoutLine& line) {
  for (GSList* node = line.runs; node != nullptr; node = node->next) {
    const PangoGlyphString& glyphs = *static_cast<PangoLayoutRun*>(node->data)->glyphs;
    for (PangoGlyphInfo& info :
         std::span(glyphs.glyphs, static_cast<std::size_t>(glyphs.num_glyphs))) {
      if ((info.glyph & PANGO_GLYPH_UNKNOWN_FLAG) == 0) continue;
      info.glyph = PANGO_GLYPH_EMPTY;
      info.geometry.width = 0;
    }
  }
}

/// Calls `bend(point)` for every point of a path.
template <class Bend>
void for_each_point(cairo_path_t& path, Bend bend) {
  const std::span<cairo_path_data_t> data(path.data, static_cast<std::size_t>(path.num_data));
  for (std::size_t i = 0; i < data.size();) {
    const auto length = static_cast<std::size_t>(data[i].header.length);
    for (cairo_path_data_t& point : data.subspan(i + 1, length - 1))
      bend(point);
    i += length;
  }
}

}  // namespace

/// The fonts themselves; not changed once they are loaded.
class FontBook::Fonts {
public:
  explicit Fonts(const FontOptions& options) : config_(FcConfigCreate()) {
    const std::string xml = configuration(options);
    FcConfigParseAndLoadFromMemory(config_.get(), bytes(xml), FcFalse);
    FcConfigBuildFonts(config_.get());
    for (const std::string& file : options.files)
      FcConfigAppFontAddFile(config_.get(), bytes(file));
  }

  [[nodiscard]] FcConfig* config() const { return config_.get(); }

  [[nodiscard]] bool is_empty() const {
    return std::ranges::all_of(std::to_array({FcSetSystem, FcSetApplication}),
                               [this](FcSetName name) {
                                 const FcFontSet* set = FcConfigGetFonts(config_.get(), name);
                                 return set == nullptr || set->nfont == 0;
                               });
  }

private:
  ConfigHandle config_;
};

/// One thread's Pango objects.
class FontBook::Shaper {
public:
  explicit Shaper(const Fonts& fonts)
      : map_(pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT)),
        surface_(cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1)),
        cairo_(cairo_create(surface_.get())) {
    pango_fc_font_map_set_config(PANGO_FC_FONT_MAP(map_.get()), fonts.config());
    context_.reset(pango_font_map_create_context(map_.get()));
    // Without hints a layout is the same at every scale.
    const FontOptionsHandle options(cairo_font_options_create());
    cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options.get(), CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(context_.get(), options.get());
    pango_context_set_round_glyph_positions(context_.get(), FALSE);
    pango_context_set_language(context_.get(), pango_language_from_string("en"));
  }

  TextOutline outline(std::span<const std::string> lines, Lettering lettering) {
    const DescriptionHandle description(pango_font_description_new());
    pango_font_description_set_family(description.get(), families(lettering));
    pango_font_description_set_absolute_size(description.get(), kEm * PANGO_SCALE);
    pango_font_description_set_weight(description.get(), PANGO_WEIGHT_BOLD);
    // Debian's file holds the bold italic of Lobster Two alone.
    if (lettering == Lettering::kScript)
      pango_font_description_set_style(description.get(), PANGO_STYLE_ITALIC);
    cairo_new_path(cairo_.get());
    TextOutline text;
    for (const std::string& line : lines)
      add_line(line, *description, text);
    if (text.width > 0) text.path.reset(cairo_copy_path(cairo_.get()));
    return text;
  }

private:
  /// Sets `line` below what is in `text`, close but not touching.
  void add_line(const std::string& line,
                const PangoFontDescription& description,
                TextOutline& text) {
    const ObjectHandle<PangoLayout> layout(pango_layout_new(context_.get()));
    pango_layout_set_font_description(layout.get(), &description);
    pango_layout_set_single_paragraph_mode(layout.get(), TRUE);
    pango_layout_set_text(layout.get(), line.data(), static_cast<int>(line.size()));
    PangoLayoutLine* first = pango_layout_get_line(layout.get(), 0);
    if (first == nullptr) return;
    drop_unknown_glyphs(*first);
    PangoRectangle ink;
    pango_layout_line_get_extents(first, &ink, nullptr);
    if (ink.width <= 0 || ink.height <= 0) return;

    const double left = pango_units_to_double(ink.x);
    const double top = pango_units_to_double(ink.y);
    const double width = pango_units_to_double(ink.width);
    const double bottom = top + pango_units_to_double(ink.height);
    const bool is_first = text.width == 0;
    const double baseline =
        is_first ? -top : std::max(last_baseline_ + kLeastLinePitch, text.height - top + kLineGap);
    cairo_move_to(cairo_.get(), -left - width / 2, baseline);
    pango_cairo_layout_line_path(cairo_.get(), first);
    last_baseline_ = baseline;
    text.width = std::max(text.width, width);
    text.height = baseline + bottom;
  }

  ObjectHandle<PangoFontMap> map_;
  ObjectHandle<PangoContext> context_;
  SurfaceHandle surface_;
  CairoHandle cairo_;
  double last_baseline_ = 0;
};

FontBook::FontBook(std::unique_ptr<Fonts> fonts) : fonts_(std::move(fonts)) {}

FontBook::~FontBook() = default;

Result<std::unique_ptr<FontBook>> FontBook::open(const FontOptions& options) {
  auto fonts = std::make_unique<Fonts>(options);
  if (fonts->is_empty())
    return fail(ErrorCode::kUnavailable, "there is no font to write captions with");
  return std::unique_ptr<FontBook>(new FontBook(std::move(fonts)));
}

TextOutline FontBook::outline(std::span<const std::string> lines,
                              Lettering lettering,
                              double sag) const {
  std::unique_ptr<Shaper> shaper = borrow();
  TextOutline text = shaper->outline(lines, lettering);
  give_back(std::move(shaper));
  if (text.path == nullptr || lines.size() != 1 || sag == 0) return text;

  const double half_width = text.width / 2;
  for_each_point(*text.path, [&](cairo_path_data_t& point) {
    const double off_centre = point.point.x / half_width;
    point.point.y += sag * (1 - off_centre * off_centre);
  });
  text.height += sag;
  return text;
}

std::unique_ptr<FontBook::Shaper> FontBook::borrow() const {
  {
    const MutexLock lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Shaper> shaper = std::move(idle_.back());
      idle_.pop_back();
      return shaper;
    }
  }
  return std::make_unique<Shaper>(*fonts_);
}

void FontBook::give_back(std::unique_ptr<Shaper> shaper) const {
  const MutexLock lock(mutex_);
  idle_.push_back(std::move(shaper));
}

}  // namespace refrain
