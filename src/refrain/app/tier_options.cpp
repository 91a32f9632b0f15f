#include "refrain/app/option_groups.h"
#include "refrain/app/option_kinds.h"
#include "refrain/memory/policy/policy_kind.h"

#include <string>

namespace refrain::app {
namespace {

// The store's own files and one sticker of some size.
constexpr std::int64_t kSmallestDisk = 65'536;

std::vector<std::string> all_policies() {
  std::vector<std::string> names;
  names.reserve(kPolicyKinds.size());
  for (const PolicyKind kind : kPolicyKinds)
    names.emplace_back(name_of(kind));
  return names;
}

void add_text_tiers(std::vector<Option>& all) {
  all.push_back(
      text({"text-order",
            "REFRAIN_TEXT_ORDER",
            "text.order",
            "",
            "redis: memory when Redis is away; near: memory first, while Redis tells of changes."},
           REFRAIN_MEMBER(text_order),
           {"redis", "near"}));
  all.push_back(number({"text-memory-items",
                        "REFRAIN_TEXT_MEMORY_ITEMS",
                        "text.memory_items",
                        "",
                        "Predictions kept in memory; 0 switches the tier off."},
                       REFRAIN_MEMBER(text_memory_items),
                       {0, std::int64_t{1} << 31U}));
  all.push_back(bytes({"text-memory-bytes",
                       "REFRAIN_TEXT_MEMORY_BYTES",
                       "text.memory_bytes",
                       "bytes",
                       "Memory for predictions; 0 switches the tier off."},
                      REFRAIN_MEMBER(text_memory_bytes)));
  all.push_back(number({"text-memory-ttl",
                        "REFRAIN_TEXT_MEMORY_TTL",
                        "text.memory_ttl",
                        "seconds",
                        "Life of a prediction in memory."},
                       REFRAIN_MEMBER(text_memory_ttl),
                       {1, kAnySeconds}));
  all.push_back(text({"text-memory-policy",
                      "REFRAIN_TEXT_MEMORY_POLICY",
                      "text.memory_policy",
                      "",
                      "What full memory gives up first: lru, s3fifo, tinylfu, cost or adaptive."},
                     REFRAIN_MEMBER(text_memory_policy),
                     all_policies()));
}

void add_sticker_tiers(std::vector<Option>& all) {
  all.push_back(number({"sticker-memory-items",
                        "REFRAIN_STICKER_MEMORY_ITEMS",
                        "sticker.memory_items",
                        "",
                        "Stickers kept in memory; 0 switches the tier off."},
                       REFRAIN_MEMBER(sticker_memory_items),
                       {0, std::int64_t{1} << 31U}));
  all.push_back(bytes({"sticker-memory-bytes",
                       "REFRAIN_STICKER_MEMORY_BYTES",
                       "sticker.memory_bytes",
                       "bytes",
                       "Memory for stickers; 0 switches the tier off."},
                      REFRAIN_MEMBER(sticker_memory_bytes)));
  all.push_back(number({"sticker-memory-ttl",
                        "REFRAIN_STICKER_MEMORY_TTL",
                        "sticker.memory_ttl",
                        "seconds",
                        "Life of a sticker in memory."},
                       REFRAIN_MEMBER(sticker_memory_ttl),
                       {1, kAnySeconds}));
  all.push_back(text({"sticker-memory-policy",
                      "REFRAIN_STICKER_MEMORY_POLICY",
                      "sticker.memory_policy",
                      "",
                      "What full memory gives up first: lru, s3fifo, tinylfu, cost or adaptive."},
                     REFRAIN_MEMBER(sticker_memory_policy),
                     all_policies()));
  all.push_back(on_off({"sticker-redis",
                        "REFRAIN_STICKER_REDIS",
                        "sticker.redis",
                        "",
                        "Redis as the sticker service's third tier."},
                       REFRAIN_MEMBER(has_sticker_redis)));
}

void add_disk(std::vector<Option>& all) {
  all.push_back(
      on_off({"disk", "REFRAIN_DISK", "disk.enabled", "", "The sticker service's disk cache."},
             REFRAIN_MEMBER(has_disk)));
  all.push_back(text({"disk-dir",
                      "REFRAIN_DISK_DIR",
                      "disk.directory",
                      "",
                      "The disk cache's directory; made if it is missing."},
                     REFRAIN_MEMBER(disk_directory)));
  all.push_back(bytes_or_none({"disk-bytes",
                               "REFRAIN_DISK_BYTES",
                               "disk.bytes",
                               "bytes",
                               "Disk space for stickers, all files in whole blocks; 0 switches the "
                               "tier off."},
                              REFRAIN_MEMBER(disk_bytes),
                              kSmallestDisk));
  all.push_back(number({"disk-ttl",
                        "REFRAIN_DISK_TTL",
                        "disk.ttl",
                        "seconds",
                        "Life of a sticker on disk, and how long it is fresh."},
                       REFRAIN_MEMBER(disk_ttl),
                       {1, kAnySeconds}));
  all.push_back(
      text({"disk-durability",
            "REFRAIN_DISK_DURABILITY",
            "disk.durability",
            "",
            "What is certain to outlive a loss of power. none: what the system has written "
            "out by then;\n"
            "interval: what was written before the last cleanup-interval; always: all that "
            "was written."},
           REFRAIN_MEMBER(disk_durability),
           {"none", "interval", "always"}));
}

void add_disk_traffic(std::vector<Option>& all) {
  all.push_back(
      text({"disk-transfer",
            "REFRAIN_DISK_TRANSFER",
            "disk.transfer",
            "",
            "sendfile: a body goes from its file straight to the socket once it was found "
            "good;\n"
            "copy: by way of memory, checked each time."},
           REFRAIN_MEMBER(disk_transfer),
           {"sendfile", "copy"}));
  all.push_back(bytes({"disk-free-floor",
                       "REFRAIN_DISK_FREE_FLOOR",
                       "disk.free_floor",
                       "bytes",
                       "Room left on the file system: below it the oldest stickers go."},
                      REFRAIN_MEMBER(disk_free_floor)));
  all.push_back(number({"disk-threads",
                        "REFRAIN_DISK_THREADS",
                        "disk.threads",
                        "",
                        "Threads that wait for the disk; more: more reads at once."},
                       REFRAIN_MEMBER(disk_threads),
                       {1, 1024}));
  all.push_back(number({"disk-read-budget",
                        "REFRAIN_DISK_READ_BUDGET",
                        "disk.read_budget",
                        "milliseconds",
                        "The longest that a request waits for the disk."},
                       REFRAIN_MEMBER(disk_read_budget),
                       {1, 60'000}));
  all.push_back(bytes({"disk-queue-bytes",
                       "REFRAIN_DISK_QUEUE_BYTES",
                       "disk.queue_bytes",
                       "bytes",
                       "Stickers that wait to be written; more are not kept on disk."},
                      REFRAIN_MEMBER(disk_queue_bytes),
                      {kSmallestDisk, std::int64_t{1} << 40U}));
}

}  // namespace

void add_tier_options(std::vector<Option>& all) {
  add_text_tiers(all);
  add_sticker_tiers(all);
  add_disk(all);
  add_disk_traffic(all);
}

}  // namespace refrain::app
