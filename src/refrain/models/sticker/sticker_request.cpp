#include "refrain/models/sticker/sticker_request.h"

#include "refrain/models/sticker/caption.h"

#include <string>

namespace refrain {

Result<void> validate(const StickerRequest& request) {
  if (request.prompt.empty())
    return fail(ErrorCode::kInvalidArgument, "the prompt is empty", "prompt");
  if (request.prompt.size() > StickerRequest::kMaxPromptBytes) {
    return fail(
        ErrorCode::kTooLarge,
        "the prompt is longer than " + std::to_string(StickerRequest::kMaxPromptBytes) + " bytes",
        "prompt");
  }
  if (!is_utf8(request.prompt))
    return fail(ErrorCode::kInvalidArgument, "the prompt is not valid UTF-8", "prompt");
  if (request.size < StickerRequest::kMinSize || request.size > StickerRequest::kMaxSize) {
    return fail(ErrorCode::kUnprocessable, "the size is outside 64 … 1024 pixels", "size");
  }
  if (request.variant < 0 || request.variant > StickerRequest::kMaxVariant) {
    return fail(ErrorCode::kUnprocessable, "the variant is outside 0 … 9999", "variant");
  }
  return {};
}

}  // namespace refrain
