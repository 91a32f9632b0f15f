#include "refrain/disk/segment_file.h"

#include "refrain/disk/os_error.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <utility>

namespace refrain {
namespace {

/// The buffers that a partial read or write has not reached yet.
class Remainder {
public:
  explicit Remainder(std::span<const iovec> buffers) : count_(buffers.size()) {
    assert(buffers.size() <= buffers_.size());
    for (std::size_t i = 0; i < count_; ++i)
      buffers_[i] = buffers[i];
    skip(0);
  }

  [[nodiscard]] bool is_empty() const { return first_ == count_; }
  [[nodiscard]] const iovec* data() const { return buffers_.data() + first_; }
  [[nodiscard]] int count() const { return static_cast<int>(count_ - first_); }

  void skip(std::size_t bytes) {
    while (first_ < count_ && bytes >= buffers_[first_].iov_len) {
      bytes -= buffers_[first_].iov_len;
      ++first_;
    }
    if (bytes == 0) return;
    iovec& buffer = buffers_[first_];
    buffer.iov_base = static_cast<char*>(buffer.iov_base) + bytes;
    buffer.iov_len -= bytes;
  }

private:
  std::array<iovec, 4> buffers_{};
  std::size_t count_;
  std::size_t first_ = 0;
};

/// Applies `transfer` (a read or a write) until all is done, it returns 0 or it fails.
template <class Transfer>
Result<std::size_t> transfer_all(std::span<const iovec> buffers,
                                 std::string_view action,
                                 Transfer transfer) {
  Remainder rest(buffers);
  std::size_t done = 0;
  while (!rest.is_empty()) {
    const ssize_t count = transfer(rest.data(), rest.count(), done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(os_error(action, errno));
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
    rest.skip(static_cast<std::size_t>(count));
  }
  return done;
}

std::size_t total_length(std::span<const iovec> buffers) {
  std::size_t length = 0;
  for (const iovec& buffer : buffers)
    length += buffer.iov_len;
  return length;
}

}  // namespace

SegmentFile::Pages::Pages(int file, std::uint64_t size) {
  // Without rights: nothing is read through it, so nothing can fault on a file that was cut.
  void* const begin = ::mmap(nullptr, size, PROT_NONE, MAP_SHARED | MAP_NORESERVE, file, 0);
  if (begin == MAP_FAILED) return;
  begin_ = begin;
  size_ = size;
}

SegmentFile::Pages::~Pages() {
  if (begin_ != nullptr) ::munmap(begin_, size_);
}

void* SegmentFile::Pages::at(std::uint64_t offset, std::uint64_t size) const {
  if (begin_ == nullptr || offset > size_ || size > size_ - offset) return nullptr;
  return static_cast<char*>(begin_) + offset;
}

SegmentFile::SegmentFile(FileDescriptor file,
                         std::uint64_t id,
                         std::uint64_t size,
                         const Surroundings& surroundings)
    : file_system_(surroundings.file_system),
      usage_(surroundings.usage),
      file_(std::move(file)),
      id_(id),
      pages_(file_.value(), std::max(size, surroundings.capacity)),
      size_(size) {
  usage_->resize(0, size);
}

SegmentFile::~SegmentFile() {
  usage_->resize(size(), 0);
}

void SegmentFile::set_size(std::uint64_t size) {
  usage_->resize(this->size(), size);
  size_.store(size, std::memory_order_relaxed);
}

Result<std::size_t> SegmentFile::read(std::uint64_t offset, std::span<const iovec> buffers) const {
  const auto transfer = [&](const iovec* data, int count, std::size_t done) {
    return file_system_->read_at(file_.value(), data, count, static_cast<off_t>(offset + done), 0);
  };
  return transfer_all(buffers, "read a segment", transfer);
}

Result<std::optional<std::size_t>> SegmentFile::read_now(std::uint64_t offset,
                                                         std::span<const iovec> buffers) const {
  const std::size_t wanted = total_length(buffers);
  const ssize_t count = file_system_->read_at(file_.value(),
                                              buffers.data(),
                                              static_cast<int>(buffers.size()),
                                              static_cast<off_t>(offset),
                                              RWF_NOWAIT);
  if (count >= 0 && static_cast<std::size_t>(count) == wanted) return std::optional(wanted);
  // Part of it is in the page cache, or the file ends here: whoever may wait finds out.
  if (count >= 0 || errno == EAGAIN || errno == EINTR) return std::optional<std::size_t>();
  if (errno != EOPNOTSUPP) return fail(os_error("read a segment", errno));
  // A file system that cannot promise not to wait (tmpfs): it does not if the pages are there.
  if (!is_resident(offset, wanted)) return std::optional<std::size_t>();
  const Result<std::size_t> read = this->read(offset, buffers);
  if (!read) return fail(read.error());
  return std::optional(*read);
}

bool SegmentFile::is_resident(std::uint64_t offset, std::uint64_t size) const {
  void* const place = pages_.at(offset, size);
  return place != nullptr && offset + size <= this->size() &&
         file_system_->is_resident(place, static_cast<std::size_t>(size));
}

Result<void> SegmentFile::append(std::span<const iovec> buffers) {
  assert(is_appendable_);
  const std::uint64_t begin = size();
  const auto transfer = [&](const iovec* data, int count, std::size_t done) {
    return file_system_->write_at(file_.value(), data, count, static_cast<off_t>(begin + done));
  };
  Result<std::size_t> written = transfer_all(buffers, "append to a segment", transfer);
  if (written && *written < total_length(buffers))
    written = fail(os_error("append to a segment", ENOSPC));
  if (!written) {
    undo_append();
    return fail(written.error());
  }
  set_size(begin + *written);
  return {};
}

void SegmentFile::undo_append() {
  if (file_system_->truncate(file_.value(), static_cast<off_t>(size())) == 0) return;
  is_appendable_ = false;
  struct stat status{};
  if (file_system_->status(file_.value(), status) == 0)
    set_size(static_cast<std::uint64_t>(status.st_size));
}

Result<void> SegmentFile::truncate(std::uint64_t size) {
  if (file_system_->truncate(file_.value(), static_cast<off_t>(size)) != 0) {
    return fail(os_error("cut a segment", errno));
  }
  set_size(size);
  return {};
}

Result<void> SegmentFile::sync() const {
  if (file_system_->sync_data(file_.value()) != 0) return fail(os_error("sync a segment", errno));
  return {};
}

bool SegmentFile::is_linked() const {
  struct stat status{};
  return file_system_->status(file_.value(), status) == 0 && status.st_nlink > 0;
}

}  // namespace refrain
