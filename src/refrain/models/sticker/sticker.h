#pragma once

/// @file
/// A finished sticker.

#include "refrain/models/sticker/image_format.h"

#include <string>
#include <utility>

namespace refrain {

/// The bytes of a picture file with a transparent background.
class Sticker {
public:
  /// An empty file, as a place for a result that is yet to come.
  Sticker() = default;
  Sticker(std::string file, ImageFormat kind) : bytes(std::move(file)), format(kind) {}

  std::string bytes;
  ImageFormat format = ImageFormat::kPng;
};

}  // namespace refrain
