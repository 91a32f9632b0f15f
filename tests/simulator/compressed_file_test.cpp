#include "refrain/simulator/compressed_file.h"

#include "simulator/sample_trace.h"
#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace refrain {
namespace {

using testing::gzipped;
using testing::TempDir;
using testing::write_file;
using testing::xzipped;
using testing::zstd_compressed;

/// The file's text, or what is wrong with it.
std::string content(const std::filesystem::path& path) {
  const Result<std::unique_ptr<CompressedFile>> file = CompressedFile::open(path);
  if (!file) return file.error().message();
  std::string text;
  std::vector<char> piece(1000);
  for (;;) {
    const Result<std::size_t> size = (*file)->read(piece);
    if (!size) return size.error().message();
    if (*size == 0) return text;
    text.append(piece.data(), *size);
  }
}

std::string long_text() {
  std::string text;
  for (int i = 0; i < 20'000; ++i)
    text += std::to_string(i * 7919) + "\n";
  return text;
}

TEST(CompressedFile, ReadsWhatIsPlainAndWhatIsCompressed) {
  const TempDir dir;
  const std::string text = long_text();
  write_file(dir.path() / "plain", text);
  write_file(dir.path() / "gz", gzipped(text));
  write_file(dir.path() / "xz", xzipped(text));
  write_file(dir.path() / "zst", zstd_compressed(text));

  for (const char* name : {"plain", "gz", "xz", "zst"})
    EXPECT_TRUE(content(dir.path() / name) == text) << name;
}

TEST(CompressedFile, ReadsPartsThatFollowEachOther) {
  const TempDir dir;
  write_file(dir.path() / "gz", gzipped("a") + gzipped("b"));
  write_file(dir.path() / "xz", xzipped("a") + xzipped("b"));
  write_file(dir.path() / "zst", zstd_compressed("a") + zstd_compressed("b"));

  for (const char* name : {"gz", "xz", "zst"})
    EXPECT_EQ(content(dir.path() / name), "ab") << name;
}

TEST(CompressedFile, RefusesWhatIsTornAnywhere) {
  const TempDir dir;
  const std::filesystem::path path = dir.path() / "torn";
  for (const std::string& whole :
       {gzipped(long_text()), xzipped(long_text()), zstd_compressed(long_text())}) {
    for (std::size_t size = 8; size < whole.size(); size += whole.size() / 13) {
      write_file(path, whole.substr(0, size));
      EXPECT_TRUE(content(path).ends_with("torn or damaged")) << size << " of " << whole.size();
    }
    write_file(path, whole.substr(0, whole.size() - 1));
    EXPECT_TRUE(content(path).ends_with("torn or damaged"));
  }
}

TEST(CompressedFile, RefusesWhatIsDamaged) {
  const TempDir dir;
  const std::filesystem::path path = dir.path() / "damaged";
  for (std::string bytes : {gzipped(long_text()), xzipped(long_text())}) {
    bytes[bytes.size() / 2] = static_cast<char>(~bytes[bytes.size() / 2]);
    write_file(path, bytes);
    EXPECT_EQ(content(path), path.string() + ": its compressed data is torn or damaged");
  }
}

TEST(CompressedFile, ReadsNothingFromAnEmptyFile) {
  const TempDir dir;
  write_file(dir.path() / "empty", "");

  EXPECT_EQ(content(dir.path() / "empty"), "");
}

TEST(CompressedFile, SaysWhatCannotBeRead) {
  const TempDir dir;

  EXPECT_EQ(content(dir.path() / "none"),
            (dir.path() / "none").string() + ": there is no such file");
  EXPECT_EQ(content(dir.path()), dir.path().string() + ": is not a file that can be read");
}

}  // namespace
}  // namespace refrain
