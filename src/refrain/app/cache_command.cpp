#include "refrain/app/cache_command.h"

#include "refrain/app/spdlog_log.h"
#include "refrain/core/clock.h"
#include "refrain/disk/segment_store.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>

namespace refrain::app {
namespace {

std::string seconds_text(std::chrono::milliseconds duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(duration).count()) + " s";
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

/// One open store and the action on it.
class CacheCommand {
public:
  CacheCommand(const CacheRequest& request, const Terminal& terminal)
      : request_(request),
        terminal_(terminal),
        log_("warning", "text") {}

  int run() {
    std::error_code error;
    if (!std::filesystem::is_directory(request_.directory, error)) {
      return refuse(request_.directory.string() +
                    " is not a directory; give the cache's with --dir");
    }
    SegmentStore::Options options;
    options.directory = request_.directory;
    // Not to evict: the limits are the service's business.
    options.max_size_bytes = std::numeric_limits<std::int64_t>::max() / 2;
    options.ttl = std::chrono::hours(24 * 365);
    options.mode = changes() ? OpenMode::kOwner : OpenMode::kReadOnly;
    Result<std::unique_ptr<SegmentStore>> store = SegmentStore::open(options, clock_, log_);
    if (!store) return refuse(store.error().message());
    store_ = std::move(*store);
    switch (request_.action) {
      case CacheAction::kStatus:
        return status();
      case CacheAction::kList:
        return list();
      case CacheAction::kGet:
        return get();
      case CacheAction::kPurge:
        return purge();
      case CacheAction::kVerify:
        return verify();
    }
    return 1;
  }

private:
  [[nodiscard]] bool changes() const {
    return request_.action == CacheAction::kPurge ||
           (request_.action == CacheAction::kVerify && request_.is_repair);
  }

  [[nodiscard]] int refuse(const std::string& message) const {
    terminal_.complain(message);
    return 1;
  }

  [[nodiscard]] std::optional<CacheKey> key() const {
    const std::optional<CacheKey> key = CacheKey::from_hex(request_.digest);
    if (!key)
      terminal_.complain(
          "the digest must be 64 hexadecimal digits, as refrain cache list prints it");
    return key;
  }

  [[nodiscard]] int status() const {
    const SegmentStore::Stats stats = store_->stats();
    terminal_.print("directory      " + request_.directory.string());
    terminal_.print("entries        " + std::to_string(stats.items));
    terminal_.print("bytes          " + std::to_string(stats.size_bytes));
    terminal_.print("epoch          " + std::to_string(store_->epoch()));
    terminal_.print("damaged        " + std::to_string(stats.damaged));
    terminal_.print("foreign files  " + std::to_string(stats.foreign_files));
    return 0;
  }

  [[nodiscard]] int list() const {
    terminal_.print(terminal_.bold(padded("digest", 66) + padded("bytes", 10) + padded("type", 18) +
                                   padded("age", 12) + "fresh for"));
    std::size_t count = 0;
    store_->visit([&](const SegmentStore::StoredEntry& entry) {
      if (count == request_.limit) return false;
      const WallTime now = clock_.now();
      ++count;
      terminal_.print(padded(entry.metadata.key.to_hex(), 66) +
                      padded(std::to_string(entry.body_size), 10) + padded(entry.content_type, 18) +
                      padded(seconds_text(now - entry.metadata.created), 12) +
                      seconds_text(entry.metadata.fresh_until - now));
      return true;
    });
    const auto items = static_cast<std::size_t>(store_->stats().items);
    if (items > count)
      terminal_.print("… and " + std::to_string(items - count) + " more; --limit shows them");
    return 0;
  }

  [[nodiscard]] int get() const {
    const std::optional<CacheKey> wanted = key();
    if (!wanted) return 2;
    const Result<std::optional<Entry>> entry = store_->find(*wanted);
    if (!entry) return refuse(entry.error().message());
    if (!entry->has_value())
      return refuse("no entry with this digest is in " + request_.directory.string());
    const std::string_view body = (*entry)->body();
    if (request_.output.empty()) {
      return std::fwrite(body.data(), 1, body.size(), stdout) == body.size() ? 0 : 1;
    }
    std::ofstream file(request_.output, std::ios::binary);
    file.write(body.data(), static_cast<std::streamsize>(body.size()));
    if (!file.flush()) return refuse("cannot write " + request_.output.string());
    terminal_.print("wrote " + std::to_string(body.size()) + " bytes of " +
                    std::string((*entry)->content_type()) + " to " + request_.output.string());
    return 0;
  }

  int purge() {
    if (request_.digest.empty()) {
      const std::int64_t items = store_->stats().items;
      const Result<void> cleared = store_->clear(store_->epoch() + 1);
      if (!cleared) return refuse(cleared.error().message());
      terminal_.print("forgot " + std::to_string(items) + " entries");
      return 0;
    }
    const std::optional<CacheKey> wanted = key();
    if (!wanted) return 2;
    const Result<bool> erased = store_->erase(*wanted);
    if (!erased) return refuse(erased.error().message());
    if (!*erased) return refuse("no entry with this digest is in " + request_.directory.string());
    terminal_.print("forgot 1 entry");
    return 0;
  }

  int verify() {
    const auto repair = request_.is_repair ? SegmentStore::Repair::kYes : SegmentStore::Repair::kNo;
    const Result<SegmentStore::VerifyReport> report = store_->verify(repair);
    if (!report) return refuse(report.error().message());
    const bool is_good = report->corrupt == 0 && report->unreadable == 0 && report->damaged == 0;
    terminal_.print("good           " + std::to_string(report->entries));
    terminal_.print("corrupt        " + std::to_string(report->corrupt));
    terminal_.print("unreadable     " + std::to_string(report->unreadable));
    terminal_.print("damaged files  " + std::to_string(report->damaged));
    terminal_.print("foreign files  " + std::to_string(report->foreign_files));
    if (is_good) {
      terminal_.print(terminal_.green("every entry is as it was written"));
    } else if (request_.is_repair) {
      terminal_.print(terminal_.yellow("what was corrupt has been removed"));
    } else {
      terminal_.print(terminal_.red(
          "what is corrupt is never served; refrain cache verify --repair removes it"));
    }
    return is_good || request_.is_repair ? 0 : 1;
  }

  const CacheRequest& request_;
  const Terminal& terminal_;
  const SystemClock clock_;
  SpdlogLog log_;
  std::unique_ptr<SegmentStore> store_;
};

}  // namespace

int run_cache_command(const CacheRequest& request, const Terminal& terminal) {
  return CacheCommand(request, terminal).run();
}

}  // namespace refrain::app
