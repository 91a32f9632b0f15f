#include "refrain/disk/segment_file.h"

#include "refrain/disk/os_error.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>

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

/// Applies `transfer` (a `preadv` or `pwritev`) until all is done, it returns 0 or it fails.
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

}  // namespace

Result<std::size_t> SegmentFile::read(std::uint64_t offset, std::span<const iovec> buffers) const {
  const auto transfer = [&](const iovec* data, int count, std::size_t done) {
    return ::preadv(file_.value(), data, count, static_cast<off_t>(offset + done));
  };
  return transfer_all(buffers, "read a segment", transfer);
}

Result<void> SegmentFile::append(std::span<const iovec> buffers) {
  assert(is_appendable_);
  const auto transfer = [&](const iovec* data, int count, std::size_t done) {
    return ::pwritev(file_.value(), data, count, static_cast<off_t>(size_ + done));
  };
  const Result<std::size_t> written = transfer_all(buffers, "append to a segment", transfer);
  if (!written) {
    undo_append();
    return fail(written.error());
  }
  size_ += *written;
  return {};
}

void SegmentFile::undo_append() {
  if (::ftruncate(file_.value(), static_cast<off_t>(size_)) == 0) return;
  is_appendable_ = false;
  struct stat status{};
  if (::fstat(file_.value(), &status) == 0) size_ = static_cast<std::uint64_t>(status.st_size);
}

Result<void> SegmentFile::truncate(std::uint64_t size) {
  if (::ftruncate(file_.value(), static_cast<off_t>(size)) != 0) {
    return fail(os_error("cut a segment", errno));
  }
  size_ = size;
  return {};
}

Result<void> SegmentFile::sync() {
  if (::fdatasync(file_.value()) != 0) return fail(os_error("sync a segment", errno));
  return {};
}

bool SegmentFile::is_linked() const {
  struct stat status{};
  return ::fstat(file_.value(), &status) == 0 && status.st_nlink > 0;
}

}  // namespace refrain
