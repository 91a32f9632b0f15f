#include "refrain/disk/record_reader.h"

#include "refrain/cache/file_body.h"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace refrain {
namespace {

using HeaderBytes = std::array<char, RecordHeader::kSize>;

iovec buffer_of(std::span<char> bytes) {
  return {bytes.data(), bytes.size()};
}

/// The payload in `draft` as an entry, if it is what the header says.
RecordRead seal(Entry::Draft& draft, const RecordHeader& header) {
  draft.divide(header.content_type_size);
  Result<Entry> entry = draft.seal(header.metadata, header.payload_checksum);
  if (!entry) return RecordRead::damaged_payload(header, entry.error().message());
  return RecordRead::found(header, std::move(*entry));
}

}  // namespace

std::optional<RecordRead> RecordReader::refuse(const Result<RecordHeader>& header,
                                               std::uint64_t fingerprint,
                                               const CacheKey* key) const {
  if (!header) return RecordRead::damaged(Corruption::Kind::kRecord, header.error().message());
  const bool is_of_place = header->kind == RecordKind::kEntry &&
                           header->sequence >> 32U == location_.segment &&
                           header->payload_size() == location_.payload_size &&
                           header->metadata.key.hash() == fingerprint;
  if (!is_of_place) {
    return RecordRead::damaged(Corruption::Kind::kRecord,
                               "another record lies in this one's place");
  }
  if (key != nullptr && header->metadata.key != *key) return RecordRead::other_key();
  return std::nullopt;
}

RecordRead RecordReader::read(std::uint64_t fingerprint, const CacheKey* key) const {
  HeaderBytes head{};
  Entry::Draft draft(0, location_.payload_size);
  const std::array<iovec, 2> buffers{buffer_of(head), buffer_of(draft.body())};
  const Result<std::size_t> count = file_->read(location_.offset, buffers);
  if (!count) return RecordRead::failed(count.error());
  if (*count < head.size() + location_.payload_size)
    return RecordRead::damaged(Corruption::Kind::kCut, "the segment ends within the record");
  const Result<RecordHeader> header = decode_record_header(head);
  if (std::optional<RecordRead> refused = refuse(header, fingerprint, key))
    return std::move(*refused);
  return seal(draft, *header);
}

RecordRead RecordReader::read_now(const CacheKey& key) const {
  HeaderBytes head{};
  Entry::Draft draft(0, location_.payload_size);
  const std::array<iovec, 2> buffers{buffer_of(head), buffer_of(draft.body())};
  const Result<std::optional<std::size_t>> count = file_->read_now(location_.offset, buffers);
  if (!count) return RecordRead::failed(count.error());
  if (!*count) return RecordRead::must_wait();
  const Result<RecordHeader> header = decode_record_header(head);
  if (std::optional<RecordRead> refused = refuse(header, key.hash(), &key))
    return std::move(*refused);
  return seal(draft, *header);
}

RecordRead RecordReader::refer_now(const CacheKey& key, Residency residency) const {
  HeaderBytes head{};
  std::array<char, Entry::kMaxContentTypeSize> front{};
  const auto front_size = std::min<std::size_t>(front.size(), location_.payload_size);
  const std::array<iovec, 2> buffers{buffer_of(head),
                                     buffer_of(std::span<char>(front).first(front_size))};
  const Result<std::optional<std::size_t>> count = file_->read_now(location_.offset, buffers);
  if (!count) return RecordRead::failed(count.error());
  if (!*count) return RecordRead::must_wait();
  const Result<RecordHeader> header = decode_record_header(head);
  if (std::optional<RecordRead> refused = refuse(header, key.hash(), &key))
    return std::move(*refused);
  FileBody body;
  body.descriptor = file_->descriptor();
  body.offset = std::uint64_t{location_.offset} + RecordHeader::kSize + header->content_type_size;
  if (residency == Residency::kUnknown && !file_->is_resident(body.offset, header->body_size))
    return RecordRead::must_wait();
  body.owner = file_;
  Entry entry = Entry::in_file(header->metadata,
                               std::string_view(front.data(), header->content_type_size),
                               header->body_size,
                               header->payload_checksum,
                               std::move(body));
  return RecordRead::found(*header, std::move(entry));
}

RecordRead RecordReader::describe(std::uint64_t fingerprint) const {
  HeaderBytes head{};
  std::array<char, Entry::kMaxContentTypeSize> front{};
  const auto front_size = std::min<std::size_t>(front.size(), location_.payload_size);
  const std::array<iovec, 2> buffers{buffer_of(head),
                                     buffer_of(std::span<char>(front).first(front_size))};
  const Result<std::size_t> count = file_->read(location_.offset, buffers);
  if (!count) return RecordRead::failed(count.error());
  const Result<RecordHeader> header =
      decode_record_header(std::span<const char>(head).first(std::min(*count, head.size())));
  if (std::optional<RecordRead> refused = refuse(header, fingerprint, nullptr))
    return std::move(*refused);
  if (*count < head.size() + header->content_type_size)
    return RecordRead::damaged(Corruption::Kind::kCut, "the segment ends within the record");
  return RecordRead::found(
      *header,
      Entry::make(header->metadata, std::string_view(front.data(), header->content_type_size), {}));
}

}  // namespace refrain
