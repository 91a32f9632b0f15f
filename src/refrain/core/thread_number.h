#pragma once

/// @file
/// A small number for the calling thread.

#include <atomic>
#include <cstddef>

namespace refrain {

/// Counts the threads that asked, from one: what spreads threads over stripes. It names nobody: a
/// thread keeps its number, and no other thread ever gets it.
inline std::size_t thread_number() {
  static std::atomic<std::size_t> last{0};
  thread_local std::size_t mine = 0;  // not initialised by a call: then every use would check
  if (mine == 0) mine = last.fetch_add(1, std::memory_order_relaxed) + 1;
  return mine;
}

}  // namespace refrain
