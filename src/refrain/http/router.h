#pragma once

/// @file
/// From method and path to the route that answers.

#include "refrain/http/handler.h"
#include "refrain/http/method.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace refrain::http {

/// Answers one route; like `Handler::answer`.
using Route = std::function<std::optional<Task<void>>(const Request& request, Response& response)>;

/// Chooses the route of a request. An unknown path is 404, a known one with another method 405 with
/// `Allow`. `HEAD` is answered by the route for `GET`, whose body is not sent.
///
/// Thread safety: routes are added before the server runs; then any thread may ask.
class Router final : public Handler {
public:
  /// `path` is matched whole or, if it ends in `*`, as a prefix of what comes before the star. The
  /// first route that matches wins.
  void add(Method method, std::string path, Route route);

  [[nodiscard]] std::optional<Task<void>> answer(const Request& request,
                                                 Response& response) override;

private:
  struct Entry {
    Method method;
    bool is_prefix;
    std::string path;
    Route route;
  };

  [[nodiscard]] static bool matches(const Entry& entry, std::string_view path);
  void refuse(std::string_view path, Response& response) const;

  std::vector<Entry> entries_;
};

}  // namespace refrain::http
