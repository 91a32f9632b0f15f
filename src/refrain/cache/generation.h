#pragma once

/// @file
/// The expensive thing a cache stands in front of.

#include "refrain/core/result.h"
#include "refrain/core/task.h"

#include <functional>
#include <string>
#include <utility>

namespace refrain {

/// What a generator made: the bytes as they will be sent.
class Generated {
public:
  Generated(std::string content_type, std::string body)
      : content_type_(std::move(content_type)),
        body_(std::move(body)) {}

  [[nodiscard]] const std::string& content_type() const { return content_type_; }
  [[nodiscard]] const std::string& body() const { return body_; }

private:
  std::string content_type_;
  std::string body_;
};

/// Makes the answer to one request. It outlives the caller that brought it: it owns what it needs.
using Generator = std::function<Task<Result<Generated>>()>;

}  // namespace refrain
