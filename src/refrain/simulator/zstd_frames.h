#pragma once

/// @file
/// Where Zstandard data ends.

#include <istream>

namespace refrain {

/// Whether `file`, from its beginning, is whole frames (RFC 8878) and nothing else. It follows the
/// lengths that the frames give and decompresses nothing. Boost's decompressor takes the end of a
/// torn file for the end of the data.
[[nodiscard]] bool are_whole_zstd_frames(std::istream& file);

}  // namespace refrain
