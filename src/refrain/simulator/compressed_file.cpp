#include "refrain/simulator/compressed_file.h"

#include "refrain/simulator/zstd_frames.h"

#include <boost/iostreams/device/file.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filter/lzma.hpp>
#include <boost/iostreams/filter/zstd.hpp>

#include <array>
#include <fstream>
#include <ios>
#include <string_view>
#include <system_error>

namespace refrain {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kGzip = "\x1F\x8B"sv;
constexpr std::string_view kXz = "\xFD\x37\x7A\x58\x5A\0"sv;
constexpr std::string_view kZstd = "\x28\xB5\x2F\xFD"sv;

}  // namespace

Result<std::unique_ptr<CompressedFile>> CompressedFile::open(const std::filesystem::path& path) {
  std::unique_ptr<CompressedFile> file(new CompressedFile(path));
  if (const Result<void> started = file->start(); !started) return fail(started.error());
  return file;
}

Result<void> CompressedFile::start() {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path_, error);
  if (!std::filesystem::exists(status))
    return fail(ErrorCode::kIo, path_.string() + ": there is no such file");
  std::ifstream file(path_, std::ios::binary);
  if (!std::filesystem::is_regular_file(status) || !file)
    return fail(ErrorCode::kIo, path_.string() + ": is not a file that can be read");
  std::array<char, 8> bytes{};
  file.read(bytes.data(), bytes.size());
  const std::string_view beginning(bytes.data(), static_cast<std::size_t>(file.gcount()));
  file.clear();

  if (beginning.starts_with(kGzip)) {
    stream_.push(boost::iostreams::gzip_decompressor());
  } else if (beginning.starts_with(kXz)) {
    stream_.push(boost::iostreams::lzma_decompressor());
  } else if (beginning.starts_with(kZstd)) {
    if (!are_whole_zstd_frames(file))
      return fail(ErrorCode::kCorrupt, path_.string() + ": its zstd data is torn or damaged");
    stream_.push(boost::iostreams::zstd_decompressor());
  }
  stream_.push(boost::iostreams::file_source(path_.string(), std::ios::binary));
  return {};
}

Result<std::size_t> CompressedFile::read(std::span<char> out) {
  try {
    const std::streamsize size =
        stream_.sgetn(out.data(), static_cast<std::streamsize>(out.size()));
    return static_cast<std::size_t>(std::max<std::streamsize>(size, 0));
  } catch (const std::ios_base::failure&) {
    return fail(ErrorCode::kCorrupt, path_.string() + ": its compressed data is torn or damaged");
  }
}

}  // namespace refrain
