#pragma once

/// @file
/// Whatever can turn a prompt into a sticker.

#include "refrain/core/result.h"
#include "refrain/core/task.h"
#include "refrain/models/sticker/sticker.h"
#include "refrain/models/sticker/sticker_request.h"

#include <string_view>

namespace refrain {

/// The expensive model behind the sticker service.
///
/// Thread safety: `generate` may be called from any loop, also while other calls are under way.
/// Ownership: the generator outlives every call's end.
class StickerGenerator {
public:
  StickerGenerator() = default;
  StickerGenerator(const StickerGenerator&) = delete;
  StickerGenerator& operator=(const StickerGenerator&) = delete;
  virtual ~StickerGenerator() = default;

  /// The sticker for `request`, or why there is none. An invalid request fails as `validate` says.
  [[nodiscard]] virtual Task<Result<Sticker>> generate(StickerRequest request) = 0;

  /// Whose pictures these are, as part of a cache key: two generators that may answer one request
  /// differently differ in `model` or in `model_version`.
  [[nodiscard]] virtual std::string_view model() const = 0;
  [[nodiscard]] virtual std::string_view model_version() const = 0;
};

}  // namespace refrain
