#pragma once

/// @file
/// What the sticker service is asked.

#include "refrain/core/result.h"
#include "refrain/models/sticker/sticker_request.h"
#include "refrain/services/api/request_fields.h"

#include <cstddef>
#include <string>
#include <utility>

namespace refrain {

/// A sticker request as it came over the wire, checked and with its defaults filled in.
class StickerQuery {
public:
  StickerQuery(StickerRequest request, std::string unknown_fields)
      : request_(std::move(request)),
        unknown_fields_(std::move(unknown_fields)) {}

  /// Reads `{"prompt","style","size","format","variant","seed"}`. Fails with the field's name:
  /// `kInvalidArgument` for a missing, mistyped or unknown value, `kUnprocessable` for a number out
  /// of range, a prompt of more than `max_characters` code points, or a `platform`, which this
  /// version does not serve.
  static Result<StickerQuery> read(RequestFields fields, std::size_t max_characters);

  [[nodiscard]] const StickerRequest& request() const { return request_; }
  /// Fields that are not known here, canonical: they belong to the key all the same.
  [[nodiscard]] const std::string& unknown_fields() const { return unknown_fields_; }

private:
  StickerRequest request_;
  std::string unknown_fields_;
};

}  // namespace refrain
