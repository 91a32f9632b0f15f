#pragma once

/// @file
/// Errors as clients see them.

#include "refrain/core/error.h"
#include "refrain/http/response.h"

#include <string_view>

namespace refrain::http {

/// One error answer: `{"error":{"message","type","param","code"}}`, OpenAI's shape.
struct Problem {
  unsigned status = 500;
  std::string_view code;     ///< A word for programs: `not_found`.
  std::string_view message;  ///< A sentence for people: what is wrong and what is allowed.
  std::string_view param;    ///< The field it is about; empty if none.
};

/// Makes `response` say `problem`, in place of whatever it held. A 503 gets a `Retry-After`.
void write_problem(Response& response, const Problem& problem);

/// The same for a failed `Result`.
void write_problem(Response& response, const Error& error);

}  // namespace refrain::http
