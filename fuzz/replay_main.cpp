/// @file
/// Runs a fuzzer's function once over each file of its corpus, so that every build and every
/// compiler checks what fuzzing has found.
///
/// usage: fuzz_NAME FILE_OR_FOLDER...

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

/// The regular files that `arguments` name, folders being searched to any depth. In order of name,
/// so that a failure is the same failure everywhere.
std::vector<fs::path> files_of(const std::vector<fs::path>& arguments) {
  std::vector<fs::path> files;
  for (const fs::path& argument : arguments) {
    std::error_code error;
    if (fs::is_regular_file(argument, error)) files.push_back(argument);
    if (!fs::is_directory(argument, error)) continue;
    for (fs::recursive_directory_iterator entry(argument, error), end; entry != end;
         entry.increment(error)) {
      if (entry->is_regular_file(error)) files.push_back(entry->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::optional<std::vector<char>> bytes_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return std::nullopt;
  return std::vector<char>(std::istreambuf_iterator<char>(stream), {});
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<fs::path> files = files_of(std::vector<fs::path>(argv + 1, argv + argc));
  for (const fs::path& file : files) {
    const std::optional<std::vector<char>> bytes = bytes_of(file);
    if (!bytes) {
      std::fprintf(stderr, "cannot read %s\n", file.c_str());
      return 1;
    }
    // A copy of exactly its size: a read past the end is then a read past an allocation.
    const std::vector<std::uint8_t> input(bytes->begin(), bytes->end());
    std::printf("%s (%zu bytes)\n", file.c_str(), input.size());
    std::fflush(stdout);
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  std::printf("%zu inputs replayed\n", files.size());
  if (files.empty()) {
    std::fprintf(stderr, "no inputs: a corpus without files tests nothing\n");
    return 1;
  }
  return 0;
}
