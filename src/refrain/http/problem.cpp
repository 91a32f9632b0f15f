#include "refrain/http/problem.h"

#include "refrain/http/status.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <string>

namespace refrain::http {
namespace {

std::string_view type_of(unsigned status) {
  if (status == 401 || status == 403) return "authentication_error";
  if (status == 429) return "rate_limit_error";
  if (status == 503) return "unavailable_error";
  if (status == 504) return "timeout_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

boost::json::value text_or_null(std::string_view text) {
  if (text.empty()) return nullptr;
  return boost::json::string(boost::json::string_view(text.data(), text.size()));
}

}  // namespace

void write_problem(Response& response, const Problem& problem) {
  boost::json::object error;
  error["message"] = text_or_null(problem.message);
  error["type"] = text_or_null(type_of(problem.status));
  error["param"] = text_or_null(problem.param);
  error["code"] = text_or_null(problem.code);
  boost::json::object body;
  body["error"] = std::move(error);
  response.clear();
  response.set_status(problem.status);
  response.set_body("application/json", boost::json::serialize(body));
  if (problem.status == 503 || problem.status == 429) response.add_header("Retry-After", "1");
}

void write_problem(Response& response, const Error& error) {
  Problem problem;
  problem.status = status_of(error.code());
  problem.code = to_string(error.code());
  problem.message = error.message();
  problem.param = error.field();
  write_problem(response, problem);
}

}  // namespace refrain::http
