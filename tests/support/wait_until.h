#pragma once

/// @file
/// Waiting for what another process or thread brings about.

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace refrain::testing {

/// Asks again and again until `holds`; throws, naming `what`, after `limit`.
inline void wait_until(std::string_view what,
                       const std::function<bool()>& holds,
                       std::chrono::seconds limit = std::chrono::seconds(60)) {
  constexpr std::chrono::milliseconds kStep{2};
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("never happened: " + std::string(what));
    std::this_thread::sleep_for(kStep);
  }
}

}  // namespace refrain::testing
