#pragma once

/// @file
/// From the bytes of a trace to its requests.

#include "refrain/core/result.h"
#include "refrain/simulator/trace.h"
#include "refrain/simulator/trace_format.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace refrain {

/// Takes a trace in pieces of any size; makes nothing of them but requests.
///
/// An error's message begins with the source and the line (of text) or the byte (of binary
/// numbers), and says what is allowed there. After an error, no more may be fed.
///
/// Thread safety: none.
class TraceParser {
public:
  /// At most this many requests are taken, so that memory is bounded: 16 bytes each.
  static constexpr std::size_t kMostRequests = 200'000'000;
  /// Longest line of text, in bytes.
  static constexpr std::size_t kLongestLine = 65'536;

  /// What becomes of more than `most` requests.
  struct Limit {
    std::size_t most = kMostRequests;
    bool is_rest_ignored = false;  ///< Not refused.
  };

  /// `source` is what errors are about: a file's path.
  TraceParser(std::string source, TraceFormat format, const Limit& limit)
      : source_(std::move(source)),
        format_(format),
        limit_(limit) {}

  /// Looks at nothing that comes after it is full.
  [[nodiscard]] Result<void> feed(std::string_view bytes);

  /// Whether all that may follow would be ignored.
  [[nodiscard]] bool is_full() const {
    return limit_.is_rest_ignored && requests_.size() == limit_.most;
  }

  /// At the end of the data: the trace under this name. Fails if there was no request.
  [[nodiscard]] Result<Trace> finish(std::string name);

private:
  [[nodiscard]] bool is_binary() const {
    return format_ == TraceFormat::kInt32 || format_ == TraceFormat::kInt64;
  }
  [[nodiscard]] Result<void> feed_text(std::string_view bytes);
  [[nodiscard]] Result<void> feed_numbers(std::string_view bytes);
  [[nodiscard]] Result<void> take_line(std::string_view line);
  [[nodiscard]] Result<void> take_lirs(std::string_view line);
  [[nodiscard]] Result<void> take_arc(std::string_view line);
  [[nodiscard]] Result<void> take_csv(std::string_view line);
  [[nodiscard]] Result<void> take_csv_fields(std::span<const std::string> fields);
  [[nodiscard]] Result<void> add(const Trace::Request& request);
  /// An error at the present line or byte.
  [[nodiscard]] tl::unexpected<Error> refuse(std::string_view what) const;

  std::string source_;
  TraceFormat format_;
  Limit limit_;
  std::vector<Trace::Request> requests_;
  std::string carried_;      // the beginning of a line or number whose end did not come yet
  std::uint64_t place_ = 0;  // lines or bytes taken
  std::size_t columns_ = 0;  // of the csv; 0 before its first line
};

}  // namespace refrain
