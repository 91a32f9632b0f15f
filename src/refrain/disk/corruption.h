#pragma once

/// @file
/// Bytes on disk that are not what was once written, and who wants to hear of them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace refrain {

/// Something that was found damaged.
struct Corruption {
  enum class Kind : std::uint8_t {
    kMeta,     ///< The file META.
    kIndex,    ///< The file INDEX: the segments are read instead.
    kSegment,  ///< The header of a segment: nothing in the file is read.
    kRecord,   ///< The header of a record is not intact, or not that of its place.
    kPayload,  ///< A record's content type and body do not match their checksum.
    kCut,      ///< A record's bytes are not all there any more.
  };
  static constexpr std::size_t kKinds = 6;

  Kind kind = Kind::kRecord;
  std::string file;          ///< Its name in the store's directory.
  std::uint64_t offset = 0;  ///< In the file; 0 if the file as a whole is meant.
  std::string reason;
};

/// `meta`, `index`, `segment`, `record`, `payload` or `cut`.
std::string_view to_string(Corruption::Kind kind);

/// How many there were of each kind.
using CorruptionCounts = std::array<std::int64_t, Corruption::kKinds>;

/// Told of everything that turns out to be damaged, when it is found.
///
/// Thread safety: `report` may be called from any thread.
class CorruptionReporter {
public:
  CorruptionReporter() = default;
  CorruptionReporter(const CorruptionReporter&) = delete;
  CorruptionReporter& operator=(const CorruptionReporter&) = delete;
  virtual ~CorruptionReporter() = default;

  virtual void report(const Corruption& found) = 0;
};

}  // namespace refrain
