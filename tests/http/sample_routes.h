#pragma once

/// @file
/// Routes that say what they were asked.

#include "refrain/http/router.h"

#include <optional>
#include <string>

namespace refrain::testing {

/// `GET /hello`: "hello". `POST /echo`: the body. `GET /target…`: the target. `POST /header`: the
/// fields X-Test and Authorization, with a stroke between.
class SampleRoutes final : public http::Handler {
public:
  SampleRoutes() {
    router_.add(http::Method::kGet,
                "/hello",
                [](const http::Request& /*request*/, http::Response& response) {
                  response.set_body("text/plain", "hello");
                  return std::optional<Task<void>>();
                });
    router_.add(
        http::Method::kPost, "/echo", [](const http::Request& request, http::Response& response) {
          response.set_body("application/octet-stream", std::string(request.body()));
          return std::optional<Task<void>>();
        });
    router_.add(
        http::Method::kGet, "/target*", [](const http::Request& request, http::Response& response) {
          response.set_body("text/plain", std::string(request.target()));
          return std::optional<Task<void>>();
        });
    router_.add(
        http::Method::kPost, "/header", [](const http::Request& request, http::Response& response) {
          response.set_body("text/plain",
                            std::string(request.header("X-Test")) + "|" +
                                std::string(request.header("Authorization")));
          return std::optional<Task<void>>();
        });
  }

  /// For the routes that a test adds, before the server runs.
  [[nodiscard]] http::Router& router() { return router_; }

  [[nodiscard]] std::optional<Task<void>> answer(const http::Request& request,
                                                 http::Response& response) override {
    return router_.answer(request, response);
  }

private:
  http::Router router_;
};

}  // namespace refrain::testing
