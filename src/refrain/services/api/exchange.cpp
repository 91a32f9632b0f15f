#include "refrain/services/api/exchange.h"

#include "refrain/http/problem.h"
#include "refrain/http/status.h"
#include "refrain/services/api/answer_headers.h"
#include "refrain/services/api/cache_control.h"

#include <boost/beast/core/string.hpp>

#include <chrono>
#include <string>

namespace refrain {
namespace {

// Enough of a key to find its lines in a log, not enough to ask for its entry.
constexpr std::size_t kLoggedKeyDigits = 8;

bool is_json(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  const std::string_view trimmed = type.substr(0, type.find_last_not_of(" \t") + 1);
  return boost::beast::iequals(trimmed, "application/json");
}

std::string milliseconds_text(std::chrono::nanoseconds duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

}  // namespace

std::string_view Exchange::tenant() const {
  return context_->tenant_header.empty() ? std::string_view()
                                         : request_->header(context_->tenant_header);
}

CacheDirectives Exchange::directives() const {
  const std::string_view header = request_->header("Cache-Control");
  return header.empty() ? CacheDirectives() : parse_cache_control(header);
}

bool Exchange::is_get() const {
  return request_->method() == http::Method::kGet || request_->method() == http::Method::kHead;
}

bool Exchange::accept_body() {
  if (is_get()) return true;
  const std::string_view content_type = request_->header("Content-Type");
  http::Problem problem;
  if (request_->body().empty() && request_->header("Content-Length").empty() &&
      request_->header("Transfer-Encoding").empty()) {
    problem.status = 411;
    problem.code = "length_required";
    problem.message = "send a JSON object as the body, with its Content-Length";
  } else if (!content_type.empty() && !is_json(content_type)) {
    problem.status = 415;
    problem.code = "unsupported_media_type";
    problem.message = "the body must be JSON; send Content-Type: application/json";
    problem.param = "Content-Type";
  } else {
    return true;
  }
  http::write_problem(*response_, problem);
  return false;
}

Result<RequestFields> Exchange::read_fields() const {
  return is_get() ? RequestFields::from_query(request_->query())
                  : RequestFields::from_json(request_->body());
}

void Exchange::refuse(const Error& error) {
  http::write_problem(*response_, error);
  if (response_->status() < 500) return;
  context_->log.write(
      LogLevel::kWarning,
      "a request failed",
      {LogField("service", context_->name),
       LogField("path", std::string(request_->path())),
       LogField("status", std::to_string(response_->status())),
       LogField("error", std::string(to_string(error.code()))),
       LogField("duration_ms", milliseconds_text(context_->clock.steady_now() - begin_))});
}

void Exchange::add_answer_headers(const Answer& answer) {
  const auto duration = context_->clock.steady_now() - begin_;
  append_answer_headers(response_->header_lines(), answer, context_->clock.now(), duration);
  const bool is_generated =
      answer.disposition() == Disposition::kMiss || answer.disposition() == Disposition::kBypass;
  if (!is_generated || answer.is_coalesced()) return;
  context_->log.write(LogLevel::kInfo,
                      "generated",
                      {LogField("service", context_->name),
                       LogField("path", std::string(request_->path())),
                       LogField("key", answer.entry().key().to_hex().substr(0, kLoggedKeyDigits)),
                       LogField("bytes", std::to_string(answer.entry().body_size())),
                       LogField("stored", answer.is_stored() ? "true" : "false"),
                       LogField("duration_ms", milliseconds_text(duration))});
}

void Exchange::send_entry(const Answer& answer) {
  const Entry& entry = answer.entry();
  if (const FileBody* file = entry.file_body()) {
    response_->set_file_body(
        entry, entry.content_type(), file->descriptor, file->offset, entry.body_size());
  } else {
    response_->set_shared_body(entry, entry.content_type(), entry.body());
  }
  add_answer_headers(answer);
}

}  // namespace refrain
