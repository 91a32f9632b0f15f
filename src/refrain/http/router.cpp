#include "refrain/http/router.h"

#include "refrain/http/problem.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace refrain::http {

void Router::add(Method method, std::string path, Route route) {
  const bool is_prefix = path.ends_with('*');
  if (is_prefix) path.pop_back();
  entries_.push_back(Entry{method, is_prefix, std::move(path), std::move(route)});
}

bool Router::matches(const Entry& entry, std::string_view path) {
  return entry.is_prefix ? path.starts_with(entry.path) : path == entry.path;
}

std::optional<Task<void>> Router::answer(const Request& request, Response& response) {
  const std::string_view path = request.path();
  const Method method = request.method() == Method::kHead ? Method::kGet : request.method();
  for (const Entry& entry : entries_) {
    if (entry.method == method && matches(entry, path)) return entry.route(request, response);
  }
  refuse(path, response);
  return std::nullopt;
}

void Router::refuse(std::string_view path, Response& response) const {
  std::string allowed;
  std::vector<Method> named;
  for (const Entry& entry : entries_) {
    const bool is_named = std::find(named.begin(), named.end(), entry.method) != named.end();
    if (is_named || !matches(entry, path)) continue;
    named.push_back(entry.method);
    if (!allowed.empty()) allowed += ", ";
    allowed += to_string(entry.method);
    if (entry.method == Method::kGet) allowed += ", HEAD";
  }
  Problem problem;
  if (allowed.empty()) {
    problem.status = 404;
    problem.code = "not_found";
    problem.message = "there is no such route; GET / names the service";
    write_problem(response, problem);
    return;
  }
  const std::string message = "this route takes " + allowed;
  problem.status = 405;
  problem.code = "method_not_allowed";
  problem.message = message;
  write_problem(response, problem);
  response.add_header("Allow", allowed);
}

}  // namespace refrain::http
