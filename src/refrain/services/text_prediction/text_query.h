#pragma once

/// @file
/// What the text service is asked.

#include "refrain/core/result.h"
#include "refrain/models/text/prediction_request.h"
#include "refrain/services/api/request_fields.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace refrain {

/// The shape of the answer. Both carry the same predictions.
enum class AnswerShape : std::uint8_t {
  kWords,        ///< `POST /predict`: `{"status","words"}`.
  kPredictions,  ///< `/v1/predictions`: `{"model","mode","predictions"}`.
};

/// A prediction request as it came over the wire, checked and with its defaults filled in.
class TextQuery {
public:
  TextQuery(PredictionRequest request, AnswerShape shape, std::string unknown_fields)
      : request_(std::move(request)),
        shape_(shape),
        unknown_fields_(std::move(unknown_fields)) {}

  /// Reads `{"text","predictions","tokens"}` or `{"text","count","words","mode"}`, by `shape`.
  /// Fails with the field's name: `kInvalidArgument` for a missing or mistyped one,
  /// `kUnprocessable` for a number out of range or a text of more than `max_characters` code
  /// points.
  static Result<TextQuery> read(RequestFields fields,
                                AnswerShape shape,
                                std::size_t max_characters);

  [[nodiscard]] const PredictionRequest& request() const { return request_; }
  [[nodiscard]] AnswerShape shape() const { return shape_; }
  /// Fields that are not known here, canonical: they belong to the key all the same.
  [[nodiscard]] const std::string& unknown_fields() const { return unknown_fields_; }

private:
  PredictionRequest request_;
  AnswerShape shape_;
  std::string unknown_fields_;
};

}  // namespace refrain
