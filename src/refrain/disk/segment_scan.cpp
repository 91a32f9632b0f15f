#include "refrain/disk/segment_scan.h"

#include <array>

namespace refrain {
namespace {

/// Reads ahead a little, so that small records cost less than one read each.
class HeaderReader {
public:
  explicit HeaderReader(const ReadAt& read_at) : read_at_(read_at) {}

  /// The bytes from `offset` on, a header's worth; fewer at the end of the file.
  Result<std::span<const char>> at(std::uint64_t offset) {
    if (offset < start_ || offset + RecordHeader::kSize > start_ + size_) {
      const Result<std::size_t> count = read_at_(offset, window_);
      if (!count) return fail(count.error());
      start_ = offset;
      size_ = *count;
    }
    const std::span<const char> bytes(window_.data(), size_);
    const std::span<const char> rest = bytes.subspan(static_cast<std::size_t>(offset - start_));
    return rest.first(std::min(rest.size(), RecordHeader::kSize));
  }

private:
  const ReadAt& read_at_;
  std::array<char, 4096> window_{};
  std::uint64_t start_ = 0;
  std::size_t size_ = 0;
};

}  // namespace

ScanEnd scan_segment(std::uint64_t id,
                     std::uint64_t file_size,
                     const ScanBegin& begin,
                     const ReadAt& read_at,
                     const VisitRecord& visit) {
  HeaderReader reader(read_at);
  ScanEnd end;
  end.offset = begin.offset;
  end.records = begin.records;
  const auto stop = [&end](ScanEnd::Reason reason, std::string complaint = {}) {
    end.reason = reason;
    end.complaint = std::move(complaint);
    return end;
  };
  while (end.offset < file_size) {
    const std::uint64_t left = file_size - end.offset;
    if (left < RecordHeader::kSize) return stop(ScanEnd::Reason::kTorn);
    const Result<std::span<const char>> bytes = reader.at(end.offset);
    if (!bytes) return stop(ScanEnd::Reason::kDamaged, bytes.error().message());
    const Result<RecordHeader> header = decode_record_header(*bytes);
    if (!header) return stop(ScanEnd::Reason::kDamaged, header.error().message());
    if (header->sequence != record_sequence(id, end.records))
      return stop(ScanEnd::Reason::kDamaged, "the record belongs to another place");
    if (header->record_size() > left) return stop(ScanEnd::Reason::kTorn);
    visit(*header, end.offset);
    end.offset += header->record_size();
    ++end.records;
  }
  return end;
}

}  // namespace refrain
