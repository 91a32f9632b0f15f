#include "refrain/services/text_prediction/text_query.h"

#include "refrain/core/utf8.h"

#include <optional>
#include <string_view>

namespace refrain {
namespace {

constexpr std::int64_t kDefaultCount = 3;
constexpr std::int64_t kDefaultWords = 1;

Result<PredictionMode> take_mode(RequestFields& fields) {
  Result<std::optional<std::string>> name = fields.take_optional_text("mode");
  if (!name) return fail(name.error());
  if (!name->has_value()) return PredictionMode::kAuto;
  for (const PredictionMode mode :
       {PredictionMode::kAuto, PredictionMode::kNext, PredictionMode::kComplete}) {
    if (**name == to_string(mode)) return mode;
  }
  return fail(ErrorCode::kInvalidArgument, "mode must be one of auto, next, complete", "mode");
}

}  // namespace

Result<TextQuery> TextQuery::read(RequestFields fields,
                                  AnswerShape shape,
                                  std::size_t max_characters) {
  const bool is_words = shape == AnswerShape::kWords;
  Result<std::string> text = fields.take_text("text");
  if (!text) return fail(text.error());
  if (count_code_points(*text) > max_characters) {
    return fail(ErrorCode::kUnprocessable,
                "text is longer than " + std::to_string(max_characters) + " characters",
                "text");
  }
  const auto count = fields.take_optional_integer(is_words ? "predictions" : "count",
                                                  {1, PredictionRequest::kMaxCount});
  if (!count) return fail(count.error());
  const auto words = fields.take_optional_integer(is_words ? "tokens" : "words",
                                                  {1, PredictionRequest::kMaxWords});
  if (!words) return fail(words.error());
  const Result<PredictionMode> mode =
      is_words ? Result<PredictionMode>(PredictionMode::kNext) : take_mode(fields);
  if (!mode) return fail(mode.error());
  // Who asks does not change what is answered.
  fields.ignore({"user"});
  PredictionRequest request(std::move(*text),
                            static_cast<std::size_t>(count->value_or(kDefaultCount)),
                            static_cast<std::size_t>(words->value_or(kDefaultWords)),
                            *mode);
  return TextQuery(std::move(request), shape, fields.canonical_rest());
}

}  // namespace refrain
