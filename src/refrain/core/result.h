#pragma once

/// @file
/// A value, or the reason there is none.

#include "refrain/core/error.h"

#include <tl/expected.hpp>

#include <string>
#include <utility>

namespace refrain {

/// A value, or the `Error` that says why there is none. Never ignored: the class is [[nodiscard]].
/// The names are those of C++23's `std::expected`.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
public:
  using tl::expected<T, Error>::expected;
};

/// What a function returns in place of a value: `return fail(ErrorCode::kTimeout, "…");`
inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string field = {}) {
  return tl::unexpected<Error>(Error(code, std::move(message), std::move(field)));
}

/// Hands an error on unchanged.
inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace refrain
