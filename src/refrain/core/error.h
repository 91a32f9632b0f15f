#pragma once

/// @file
/// Why something could not be done, in terms of what the caller can do about it.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace refrain {

/// What kind of failure an `Error` is. A miss, an expiry or a refusal is an outcome, never an
/// error.
enum class ErrorCode : std::uint8_t {
  kInvalidArgument,  ///< The caller's value is malformed; the same call fails again.
  kUnprocessable,    ///< Well formed, but outside what is served (too long, out of range).
  kTooLarge,         ///< More bytes than a limit allows.
  kTimeout,          ///< A time budget ran out.
  kUnavailable,      ///< The other side is away or saturated; later may succeed.
  kCorrupt,          ///< Bytes that are not what was once written.
  kIo,               ///< The operating system refused.
  kCancelled,        ///< The work was given up on purpose.
  kInternal,         ///< A fault of this program.
};

/// Every code, for tables and tests.
inline constexpr ErrorCode kAllErrorCodes[] = {
    ErrorCode::kInvalidArgument,
    ErrorCode::kUnprocessable,
    ErrorCode::kTooLarge,
    ErrorCode::kTimeout,
    ErrorCode::kUnavailable,
    ErrorCode::kCorrupt,
    ErrorCode::kIo,
    ErrorCode::kCancelled,
    ErrorCode::kInternal,
};

/// The code's name in snake_case, for logs and API answers: `"timeout"`.
std::string_view to_string(ErrorCode code);

/// A failure: its kind, a sentence for a person, and the request field it is about, if any.
class Error {
public:
  Error(ErrorCode code, std::string message, std::string field = {})
      : code_(code),
        message_(std::move(message)),
        field_(std::move(field)) {}

  [[nodiscard]] ErrorCode code() const { return code_; }
  [[nodiscard]] const std::string& message() const { return message_; }
  /// The name of the offending request field or option; empty if the error is about none.
  [[nodiscard]] const std::string& field() const { return field_; }

private:
  ErrorCode code_;
  std::string message_;
  std::string field_;
};

}  // namespace refrain
