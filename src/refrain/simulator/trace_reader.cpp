#include "refrain/simulator/trace_reader.h"

#include "refrain/core/utf8.h"
#include "refrain/simulator/compressed_file.h"
#include "refrain/simulator/trace_parser.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace refrain {
namespace {

constexpr std::size_t kPiece = 65'536;

}  // namespace

std::string trace_name(const std::filesystem::path& path) {
  static constexpr std::array<std::string_view, 7> kKnown{
      ".gz", ".xz", ".zst", ".trace", ".lis", ".csv", ".txt"};
  std::filesystem::path name = path.filename();
  while (std::find(kKnown.begin(), kKnown.end(), name.extension().string()) != kKnown.end())
    name = name.stem();
  std::string text = name.string();
  // It goes into tables, JSON and pictures.
  const bool is_text = is_utf8(text);
  std::replace_if(
      text.begin(),
      text.end(),
      [is_text](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F || (byte > 0x7F && !is_text);
      },
      '?');
  return text;
}

Result<Trace> read_trace(const std::filesystem::path& path, const TraceReading& reading) {
  Result<std::unique_ptr<CompressedFile>> file = CompressedFile::open(path);
  if (!file) return fail(file.error());
  const TraceParser::Limit limit{
      std::min(reading.at_most.value_or(TraceParser::kMostRequests), TraceParser::kMostRequests),
      reading.at_most.has_value()};
  std::vector<char> piece(kPiece);
  std::optional<TraceParser> parser;
  while (!parser || !parser->is_full()) {
    const Result<std::size_t> size = (*file)->read(piece);
    if (!size) return fail(size.error());
    const std::string_view bytes(piece.data(), *size);
    if (!parser) {
      const TraceFormat format =
          reading.format.value_or(detect_trace_format(path.filename().string(), bytes));
      parser.emplace(path.string(), format, limit);
    }
    if (bytes.empty()) break;
    if (const Result<void> fed = parser->feed(bytes); !fed) return fail(fed.error());
  }
  return parser->finish(trace_name(path));
}

}  // namespace refrain
