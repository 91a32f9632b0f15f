#pragma once

/// @file
/// Where the embedded model lies.

#include "refrain/core/result.h"

#include <filesystem>
#include <span>
#include <string_view>

namespace refrain {

/// The place of the model in Debian's package `pocketsphinx-en-us`.
inline constexpr std::string_view kDebianModelFile =
    "/usr/share/pocketsphinx/model/en-us/en-us.lm.bin";

/// The first of `candidates` that is a regular file. Fails with `kUnavailable` and a message that
/// names every place that was looked at.
Result<std::filesystem::path> find_model_file(std::span<const std::filesystem::path> candidates);

}  // namespace refrain
