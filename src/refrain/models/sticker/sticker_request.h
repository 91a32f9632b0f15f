#pragma once

/// @file
/// What a caller asks a sticker generator for.

#include "refrain/core/result.h"
#include "refrain/models/sticker/image_format.h"
#include "refrain/models/sticker/sticker_style.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace refrain {

/// A prompt and how its picture should be made. Every member may change the picture's bytes.
///
/// Any value can be constructed; `validate` says whether a generator accepts it.
class StickerRequest {
public:
  static constexpr std::size_t kMaxPromptBytes = 65536;
  static constexpr std::int32_t kMinSize = 64;
  static constexpr std::int32_t kMaxSize = 1024;
  static constexpr std::int32_t kDefaultSize = 512;
  static constexpr std::int32_t kMaxVariant = 9999;

  explicit StickerRequest(std::string text) : prompt(std::move(text)) {}

  std::string prompt;  ///< UTF-8, not empty.
  StickerStyle style = StickerStyle::kAuto;
  std::int32_t size = kDefaultSize;  ///< Width and height in pixels.
  ImageFormat format = ImageFormat::kPng;
  std::int32_t variant = 0;           ///< Another picture of the same prompt, 0 … `kMaxVariant`.
  std::optional<std::uint64_t> seed;  ///< The caller's own source of chance, if any.
};

/// Nothing, or what is wrong with which field: `kInvalidArgument` for malformed text,
/// `kUnprocessable` for a number outside its range, `kTooLarge` for a prompt beyond its limit.
Result<void> validate(const StickerRequest& request);

}  // namespace refrain
