#pragma once

/// @file
/// `refrain cache list`.

#include "refrain/app/terminal.h"
#include "refrain/core/clock.h"
#include "refrain/disk/segment_store.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace refrain::app {

/// What comes first: the smallest, oldest or soonest.
enum class CacheListOrder : std::uint8_t {
  kWritten,  ///< As the entries lie on the disk.
  kCreated,
  kExpires,
  kLastRead,  ///< Never comes before everything else.
  kReads,
  kSize,
  kCost,
};

/// How orders are spelt; `kWritten` is what there is without one.
inline constexpr std::array<std::pair<std::string_view, CacheListOrder>, 6> kCacheListOrders{
    {{"created", CacheListOrder::kCreated},
     {"expires", CacheListOrder::kExpires},
     {"last-read", CacheListOrder::kLastRead},
     {"reads", CacheListOrder::kReads},
     {"size", CacheListOrder::kSize},
     {"cost", CacheListOrder::kCost}}};

/// Which entries are listed, and how.
struct CacheListQuery {
  CacheListOrder order = CacheListOrder::kWritten;
  bool is_reversed = false;
  std::size_t limit = 100;   ///< 0: all.
  std::string content_type;  ///< Empty: any.
  std::int64_t min_bytes = 0;
  std::int64_t max_bytes = std::numeric_limits<std::int64_t>::max();
  bool is_unread = false;  ///< Only what was never read.
  bool is_stale = false;   ///< Only what is not fresh any more.
  bool is_json = false;    ///< One object a line instead of a table.
};

/// Prints the entries. In the order in which they were written they are printed as they are found,
/// else once all have been seen: then no more than about twice the limit are kept in memory.
void list_cache(SegmentStore& store,
                const CacheListQuery& query,
                WallTime now,
                const Terminal& terminal);

}  // namespace refrain::app
