#include "refrain/services/sticker/sticker_query.h"

#include "refrain/core/utf8.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace refrain {
namespace {

Result<std::string> take_prompt(RequestFields& fields, std::size_t max_characters) {
  Result<std::string> prompt = fields.take_text("prompt");
  if (!prompt) return fail(prompt.error());
  const bool is_blank = std::all_of(prompt->begin(), prompt->end(), [](char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
  });
  if (is_blank) return fail(ErrorCode::kInvalidArgument, "prompt must not be empty", "prompt");
  if (count_code_points(*prompt) > max_characters) {
    return fail(ErrorCode::kUnprocessable,
                "prompt is longer than " + std::to_string(max_characters) + " characters",
                "prompt");
  }
  return prompt;
}

Result<void> take_style(RequestFields& fields, StickerRequest& request) {
  Result<std::optional<std::string>> name = fields.take_optional_text("style");
  if (!name) return fail(name.error());
  if (!name->has_value()) return {};
  const std::optional<StickerStyle> style = parse_sticker_style(**name);
  if (!style) {
    std::string allowed;
    for (const StickerStyle one : kAllStickerStyles)
      allowed.append(allowed.empty() ? "" : ", ").append(to_string(one));
    return fail(ErrorCode::kInvalidArgument, "style must be one of " + allowed, "style");
  }
  request.style = *style;
  return {};
}

Result<void> take_format(RequestFields& fields, StickerRequest& request) {
  Result<std::optional<std::string>> name = fields.take_optional_text("format");
  if (!name) return fail(name.error());
  if (!name->has_value()) return {};
  const std::optional<ImageFormat> format = parse_image_format(**name);
  if (!format)
    return fail(ErrorCode::kInvalidArgument, "format must be one of png, webp", "format");
  request.format = *format;
  return {};
}

Result<void> take_numbers(RequestFields& fields, StickerRequest& request) {
  const auto size =
      fields.take_optional_integer("size", {StickerRequest::kMinSize, StickerRequest::kMaxSize});
  if (!size) return fail(size.error());
  const auto variant = fields.take_optional_integer("variant", {0, StickerRequest::kMaxVariant});
  if (!variant) return fail(variant.error());
  const auto seed = fields.take_optional_unsigned("seed");
  if (!seed) return fail(seed.error());
  request.size = static_cast<std::int32_t>(size->value_or(StickerRequest::kDefaultSize));
  request.variant = static_cast<std::int32_t>(variant->value_or(0));
  request.seed = *seed;
  return {};
}

}  // namespace

Result<StickerQuery> StickerQuery::read(RequestFields fields, std::size_t max_characters) {
  Result<std::string> prompt = take_prompt(fields, max_characters);
  if (!prompt) return fail(prompt.error());
  StickerRequest request(std::move(*prompt));
  for (const auto take : {take_style, take_format, take_numbers}) {
    const Result<void> taken = take(fields, request);
    if (!taken) return fail(taken.error());
  }
  const Result<std::optional<std::string>> platform = fields.take_optional_text("platform");
  if (!platform) return fail(platform.error());
  if (platform->has_value()) {
    return fail(ErrorCode::kUnprocessable,
                "platform is not served by this version; ask for size and format",
                "platform");
  }
  const Result<void> valid = validate(request);
  if (!valid) return fail(valid.error());
  // Who asks does not change what is drawn.
  fields.ignore({"user"});
  return StickerQuery(std::move(request), fields.canonical_rest());
}

}  // namespace refrain
