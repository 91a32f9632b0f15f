// Any bytes, in two pieces, in every format: requests or a sentence, and the same as in one piece.
#include "refrain/simulator/trace_parser.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace {

constexpr refrain::TraceParser::Limit kLimit{10'000, false};

/// How many requests there are, or nothing.
std::pair<bool, std::size_t> count(refrain::TraceFormat format,
                                   std::string_view begin,
                                   std::string_view end) {
  refrain::TraceParser parser("fuzz", format, kLimit);
  if (!parser.feed(begin) || !parser.feed(end)) return {false, 0};
  const refrain::Result<refrain::Trace> trace = parser.finish("fuzz");
  return trace ? std::pair(true, trace->requests().size()) : std::pair(false, std::size_t{0});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t cut = data[0] % size;
  for (const refrain::TraceFormat format : refrain::kTraceFormats) {
    const auto whole = count(format, bytes, {});
    if (whole != count(format, bytes.substr(0, cut), bytes.substr(cut))) std::abort();
    if (whole.second > kLimit.most) std::abort();
  }
  return 0;
}
