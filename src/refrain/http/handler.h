#pragma once

/// @file
/// Who answers requests.

#include "refrain/core/task.h"
#include "refrain/http/request.h"
#include "refrain/http/response.h"

#include <optional>

namespace refrain::http {

/// Answers requests, at once where it can.
///
/// Thread safety: called from every event loop of the server at once.
class Handler {
public:
  Handler() = default;
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;
  virtual ~Handler() = default;

  /// Fills `response` and returns nothing; or returns the work that will fill it, which the
  /// connection runs on its own loop. `request` and `response` live until that work is done.
  [[nodiscard]] virtual std::optional<Task<void>> answer(const Request& request,
                                                         Response& response) = 0;
};

}  // namespace refrain::http
