#pragma once

/// @file
/// Results, where a failure leaves nothing to measure.

#include "refrain/core/result.h"

#include <stdexcept>
#include <utility>

namespace refrain::bench {

/// The value, or an exception with the error's message.
template <class T>
T value_of(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(*result);
}

}  // namespace refrain::bench
