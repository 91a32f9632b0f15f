#include "refrain/models/sticker/webp_encoder.h"

#include <webp/encode.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace refrain {
namespace {

int append(const std::uint8_t* data, std::size_t size, const WebPPicture* picture) {
  static_cast<std::string*>(picture->custom_ptr)->append(reinterpret_cast<const char*>(data), size);
  return 1;
}

}  // namespace

Result<std::string> encode_webp(const RgbaImage& image) {
  WebPConfig config;
  WebPPicture picture;
  if (WebPConfigPreset(&config, WEBP_PRESET_DRAWING, 85.0F) == 0 ||
      WebPPictureInit(&picture) == 0) {
    return fail(ErrorCode::kInternal, "libwebp is not the version this was built for");
  }
  // A generation waits for this: the default method 4 is slower by more than it saves bytes.
  config.method = 2;
  picture.width = static_cast<int>(image.width());
  picture.height = static_cast<int>(image.height());

  std::string out;
  picture.writer = append;
  picture.custom_ptr = &out;
  const std::unique_ptr<WebPPicture, void (*)(WebPPicture*)> owner(&picture, WebPPictureFree);
  const bool done =
      WebPPictureImportRGBA(&picture, image.pixels().data(), 4 * picture.width) != 0 &&
      WebPEncode(&config, &picture) != 0;
  if (!done) return fail(ErrorCode::kInternal, "libwebp could not write the picture");
  return out;
}

}  // namespace refrain
