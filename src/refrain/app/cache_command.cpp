#include "refrain/app/cache_command.h"

#include "refrain/app/cache_directory.h"
#include "refrain/app/cache_status.h"
#include "refrain/app/cache_verify.h"
#include "refrain/app/spdlog_log.h"
#include "refrain/app/stored_digest.h"
#include "refrain/core/clock.h"
#include "refrain/disk/segment_store.h"

#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace refrain::app {
namespace {

// The limits are the service's business: nothing is to be evicted or to expire because of us.
constexpr std::int64_t kAnySize = std::int64_t{1} << 45U;
constexpr std::chrono::hours kAnyTtl{24 * 365};

/// One open store and the action on it.
class CacheCommand {
public:
  CacheCommand(const CacheRequest& request, const Terminal& terminal)
      : request_(request),
        terminal_(terminal),
        // `verify` lists by itself what the log would say of damage.
        log_(request.action == CacheAction::kVerify ? "error" : "warning", "text") {}

  int run() {
    std::error_code error;
    if (!std::filesystem::is_directory(request_.directory, error)) {
      return refuse(request_.directory.string() +
                    " is not a directory; give the cache's with --dir");
    }
    const Result<CacheDirectory> directory = CacheDirectory::open(request_.directory);
    if (!directory) return refuse(directory.error().message());
    const std::optional<SnapshotHeader> snapshot = directory->snapshot();
    SegmentStore::Options options;
    options.directory = request_.directory;
    options.max_size_bytes = kAnySize;
    // That of the service, if it is known: it would not take an index that was made with another.
    options.ttl = snapshot ? snapshot->ttl : kAnyTtl;
    options.mode = changes() ? OpenMode::kOwner : OpenMode::kReadOnly;
    options.reporter = corruptions_;
    Result<std::unique_ptr<SegmentStore>> store = SegmentStore::open(options, clock_, log_);
    if (!store) return refuse(store.error().message() + advice(store.error().code()));
    store_ = std::move(*store);
    switch (request_.action) {
      case CacheAction::kStatus:
        return status(*directory);
      case CacheAction::kList:
        list_cache(*store_, request_.list, clock_.now(), terminal_);
        return 0;
      case CacheAction::kGet:
        return get();
      case CacheAction::kPurge:
        return request_.digest.empty() ? purge_all() : purge_one();
      case CacheAction::kVerify:
        return verify_cache(
            *store_,
            *corruptions_,
            request_.is_repair ? SegmentStore::Repair::kYes : SegmentStore::Repair::kNo,
            request_.is_json ? VerifyOutput::kJson : VerifyOutput::kText,
            terminal_);
    }
    return 1;
  }

private:
  [[nodiscard]] bool changes() const {
    return request_.action == CacheAction::kPurge ||
           (request_.action == CacheAction::kVerify && request_.is_repair);
  }

  /// What to do about a store that cannot be opened.
  [[nodiscard]] std::string advice(ErrorCode code) const {
    if (code == ErrorCode::kUnavailable && request_.action == CacheAction::kPurge)
      return "; stop that first, or ask a running service: DELETE /v1/cache or /v1/cache/<digest>";
    if (code == ErrorCode::kUnavailable && changes())
      return "; stop that first, or look without --repair";
    if (code == ErrorCode::kUnprocessable && !changes())
      return "; use the program that wrote it, or another directory with --dir";
    return {};
  }

  [[nodiscard]] int refuse(const std::string& message) const {
    terminal_.complain(message);
    return 1;
  }

  /// The key that the digest stands for; complains and sets the exit code if there is none.
  [[nodiscard]] std::optional<CacheKey> wanted_key(int& exit_code) const {
    const Result<CacheKey> key = find_digest(*store_, request_.digest);
    if (key) return *key;
    terminal_.complain(key.error().message());
    exit_code = key.error().code() == ErrorCode::kInvalidArgument ? 2 : 1;
    return std::nullopt;
  }

  [[nodiscard]] int refuse_absent() const {
    return refuse("no entry with this digest is in " + request_.directory.string() +
                  "; refrain cache list shows what is");
  }

  [[nodiscard]] int status(const CacheDirectory& directory) const {
    CacheStatus status;
    status.directory = request_.directory;
    status.format_version = directory.format_version();
    status.owner = directory.owner();
    status.free_bytes = directory.free_bytes();
    if (const std::optional<SnapshotHeader> snapshot = directory.snapshot())
      status.snapshot = {snapshot->written, snapshot->entries};
    status.epoch = store_->epoch();
    status.store = store_->stats();
    if (request_.is_json) {
      terminal_.print(to_json(status));
      return 0;
    }
    for (const std::string& line : to_lines(status))
      terminal_.print(line);
    return 0;
  }

  [[nodiscard]] int get() const {
    int exit_code = 0;
    const std::optional<CacheKey> wanted = wanted_key(exit_code);
    if (!wanted) return exit_code;
    const Result<std::optional<Entry>> entry = store_->find(*wanted);
    if (!entry) return refuse(entry.error().message());
    if (!entry->has_value()) return refuse_absent();
    const std::string_view body = (*entry)->body();
    if (request_.output.empty()) {
      const bool is_written = std::fwrite(body.data(), 1, body.size(), stdout) == body.size() &&
                              std::fflush(stdout) == 0;
      return is_written ? 0 : refuse("cannot write to standard output");
    }
    std::ofstream file(request_.output, std::ios::binary);
    file.write(body.data(), static_cast<std::streamsize>(body.size()));
    if (!file.flush()) return refuse("cannot write " + request_.output.string());
    terminal_.print("wrote " + std::to_string(body.size()) + " bytes of " +
                    std::string((*entry)->content_type()) + " to " + request_.output.string());
    return 0;
  }

  int purge_all() {
    const std::int64_t items = store_->stats().items;
    const Result<void> cleared = store_->clear(store_->epoch() + 1);
    if (!cleared) return refuse(cleared.error().message());
    terminal_.print("forgot " + std::to_string(items) + (items == 1 ? " entry" : " entries"));
    return 0;
  }

  int purge_one() {
    int exit_code = 0;
    const std::optional<CacheKey> wanted = wanted_key(exit_code);
    if (!wanted) return exit_code;
    const Result<bool> erased = store_->erase(*wanted);
    if (!erased) return refuse(erased.error().message());
    if (!*erased) return refuse_absent();
    terminal_.print("forgot 1 entry");
    return 0;
  }

  const CacheRequest& request_;
  const Terminal& terminal_;
  const SystemClock clock_;
  SpdlogLog log_;
  const std::shared_ptr<CorruptionList> corruptions_ = std::make_shared<CorruptionList>();
  std::unique_ptr<SegmentStore> store_;
};

}  // namespace

int run_cache_command(const CacheRequest& request, const Terminal& terminal) {
  return CacheCommand(request, terminal).run();
}

}  // namespace refrain::app
