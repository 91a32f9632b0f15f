#pragma once

/// @file
/// A sequence of requests to run caches on.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace refrain {

/// Requests in their order, and what is known of them as a whole.
///
/// Thread safety: immutable.
class Trace {
public:
  struct Request {
    std::uint64_t hash = 0;  ///< Of the key; uniform.
    std::uint32_t size = 1;  ///< Bytes of the answer; at least 1.
    float seconds = 1;       ///< What generating the answer takes.
  };

  /// What the source says of a request besides its key. The rest is 1 everywhere.
  struct Columns {
    bool has_sizes = false;
    bool has_seconds = false;
  };

  /// @pre There are fewer than 2^32 requests.
  Trace(std::string name, std::vector<Request> requests, Columns columns);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::vector<Request>& requests() const { return requests_; }
  [[nodiscard]] bool has_sizes() const { return columns_.has_sizes; }
  [[nodiscard]] bool has_seconds() const { return columns_.has_seconds; }

  [[nodiscard]] std::size_t unique_keys() const { return unique_keys_; }
  /// Bytes of all keys, each with the largest size that it came with.
  [[nodiscard]] std::uint64_t footprint_bytes() const { return footprint_bytes_; }

private:
  std::string name_;
  std::vector<Request> requests_;
  Columns columns_;
  std::size_t unique_keys_ = 0;
  std::uint64_t footprint_bytes_ = 0;
};

/// The hash of a key that is a number. Different numbers have different hashes.
[[nodiscard]] std::uint64_t hash_of_key(std::uint64_t number);

}  // namespace refrain
