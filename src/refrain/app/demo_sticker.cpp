#include "refrain/app/demo_sticker.h"

#include "refrain/app/cache_stack.h"
#include "refrain/app/demo_report.h"
#include "refrain/app/demo_runner.h"
#include "refrain/app/models.h"
#include "refrain/app/spdlog_log.h"
#include "refrain/app/start_error.h"
#include "refrain/core/clock.h"
#include "refrain/core/hex.h"
#include "refrain/services/sticker/cached_sticker_generator.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace refrain::app {
namespace {

constexpr std::array<const char*, 4> kPrompts{"happy cat",
                                              "sleepy blue bear",
                                              "thank you so much",
                                              "party time"};
constexpr const char* kPictureFolder = "demo_stickers";

std::string file_name(std::string_view prompt) {
  std::string name;
  for (const char c : prompt)
    name.push_back(c == ' ' ? '_' : c);
  return name + ".png";
}

class StickerDemo {
public:
  StickerDemo(Settings settings, const Terminal& terminal)
      : settings_(std::move(settings)),
        report_(terminal),
        log_("error", "text"),
        runner_(terminal),
        surroundings_(runner_.loops().contexts(), runner_.pool(), clock_, log_),
        tenant_("demo-" +
                to_hex((std::uint64_t{std::random_device()()} << 32U) | std::random_device()())) {}

  int run() {
    report_.title("Stickers: [memory, disk] in front of a slow generator");
    Result<std::unique_ptr<StickerGenerator>> generator =
        make_sticker_generator(settings_, runner_.pool());
    if (!generator) {
      report_.check(false, generator.error().message());
      return report_.finish();
    }
    generator_ = std::move(*generator);
    if (open_caches(settings_)) {
      show_generation();
      show_memory();
      show_disk();
      show_no_cache();
    }
    runner_.stop();
    return std::max(report_.finish(), exit_code_);
  }

private:
  bool open_caches(const Settings& settings) {
    cached_.reset();
    caches_.reset();
    Result<std::unique_ptr<CacheStack>> caches = CacheStack::for_stickers(settings, surroundings_);
    if (!caches) {
      exit_code_ = exit_code_of(caches.error());
      return report_.check(false, with_option(caches.error()).message());
    }
    caches_ = std::move(*caches);
    cached_ = std::make_unique<CachedStickerGenerator>(*generator_, caches_->cache());
    return true;
  }

  TimedAnswer ask(std::string_view prompt) {
    const StickerQuery query(StickerRequest{std::string(prompt)}, "");
    return runner_.ask(
        caches_->cache(),
        cached_->key(query, tenant_),
        [this, &query](TieredCache::Probe probe) {
          return cached_->generate(std::move(probe), query);
        },
        "drawing “" + std::string(prompt) + "”");
  }

  void show_generation() {
    report_.step("Several prompts, for the first time");
    std::error_code error;
    std::filesystem::create_directories(kPictureFolder, error);
    for (const char* prompt : kPrompts) {
      first_.push_back(ask(prompt));
      const TimedAnswer& made = first_.back();
      report_.check(made.is_generated(),
                    "“" + std::string(prompt) + "”  drawn in " + duration_text(made.duration));
      if (!made.answer) continue;
      const std::filesystem::path path = std::filesystem::path(kPictureFolder) / file_name(prompt);
      const std::string_view bytes = made.answer->entry().body();
      std::ofstream file(path, std::ios::binary);
      file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
      report_.check(static_cast<bool>(file.flush()),
                    "saved as " + path.string() + ", " + std::to_string(bytes.size()) + " bytes");
    }
  }

  /// Asks for every prompt again and checks that `tier` has it, byte for byte.
  void show_hits(std::string_view tier) {
    for (std::size_t i = 0; i < kPrompts.size(); ++i) {
      const TimedAnswer again = ask(kPrompts[i]);
      const bool is_equal = again.answer && first_[i].answer &&
                            again.answer->entry().body() == first_[i].answer->entry().body();
      report_.check(again.came_from(tier) && is_equal,
                    "“" + std::string(kPrompts[i]) + "”  from " + std::string(tier) + " in " +
                        duration_text(again.duration) + ", " +
                        speedup_text(first_[i].duration, again.duration) + ", the same bytes");
    }
  }

  void show_memory() {
    if (settings_.sticker_memory_items == 0 || settings_.sticker_memory_bytes == 0) {
      report_.note("the memory cache is switched off");
      return;
    }
    report_.step("The same prompts again: memory has them");
    show_hits("memory");
    show_statistics();
  }

  void show_disk() {
    if (caches_->disk() == nullptr) {
      report_.note("the disk cache is switched off");
      return;
    }
    report_.step("After a restart, memory is empty: the disk has them");
    if (!open_caches(settings_)) return;
    if (!report_.check(caches_->disk()->is_available(),
                       "the disk cache in " + settings_.disk_directory.string() + " is open"))
      return;
    show_hits("disk");
    show_statistics();
  }

  void show_no_cache() {
    report_.step("Without any cache, the generator answers every time");
    Settings without = settings_;
    without.sticker_memory_items = 0;
    without.has_disk = false;
    if (!open_caches(without)) return;
    const TimedAnswer once = ask(kPrompts[0]);
    const TimedAnswer twice = ask(kPrompts[0]);
    report_.check(once.is_generated() && twice.is_generated(),
                  "“" + std::string(kPrompts[0]) + "”  drawn in " + duration_text(once.duration) +
                      ", and again in " + duration_text(twice.duration));
    const bool is_equal =
        once.answer && twice.answer && once.answer->entry().body() == twice.answer->entry().body();
    report_.check(is_equal, "equal requests give equal pictures all the same");
  }

  void show_statistics() {
    // Not to show a disk that has not been written to yet.
    if (caches_->disk() != nullptr) caches_->disk()->flush();
    const CacheStats stats = caches_->cache().stats();
    report_.check(stats.requests.error == 0 &&
                      stats.requests.hit == static_cast<std::int64_t>(kPrompts.size()),
                  std::to_string(stats.requests.total()) +
                      " requests: " + std::to_string(stats.requests.hit) + " hits, " +
                      std::to_string(stats.requests.miss) + " misses; the cache saved " +
                      duration_text(stats.generation.saved));
    for (const TierStats& tier : stats.tiers) {
      report_.note(tier.name + ": " + std::to_string(tier.items) + " entries, " +
                   std::to_string(tier.size_bytes) + " bytes, " + std::to_string(tier.hits) +
                   " hits, " + std::to_string(tier.misses) + " misses");
    }
  }

  Settings settings_;
  DemoReport report_;
  const SystemClock clock_;
  SpdlogLog log_;
  DemoRunner runner_;
  CacheSurroundings surroundings_;
  const std::string tenant_;  // new at each run, so that the first request is a miss every time
  std::unique_ptr<StickerGenerator> generator_;
  std::unique_ptr<CacheStack> caches_;
  int exit_code_ = 0;  // of caches that cannot be had
  std::unique_ptr<CachedStickerGenerator> cached_;
  std::vector<TimedAnswer> first_;
};

}  // namespace

int demo_sticker(const Settings& settings, const Terminal& terminal) {
  return StickerDemo(settings, terminal).run();
}

}  // namespace refrain::app
