#include "refrain/disk/corruption_tally.h"

namespace refrain {
namespace {

constexpr std::int64_t kMaxLogged = 100;

}  // namespace

std::string_view to_string(Corruption::Kind kind) {
  switch (kind) {
    case Corruption::Kind::kMeta:
      return "meta";
    case Corruption::Kind::kIndex:
      return "index";
    case Corruption::Kind::kSegment:
      return "segment";
    case Corruption::Kind::kRecord:
      return "record";
    case Corruption::Kind::kPayload:
      return "payload";
    case Corruption::Kind::kCut:
      return "cut";
  }
  return "record";
}

void CorruptionTally::report(const Corruption& found) {
  counts_[static_cast<std::size_t>(found.kind)].fetch_add(1, std::memory_order_relaxed);
  if (next_) next_->report(found);
  if (logged_.fetch_add(1, std::memory_order_relaxed) >= kMaxLogged) return;
  log_.write(LogLevel::kWarning,
             "a file of the disk cache is damaged; what was lost is generated again",
             {LogField("directory", directory_.string()),
              LogField("file", found.file),
              LogField("offset", std::to_string(found.offset)),
              LogField("kind", std::string(to_string(found.kind))),
              LogField("reason", found.reason)});
}

CorruptionCounts CorruptionTally::counts() const {
  CorruptionCounts counts{};
  for (std::size_t i = 0; i < counts.size(); ++i)
    counts[i] = counts_[i].load(std::memory_order_relaxed);
  return counts;
}

}  // namespace refrain
