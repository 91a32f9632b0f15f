#include "refrain/simulator/trace_format.h"

#include <algorithm>
#include <cstddef>

namespace refrain {
namespace {

bool is_text(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 || c == '\n' || c == '\r' || c == '\t';
  });
}

bool has_constant_high_halves(std::string_view bytes) {
  constexpr std::size_t kWide = 8;
  constexpr std::size_t kHalf = 4;
  if (bytes.size() < 2 * kWide) return false;
  const std::string_view first = bytes.substr(0, kHalf);
  if (first != std::string_view("\0\0\0\0", kHalf) && first != "\xFF\xFF\xFF\xFF") return false;
  for (std::size_t place = 0; place + kWide <= bytes.size(); place += kWide)
    if (bytes.substr(place, kHalf) != first) return false;
  return true;
}

}  // namespace

std::string_view name_of(TraceFormat format) {
  switch (format) {
    case TraceFormat::kLirs:
      return "lirs";
    case TraceFormat::kArc:
      return "arc";
    case TraceFormat::kInt32:
      return "int32";
    case TraceFormat::kInt64:
      return "int64";
    case TraceFormat::kCsv:
      return "csv";
  }
  return "";
}

TraceFormat detect_trace_format(std::string_view file_name, std::string_view beginning) {
  const auto has_extension = [file_name](std::string_view extension) {
    const std::size_t place = file_name.rfind(extension);
    if (place == std::string_view::npos) return false;
    const std::size_t end = place + extension.size();
    return end == file_name.size() || file_name[end] == '.';
  };
  if (has_extension(".lis")) return TraceFormat::kArc;
  if (has_extension(".csv")) return TraceFormat::kCsv;
  if (is_text(beginning)) return TraceFormat::kLirs;
  return has_constant_high_halves(beginning) ? TraceFormat::kInt64 : TraceFormat::kInt32;
}

}  // namespace refrain
