#include "refrain/models/sticker/png_encoder.h"

#include <png.h>

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace refrain {
namespace {

void append(png_structp writer, png_bytep data, std::size_t size) {
  auto& out = *static_cast<std::string*>(png_get_io_ptr(writer));
  out.append(reinterpret_cast<const char*>(data), size);
}

void flush(png_structp /*writer*/) {}

/// libpng's own handler would print.
[[noreturn]] void leave(png_structp writer, png_const_charp /*message*/) {
  png_longjmp(writer, 1);
}

void stay_silent(png_structp /*writer*/, png_const_charp /*message*/) {}

/// Only this function's frame is left by libpng's long jump, and it owns nothing.
bool write(png_structp writer, png_infop info, const RgbaImage& image, png_bytepp rows) {
  // NOLINTNEXTLINE(bugprone-unsafe-functions,clang-analyzer-security.insecureAPI.*): libpng's only
  // error path
  if (setjmp(png_jmpbuf(writer)) != 0) return false;
  // Flat colours and repeated shades: unfiltered rows come out smaller and faster than filtered
  // ones, and higher levels take far more time than they save bytes.
  png_set_compression_level(writer, 6);
  png_set_filter(writer, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
  png_set_IHDR(writer,
               info,
               static_cast<png_uint_32>(image.width()),
               static_cast<png_uint_32>(image.height()),
               8,
               PNG_COLOR_TYPE_RGBA,
               PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_write_info(writer, info);
  png_write_image(writer, rows);
  png_write_end(writer, info);
  return true;
}

}  // namespace

Result<std::string> encode_png(const RgbaImage& image) {
  std::string out;
  out.reserve(96UL * 1024);
  png_structp writer = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, leave, stay_silent);
  png_infop info = writer == nullptr ? nullptr : png_create_info_struct(writer);
  bool done = false;
  if (info != nullptr) {
    // libpng only reads the rows, but its interface predates const.
    std::vector<std::uint8_t> pixels(image.pixels().begin(), image.pixels().end());
    std::vector<png_bytep> rows(image.height());
    for (std::size_t y = 0; y < rows.size(); ++y)
      rows[y] = &pixels[4 * y * image.width()];
    png_set_write_fn(writer, &out, append, flush);
    done = write(writer, info, image, rows.data());
  }
  png_destroy_write_struct(&writer, &info);
  if (!done) return fail(ErrorCode::kInternal, "libpng could not write the picture");
  return out;
}

}  // namespace refrain
