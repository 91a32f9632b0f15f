/// @file
/// The disk cache beside what else keeps objects on a disk, in one run: a table in Markdown.
///
/// usage: disk_peers [--quick] [--objects 20000] [--rounds 3] [--peers refrain,lmdb]
///
/// TMPDIR says on which disk. Peers that were not there when this was built are named below the
/// table: `tools/install_dependencies bench`. Python-diskcache itself is measured with the same
/// sizes by bench/peers/diskcache_row.py.
///
/// What the columns are:
///   - insert/s: all objects one after the other, and the closing;
///   - insert/s, fsync each: each insert reaches the medium before the next;
///   - warm get: random look-ups of files that lie in the page cache, by one thread; get/s also by
///     two threads together, each with its own reader;
///   - cold get: look-ups of distinct objects after the page cache was emptied, as root the whole
///     machine's (names and inodes too), else of the files;
///   - reopen: opening the directory again, files in the page cache;
///   - disk / payload: blocks that the files take, after closing, by the bytes of the objects.
///
/// In each round every peer does all of that in a fresh directory, and another peer begins, so that
/// a drift of the machine touches them alike. Figures are medians over rounds.

#include "disk/disk_objects.h"
#include "disk/figures.h"
#include "disk/page_cache.h"
#include "disk/peers/disk_peer.h"
#include "disk/peers/files_peer.h"
#include "disk/peers/refrain_peer.h"
#include "disk/peers/segment_peer.h"
#ifdef REFRAIN_BENCH_LMDB
#include "disk/peers/lmdb_peer.h"
#endif
#ifdef REFRAIN_BENCH_ROCKSDB
#include "disk/peers/rocksdb_peer.h"
#endif
#ifdef REFRAIN_BENCH_SQLITE
#include "disk/peers/files_sqlite_peer.h"
#endif
#include "support/temp_dir.h"

#include <CLI/CLI.hpp>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <future>
#include <iterator>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace refrain::bench {
namespace {

struct Settings {
  std::size_t objects = 20'000;
  std::size_t durable_inserts = 1500;
  std::size_t cold_gets = 1500;
  std::size_t rounds = 3;
  Eviction eviction = widest_eviction();
  std::vector<std::string> peers;  // all, if it is empty
};

struct PeerKind {
  std::string_view name;
  std::unique_ptr<DiskPeer> (*open)(const std::filesystem::path& directory, Sync sync);
};

template <class Peer>
std::unique_ptr<DiskPeer> open(const std::filesystem::path& directory, Sync sync) {
  return std::make_unique<Peer>(directory, sync);
}

constexpr std::array kPeers{
    PeerKind{"refrain", open<RefrainPeer>},
    PeerKind{"segment", open<SegmentPeer>},
    PeerKind{"files", open<FilesPeer>},
#ifdef REFRAIN_BENCH_SQLITE
    PeerKind{"files+sqlite", open<FilesSqlitePeer>},
#endif
#ifdef REFRAIN_BENCH_LMDB
    PeerKind{"lmdb", open<LmdbPeer>},
#endif
#ifdef REFRAIN_BENCH_ROCKSDB
    PeerKind{"rocksdb", open<RocksdbPeer>},
#endif
};

std::string absent_peers() {
  std::string names;
#ifndef REFRAIN_BENCH_SQLITE
  names += " files+sqlite";
#endif
#ifndef REFRAIN_BENCH_LMDB
  names += " lmdb";
#endif
#ifndef REFRAIN_BENCH_ROCKSDB
  names += " rocksdb";
#endif
  return names;
}

/// The table's columns.
enum Figure : std::uint8_t {
  kInserts,
  kDurableInserts,
  kWarmMedian,
  kWarmTail,
  kWarmGets,
  kWarmGetsOfTwo,
  kColdMedian,
  kColdTail,
  kReopen,
  kSpace,
  kFigures,
};
constexpr std::array<std::string_view, kFigures> kHeadings{
    "insert/s",
    "insert/s, fsync each",
    "warm get p50 µs",
    "p99 µs",
    "get/s",
    "get/s, 2 threads",
    "cold get p50 µs",
    "p99 µs",
    "reopen ms",
    "disk / payload",
};
using Figures = std::array<double, kFigures>;

void insert_first(DiskPeer& peer, const DiskObjects& objects, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    peer.insert(DiskObjects::key(i), objects.body(i));
}

/// Looks up the objects of these numbers and returns how many microseconds each took.
std::vector<double> get(DiskPeer& peer,
                        const DiskObjects& objects,
                        std::span<const std::size_t> numbers) {
  constexpr std::size_t kCompared = 64;  // of the bytes, so that comparing them costs little
  const std::unique_ptr<DiskReader> reader = peer.reader();
  std::vector<double> times;
  times.reserve(numbers.size());
  for (const std::size_t i : numbers) {
    const CacheKey key = DiskObjects::key(i);
    const Stopwatch watch;
    const std::optional<std::string_view> found = reader->find(key);
    times.push_back(watch.microseconds());
    const std::string_view wanted = objects.body(i);
    if (!found || found->size() != wanted.size() ||
        !found->starts_with(wanted.substr(0, kCompared)))
      throw std::runtime_error("an object is missing or is another");
  }
  return times;
}

double blocks_in_bytes(const std::filesystem::path& directory) {
  constexpr double kBlock = 512;  // whatever the file system's are
  double sum = 0;
  for (const auto& item : std::filesystem::recursive_directory_iterator(directory)) {
    struct stat status{};
    require(::lstat(item.path().c_str(), &status) == 0, "look at a file");
    sum += static_cast<double>(status.st_blocks) * kBlock;
  }
  return sum;
}

/// All that one peer does in one round, in a directory of its own.
class Turn {
public:
  Turn(const PeerKind& kind, const DiskObjects& objects, const Settings& settings, unsigned round)
      : kind_(kind),
        objects_(objects),
        settings_(settings),
        random_(round) {
    figures_.fill(kNotMeasured);
  }

  Figures run() {
    insert();
    get_warm();
    get_cold();
    insert_durably();
    return figures_;
  }

private:
  [[nodiscard]] std::unique_ptr<DiskPeer> reopen() const {
    return kind_.open(directory_.path(), Sync::kNever);
  }

  void insert() {
    write_out(directory_.path());  // what others left to do
    const Stopwatch watch;
    insert_first(*reopen(), objects_, objects_.size());
    figures_[kInserts] = static_cast<double>(objects_.size()) / watch.seconds();
    write_out(directory_.path());
    figures_[kSpace] =
        blocks_in_bytes(directory_.path()) / static_cast<double>(objects_.payload_bytes());
  }

  void get_warm() {
    const Stopwatch opening;
    const std::unique_ptr<DiskPeer> peer = reopen();
    figures_[kReopen] = opening.seconds() * 1e3;
    get(*peer, objects_, distinct(objects_.size()));  // maps pages, fills caches
    const std::vector<std::size_t> numbers = any(objects_.size());
    const Stopwatch watch;
    const std::vector<double> times = get(*peer, objects_, numbers);
    figures_[kWarmGets] = static_cast<double>(times.size()) / watch.seconds();
    figures_[kWarmMedian] = percentile(times, 0.5);
    figures_[kWarmTail] = percentile(times, 0.99);
    figures_[kWarmGetsOfTwo] = gets_of_two(*peer);
  }

  double gets_of_two(DiskPeer& peer) {
    const std::vector<std::size_t> mine = any(objects_.size());
    const std::vector<std::size_t> others = any(objects_.size());
    const Stopwatch watch;
    auto other = std::async(std::launch::async, [&] { get(peer, objects_, others); });
    get(peer, objects_, mine);
    other.get();
    return static_cast<double>(mine.size() + others.size()) / watch.seconds();
  }

  void get_cold() {
    evict(directory_.path(), settings_.eviction);
    const std::unique_ptr<DiskPeer> peer = reopen();
    evict(directory_.path(), settings_.eviction);  // what opening has read
    const std::vector<double> times = get(*peer, objects_, distinct(settings_.cold_gets));
    figures_[kColdMedian] = percentile(times, 0.5);
    figures_[kColdTail] = percentile(times, 0.99);
  }

  void insert_durably() {
    const testing::TempDir directory;
    const std::unique_ptr<DiskPeer> peer = kind_.open(directory.path(), Sync::kEachInsert);
    if (!peer) return;
    const Stopwatch watch;
    insert_first(*peer, objects_, settings_.durable_inserts);
    figures_[kDurableInserts] = static_cast<double>(settings_.durable_inserts) / watch.seconds();
  }

  std::vector<std::size_t> any(std::size_t count) {
    std::vector<std::size_t> numbers(count);
    std::ranges::generate(numbers, [&] { return random_() % objects_.size(); });
    return numbers;
  }

  std::vector<std::size_t> distinct(std::size_t count) {
    std::vector<std::size_t> numbers(objects_.size());
    std::iota(numbers.begin(), numbers.end(), std::size_t{0});
    std::ranges::shuffle(numbers, random_);
    numbers.resize(std::min(count, numbers.size()));
    return numbers;
  }

  const PeerKind& kind_;
  const DiskObjects& objects_;
  const Settings& settings_;
  std::mt19937_64 random_;
  const testing::TempDir directory_;
  Figures figures_{};
};

void print_table(std::span<const PeerKind> kinds,
                 std::span<const std::vector<Figures>> rounds_of_peers) {
  std::printf("|");
  for (const std::string_view heading : kHeadings)
    std::printf(" | %s", std::string(heading).c_str());
  std::printf(" |\n| ---");
  for (std::size_t i = 0; i < kFigures; ++i)
    std::printf(" | --:");
  std::printf(" |\n");
  for (std::size_t peer = 0; peer < kinds.size(); ++peer) {
    std::printf("| %s", std::string(kinds[peer].name).c_str());
    for (std::size_t figure = 0; figure < kFigures; ++figure) {
      std::vector<double> of_rounds;
      for (const Figures& figures : rounds_of_peers[peer])
        of_rounds.push_back(figures[figure]);
      std::printf(" | %s", words_of(percentile(of_rounds, 0.5)).c_str());
    }
    std::printf(" |\n");
  }
  const std::string absent = absent_peers();
  if (!absent.empty()) std::printf("\nAbsent from this build:%s.\n", absent.c_str());
}

void measure(std::span<const PeerKind> kinds, const Settings& settings) {
  const DiskObjects objects(settings.objects);
  std::printf("%zu objects, %.0f MB; medians of rounds: %zu; cold: %s.\n\n",
              objects.size(),
              static_cast<double>(objects.payload_bytes()) / 1e6,
              settings.rounds,
              settings.eviction == Eviction::kMachine
                  ? "the machine's caches dropped, names and inodes too"
                  : "the files' pages dropped, names and inodes not");
  std::vector<std::vector<Figures>> figures(kinds.size());
  for (std::size_t round = 0; round < settings.rounds; ++round) {
    for (std::size_t turn = 0; turn < kinds.size(); ++turn) {
      const std::size_t peer = (round + turn) % kinds.size();
      figures[peer].push_back(
          Turn(kinds[peer], objects, settings, static_cast<unsigned>(round)).run());
      std::fprintf(stderr, "round %zu: %s\n", round + 1, std::string(kinds[peer].name).c_str());
    }
  }
  print_table(kinds, figures);
}

int run(int argc, char** argv) {
  Settings settings;
  bool is_quick = false;
  CLI::App options("The disk cache beside other ways to keep objects on a disk.");
  options.add_flag("--quick", is_quick, "Whether it runs at all: few objects, one round.");
  options.add_option("--objects", settings.objects)->check(CLI::PositiveNumber);
  options.add_option("--rounds", settings.rounds)->check(CLI::PositiveNumber);
  options.add_option("--peers", settings.peers)->delimiter(',');
  CLI11_PARSE(options, argc, argv);
  if (is_quick) {
    settings.objects = 300;
    settings.durable_inserts = 30;
    settings.cold_gets = 100;
    settings.rounds = 1;
    settings.eviction = Eviction::kFiles;
  }
  settings.durable_inserts = std::min(settings.durable_inserts, settings.objects);
  std::vector<PeerKind> kinds;
  std::ranges::copy_if(kPeers, std::back_inserter(kinds), [&](const PeerKind& kind) {
    return settings.peers.empty() || std::ranges::count(settings.peers, kind.name) > 0;
  });
  if (kinds.empty() || (!settings.peers.empty() && kinds.size() != settings.peers.size()))
    throw std::runtime_error("--peers names one that is not in this build");
  measure(kinds, settings);
  return 0;
}

}  // namespace
}  // namespace refrain::bench

int main(int argc, char** argv) {
  try {
    return refrain::bench::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "disk_peers: %s\n", error.what());
    return 1;
  }
}
