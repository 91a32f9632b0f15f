#pragma once

/// @file
/// A file's text, whether the file is compressed or not.

#include "refrain/core/result.h"

#include <boost/iostreams/filtering_streambuf.hpp>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace refrain {

/// Reads a plain file, or the content of one that gzip, xz or zstd made, told by its first bytes.
///
/// Thread safety: none.
class CompressedFile {
public:
  /// Fails if there is no such file, or it cannot be read.
  static Result<std::unique_ptr<CompressedFile>> open(const std::filesystem::path& path);

  /// Fills `out` as far as there are bytes; zero at the end. Fails, with `kCorrupt`, on compressed
  /// data that is torn or damaged.
  Result<std::size_t> read(std::span<char> out);

private:
  explicit CompressedFile(std::filesystem::path path) : path_(std::move(path)) {}
  Result<void> start();

  std::filesystem::path path_;
  boost::iostreams::filtering_streambuf<boost::iostreams::input> stream_;
};

}  // namespace refrain
