#include "refrain/app/cache_list.h"

#include "refrain/app/time_text.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <vector>

namespace refrain::app {
namespace {

using StoredEntry = SegmentStore::StoredEntry;

// So much is printed at once: a million entries are no million system calls.
constexpr std::size_t kBlockBytes = 65'536;

constexpr int kDigestWidth = 66;
constexpr int kBytesWidth = 10;
constexpr int kTypeWidth = 12;
constexpr int kTimeWidth = 12;
constexpr int kReadsWidth = 8;

double seconds(std::chrono::microseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

std::string cell(std::string text, int width) {
  text.resize(std::max<std::size_t>(static_cast<std::size_t>(width), text.size() + 1), ' ');
  return text;
}

std::string table_head() {
  return cell("digest", kDigestWidth) + cell("bytes", kBytesWidth) + cell("type", kTypeWidth) +
         cell("age", kTimeWidth) + cell("expires in", kTimeWidth) + cell("last read", kTimeWidth) +
         cell("reads", kReadsWidth) + "cost";
}

std::string table_line(const StoredEntry& entry, WallTime now) {
  const std::string last_read =
      entry.last_read ? rough_duration(std::max(now - *entry.last_read, {})) + " ago" : "never";
  std::array<char, 32> cost{};
  std::snprintf(cost.data(), cost.size(), "%.2f s", seconds(entry.metadata.cost));
  return cell(entry.metadata.key.to_hex(), kDigestWidth) +
         cell(std::to_string(entry.body_size), kBytesWidth) + cell(entry.content_type, kTypeWidth) +
         cell(rough_duration(now - entry.metadata.created), kTimeWidth) +
         cell(rough_duration(entry.resident_until - now), kTimeWidth) +
         cell(last_read, kTimeWidth) + cell(std::to_string(entry.reads), kReadsWidth) + cost.data();
}

std::string json_line(const StoredEntry& entry) {
  boost::json::object json;
  json["digest"] = entry.metadata.key.to_hex();
  json["content_type"] = entry.content_type;
  json["size_bytes"] = entry.body_size;
  json["created"] = rfc3339(entry.metadata.created);
  json["fresh_until"] = rfc3339(entry.metadata.fresh_until);
  json["usable_until"] = rfc3339(entry.metadata.usable_until);
  json["expires"] = rfc3339(entry.resident_until);
  json["inserted"] = rfc3339(entry.inserted);
  json["last_read"] = nullptr;
  if (entry.last_read) json["last_read"] = rfc3339(*entry.last_read);
  json["reads"] = entry.reads;
  json["cost_seconds"] = seconds(entry.metadata.cost);
  return boost::json::serialize(json);
}

bool matches(const StoredEntry& entry, const CacheListQuery& query, WallTime now) {
  const std::int64_t size = entry.body_size;
  if (!query.content_type.empty() && entry.content_type != query.content_type) return false;
  if (size < query.min_bytes || size > query.max_bytes) return false;
  if (query.is_unread && entry.reads > 0) return false;
  return !query.is_stale || entry.metadata.fresh_until <= now;
}

/// The number that an order looks at.
std::int64_t rank(const StoredEntry& entry, CacheListOrder order) {
  switch (order) {
    case CacheListOrder::kCreated:
      return entry.metadata.created.time_since_epoch().count();
    case CacheListOrder::kExpires:
      return entry.resident_until.time_since_epoch().count();
    case CacheListOrder::kLastRead:
      return entry.last_read.value_or(WallTime::min()).time_since_epoch().count();
    case CacheListOrder::kReads:
      return static_cast<std::int64_t>(entry.reads);
    case CacheListOrder::kSize:
      return entry.body_size;
    case CacheListOrder::kCost:
      return entry.metadata.cost.count();
    case CacheListOrder::kWritten:
      break;
  }
  return 0;
}

/// Prints lines in large pieces.
class LinePrinter {
public:
  explicit LinePrinter(const Terminal& terminal) : terminal_(terminal) {}
  LinePrinter(const LinePrinter&) = delete;
  LinePrinter& operator=(const LinePrinter&) = delete;
  ~LinePrinter() { flush(); }

  void print(const std::string& line) {
    if (!block_.empty()) block_ += '\n';
    block_ += line;
    if (block_.size() >= kBlockBytes) flush();
  }

  void flush() {
    if (!block_.empty()) terminal_.print(block_);
    block_.clear();
  }

private:
  const Terminal& terminal_;
  std::string block_;
};

/// The best entries of those that were seen, by an order; equal ones as they were written.
class Ranking {
public:
  explicit Ranking(const CacheListQuery& query) : query_(query) {}

  void add(const StoredEntry& entry) {
    ranked_.push_back({rank(entry, query_.order), next_++, entry});
    const bool is_over = query_.limit != 0 && ranked_.size() > query_.limit;
    if (is_over && ranked_.size() - query_.limit >= std::max(query_.limit, kSlack)) keep_best();
  }

  /// Visits what is left, in its order.
  template <class Visit>
  void finish(Visit visit) {
    if (query_.limit != 0 && ranked_.size() > query_.limit) keep_best();
    std::ranges::sort(ranked_, Order{query_.is_reversed});
    for (const Ranked& one : ranked_)
      visit(one.entry);
  }

private:
  struct Ranked {
    std::int64_t rank;
    std::uint64_t number;
    StoredEntry entry;
  };

  struct Order {
    bool is_reversed;

    bool operator()(const Ranked& left, const Ranked& right) const {
      const auto a = std::pair(left.rank, left.number);
      const auto b = std::pair(right.rank, right.number);
      return is_reversed ? b < a : a < b;
    }
  };

  // Fewer too many would have to be sorted out too often.
  static constexpr std::size_t kSlack = 4096;

  void keep_best() {
    const auto end = ranked_.begin() + static_cast<std::ptrdiff_t>(query_.limit);
    std::ranges::nth_element(ranked_, end, Order{query_.is_reversed});
    ranked_.erase(end, ranked_.end());
  }

  const CacheListQuery& query_;
  std::vector<Ranked> ranked_;
  std::uint64_t next_ = 0;
};

/// One listing.
class Listing {
public:
  Listing(const CacheListQuery& query, WallTime now, const Terminal& terminal)
      : query_(query),
        now_(now),
        terminal_(terminal),
        lines_(terminal) {}

  void run(SegmentStore& store) {
    if (!query_.is_json) lines_.print(terminal_.bold(table_head()));
    if (query_.order == CacheListOrder::kWritten && !query_.is_reversed) {
      print_as_found(store);
    } else {
      print_ranked(store);
    }
    lines_.flush();
    tell_of_more();
  }

private:
  void print_as_found(SegmentStore& store) {
    store.visit([&](const StoredEntry& entry) {
      if (!matches(entry, query_, now_)) return true;
      if (query_.limit != 0 && printed_ == query_.limit) {
        // If all match, how many there are is known without looking at them.
        ++more_;
        if (is_choosy()) return true;
        more_ = std::max<std::int64_t>(store.stats().items - static_cast<std::int64_t>(printed_),
                                       more_);
        return false;
      }
      print(entry);
      return true;
    });
  }

  void print_ranked(SegmentStore& store) {
    Ranking ranking(query_);
    std::int64_t matching = 0;
    store.visit([&](const StoredEntry& entry) {
      if (!matches(entry, query_, now_)) return true;
      ++matching;
      ranking.add(entry);
      return true;
    });
    ranking.finish([this](const StoredEntry& entry) { print(entry); });
    more_ = matching - static_cast<std::int64_t>(printed_);
  }

  /// Whether some entries may not match.
  [[nodiscard]] bool is_choosy() const {
    const CacheListQuery any;
    return !query_.content_type.empty() || query_.min_bytes > any.min_bytes ||
           query_.max_bytes < any.max_bytes || query_.is_unread || query_.is_stale;
  }

  void print(const StoredEntry& entry) {
    ++printed_;
    lines_.print(query_.is_json ? json_line(entry) : table_line(entry, now_));
  }

  void tell_of_more() const {
    if (more_ <= 0) return;
    const std::string message = "… and " + std::to_string(more_) + " more; --limit 0 lists all";
    // Whatever reads the objects must not trip over it.
    if (query_.is_json) {
      terminal_.complain(message);
    } else {
      terminal_.print(message);
    }
  }

  const CacheListQuery& query_;
  const WallTime now_;
  const Terminal& terminal_;
  LinePrinter lines_;
  std::size_t printed_ = 0;
  std::int64_t more_ = 0;  // that match and were not printed
};

}  // namespace

void list_cache(SegmentStore& store,
                const CacheListQuery& query,
                WallTime now,
                const Terminal& terminal) {
  Listing(query, now, terminal).run(store);
}

}  // namespace refrain::app
