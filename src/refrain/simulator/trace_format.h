#pragma once

/// @file
/// How traces are written down.

#include <array>
#include <cstdint>
#include <string_view>

namespace refrain {

/// A kind of trace file, after decompression.
enum class TraceFormat : std::uint8_t {
  kLirs,   ///< Text: one whole number a line; lines with `*` are skipped (the LIRS traces).
  kArc,    ///< Text: `start_block n_blocks ignored request_no`, for n_blocks keys (the ARC traces).
  kInt32,  ///< Big-endian numbers of 32 bits (the cache2k traces).
  kInt64,  ///< Big-endian numbers of 64 bits (the corda and scarab traces).
  kCsv,    ///< Text: `key[,size[,seconds]]`, where a key is any text.
};

inline constexpr std::array kTraceFormats{TraceFormat::kLirs,
                                          TraceFormat::kArc,
                                          TraceFormat::kInt32,
                                          TraceFormat::kInt64,
                                          TraceFormat::kCsv};

/// `lirs`, `arc`, `int32`, `int64` or `csv`.
[[nodiscard]] std::string_view name_of(TraceFormat format);

/// What a file is by its name (`.lis` arc, `.csv` csv, with anything after it) or else by how it
/// begins: text is lirs; in binary numbers, high halves that are all the same tell int64. Numbers
/// of 64 bits that use all of them cannot be told from such of 32.
[[nodiscard]] TraceFormat detect_trace_format(std::string_view file_name,
                                              std::string_view beginning);

}  // namespace refrain
