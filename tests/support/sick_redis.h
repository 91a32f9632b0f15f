#pragma once

/// @file
/// A Redis that can be made ill, however its servers are arranged.

#include <cstddef>
#include <string>
#include <vector>

namespace refrain::testing {

/// Servers of a test's own, and how a service finds them. What can be done to them is the business
/// of the kinds.
///
/// Thread safety: one thread drives it.
class SickRedis {
public:
  SickRedis() = default;
  SickRedis(const SickRedis&) = delete;
  SickRedis& operator=(const SickRedis&) = delete;
  virtual ~SickRedis() = default;

  /// The options of the program with which a service uses it.
  [[nodiscard]] virtual std::vector<std::string> arguments() const = 0;

  /// Rises whenever the service connects, as far as that can be seen from here.
  [[nodiscard]] virtual std::size_t connection_count() const { return 0; }
};

}  // namespace refrain::testing
