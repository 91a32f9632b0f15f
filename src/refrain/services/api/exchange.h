#pragma once

/// @file
/// One request on its way through a service.

#include "refrain/cache/answer.h"
#include "refrain/cache/cache_directives.h"
#include "refrain/core/clock.h"
#include "refrain/core/result.h"
#include "refrain/http/request.h"
#include "refrain/http/response.h"
#include "refrain/services/api/request_fields.h"
#include "refrain/services/api/service_context.h"

#include <string_view>

namespace refrain {

/// What the routes of both services do alike with a request: read its fields, its tenant and its
/// directives, and say afterwards how it was answered. Cheap to make; lives on the stack or in the
/// coroutine that answers.
class Exchange {
public:
  /// @pre All three outlive the exchange.
  Exchange(const ServiceContext& context, const http::Request& request, http::Response& response)
      : context_(&context),
        request_(&request),
        response_(&response),
        begin_(context.clock.steady_now()) {}

  [[nodiscard]] const http::Request& request() const { return *request_; }
  [[nodiscard]] http::Response& response() { return *response_; }
  [[nodiscard]] std::string_view tenant() const;
  [[nodiscard]] CacheDirectives directives() const;

  /// Whether a body that must come has come, and as JSON; if not, the refusal is written.
  [[nodiscard]] bool accept_body();

  /// The fields of a GET's query, or of the JSON body.
  [[nodiscard]] Result<RequestFields> read_fields() const;

  /// Writes the error and notes it in the log.
  void refuse(const Error& error);

  /// Writes the entry as it is, with the headers that tell how it was found.
  void send_entry(const Answer& answer);

  /// Writes only those headers, and notes a generation in the log.
  void add_answer_headers(const Answer& answer);

private:
  [[nodiscard]] bool is_get() const;

  const ServiceContext* context_;
  const http::Request* request_;
  http::Response* response_;
  SteadyTime begin_;
};

}  // namespace refrain
