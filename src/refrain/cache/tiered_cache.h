#pragma once

/// @file
/// An ordered list of tiers in front of something expensive.

#include "refrain/cache/answer.h"
#include "refrain/cache/cache_counters.h"
#include "refrain/cache/cache_directives.h"
#include "refrain/cache/cache_key.h"
#include "refrain/cache/cache_stats.h"
#include "refrain/cache/epoch.h"
#include "refrain/cache/erasures.h"
#include "refrain/cache/failure_backoff.h"
#include "refrain/cache/freshness.h"
#include "refrain/cache/generation.h"
#include "refrain/cache/generation_lease.h"
#include "refrain/cache/generation_times.h"
#include "refrain/cache/single_flight.h"
#include "refrain/cache/storings.h"
#include "refrain/cache/tier.h"
#include "refrain/core/clock.h"
#include "refrain/core/log.h"
#include "refrain/core/result.h"
#include "refrain/core/task.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace refrain {

/// Finds an answer in the first tier that has a fresh one, or generates it once and stores it in
/// all.
///
/// A tier that is unavailable is skipped, and told afterwards what it missed; one that fails is
/// counted and treated as a miss, and so is one that is not done within its soft budget; none ever
/// turns a request into an error. For one key at most one flight is under way: it covers the
/// look-ups below the immediate tiers and the generation, and goes on when its callers leave. No
/// tiers at all is a valid list: then every request generates (equal concurrent ones together).
///
/// Thread safety: every member may be called from any event loop; coroutines resume on the
/// caller's. Ownership: owns its tiers; clock, epoch and log outlive it. Flights hold a reference
/// to the cache: it outlives the event loops' last turn.
class TieredCache {
public:
  struct Config {
    Freshness freshness;
    std::chrono::milliseconds generation_limit{
        60'000};                               ///< How long one request waits for a generation.
    std::size_t max_generations = 256;         ///< At once; beyond that a miss is `kUnavailable`.
    std::size_t max_entry_bytes = 16U << 20U;  ///< Larger answers are given and not stored.
    FailureBackoff::Config backoff{};
    /// Null: every instance generates for itself.
    std::shared_ptr<GenerationLease> lease;
    /// Generations are shared with other instances while the p95 of the latest is at least this,
    /// and until the first has ended. Lower: quick ones too, which costs each two round trips.
    std::chrono::milliseconds lease_after{100};
    /// How long another instance's generation is waited for before one of our own has shown how
    /// long they take.
    std::chrono::milliseconds first_patience{10'000};
  };

  /// What is known of a key without waiting, and where to go on if that is nothing.
  class Probe {
  public:
    /// The fresh, acceptable answer, already counted; or nothing, and `get_or_generate` goes on.
    [[nodiscard]] std::optional<Answer>& answer() { return answer_; }

  private:
    friend class TieredCache;
    Probe(CacheKey key, CacheDirectives directives) : key_(key), directives_(directives) {}

    CacheKey key_;
    CacheDirectives directives_;
    std::optional<Answer> answer_;
    std::optional<Answer> stale_;
    std::optional<WallTime> youngest_;  // when the youngest entry that was seen was made
    std::uint64_t landings_ = 0;
    std::size_t next_tier_ = 0;
    bool must_generate_ = false;
  };

  TieredCache(std::vector<std::unique_ptr<Tier>> tiers,
              const Config& config,
              const Clock& clock,
              Epoch& epoch,
              Log& log);
  TieredCache(const TieredCache&) = delete;
  TieredCache& operator=(const TieredCache&) = delete;
  ~TieredCache();

  /// Asks the leading tiers that can answer at once. No coroutine, no allocation: the hit path. A
  /// fresh hit fills the tiers above it that take it at once.
  /// @param place Where the body of the answer may lie. What `get_or_generate` and `find` answer
  /// when they go on from here has its body in memory, whatever was allowed.
  [[nodiscard]] Probe probe(CacheKey key,
                            const CacheDirectives& directives,
                            BodyPlace place = BodyPlace::kMemory);

  /// Goes on from a probe that had no answer: asks the other tiers, else generates once and stores.
  /// Fails with what the generator failed with, `kTimeout` past the generation limit or for an
  /// only-if-cached request that found nothing, `kUnavailable` when too many generations are
  /// running.
  Task<Result<Answer>> get_or_generate(Probe probe, Generator generate);

  /// Both steps in one.
  Task<Result<Answer>> get_or_generate(CacheKey key,
                                       CacheDirectives directives,
                                       Generator generate);

  /// Goes on from a probe that had no answer, without ever generating: the usable entry that is no
  /// older than the request accepts, or nothing. Counts one hit, stale or miss.
  Task<std::optional<Answer>> find(Probe probe);

  /// Forgets `key` in every tier, also in one that is away, so that it does not come back with it;
  /// a generation under way for it will not be stored. An error if a tier that was available failed
  /// to forget and will not make up for it.
  Task<Result<EraseOutcome>> erase(CacheKey key);

  /// Forgets everything by raising the epoch, which is part of every key, and empties the tiers.
  Task<Result<void>> clear();

  /// What a shared tier holds under `key` was changed by somebody: this instance's own tiers forget
  /// it, as far as they can at once. No request that comes after this has returned is answered with
  /// what was there before.
  void invalidate(CacheKey key);

  /// The same when it is not known what was changed.
  void invalidate_all();

  /// Empties this instance's own tiers if the epoch was raised since they last were.
  Task<void> follow_epoch();

  /// One bounded step of cleaning, in every tier. Called by the `Janitor`.
  Task<void> sweep();

  [[nodiscard]] CacheStats stats() const;
  [[nodiscard]] std::uint64_t epoch() const { return epoch_.value(); }

private:
  [[nodiscard]] bool is_acceptable(const Entry& entry,
                                   const CacheDirectives& directives,
                                   WallTime now) const;
  /// Notes what a tier had; false if the request accepts nothing so old, and the next is to be
  /// asked.
  bool note_found(Probe& probe, Entry entry, const Tier& tier) const;
  /// Asks the probe's next tier. True ends the probe: the tier answered, or must wait.
  bool ask_now(Probe& probe, BodyPlace place);
  /// Fills the tiers above the one that had the probe's answer, as far as they take it at once.
  /// @param begin Before that tier was asked.
  void fill_now(const Probe& probe, Erasures::Mark begin);

  enum class Copied : std::uint8_t {
    kYes,
    kNotWanted,  ///< The tier is away, or an erasure since `begin` would have missed the copy.
    kMustWait,   ///< The tier takes nothing at once.
  };
  Copied copy_now(const Entry& entry, std::size_t tier, Erasures::Mark begin);
  Task<Result<Answer>> answer_uncounted(Probe probe, Generator generate);
  void refresh(const Probe& probe, Executor executor, Generator generate);
  /// Whether a flight's answer is what the probe asked for, and not an older one that it refused.
  [[nodiscard]] bool satisfies(const Answer& answer, const Probe& probe) const;
  /// Whether a flight for `key` is under way, or one has landed since `landings` was read.
  [[nodiscard]] bool is_flown_past_since(std::uint64_t landings, CacheKey key) const;
  Task<Result<Answer>> join_flight(Probe probe, Generator generate);
  Task<Result<Answer>> generate_unshared(CacheKey key, Generator generate);
  Task<Result<Answer>> find_only(Probe probe);

  /// Where a look-up goes on, and what it need not find again: entries no younger than one that was
  /// seen already are of no use.
  struct Search {
    Search() = default;
    Search(std::size_t first, std::optional<WallTime> seen) : first_tier(first), youngest(seen) {}

    std::size_t first_tier = 0;
    std::optional<WallTime> youngest;
  };

  /// The first fresh entry, else the youngest stale one. A stale one on the way is served at once
  /// to those who wait for `flight`, which may be null.
  Task<std::optional<Answer>> find_from(CacheKey key,
                                        Search search,
                                        std::shared_ptr<Flight> flight);

  /// Whether a look-up, which is `flight`'s or nobody's, goes on beside a flight: that one's answer
  /// is newer.
  [[nodiscard]] bool is_beside_flight(CacheKey key, const std::shared_ptr<Flight>& flight) const;
  /// The answer that was found, which who waits for the flight has now if it is stale; nothing if
  /// it is an erasure.
  std::optional<Answer> take_news(Entry entry,
                                  std::size_t tier,
                                  const std::shared_ptr<Flight>& flight);
  /// Whether that is younger than what the search has seen; notes how young it is.
  static bool is_news(const std::optional<Entry>& entry, Search& search);

  /// A look-up in one tier, as it is known when its answer comes, perhaps late.
  struct LookUp {
    LookUp(std::size_t in_tier, CacheKey of_key, Erasures::Mark at, std::shared_ptr<Flight> of)
        : tier(in_tier),
          key(of_key),
          begin(at),
          flight(std::move(of)) {}

    std::size_t tier;
    CacheKey key;
    Erasures::Mark begin;
    std::shared_ptr<Flight> flight;  // null if it is nobody's flight
    WallTime made;                   // of what is inserted
  };

  struct Found {
    std::optional<Entry> entry;
    bool is_late = false;  // the tier has not answered yet
  };

  /// What is left of a tier's soft budget for a flight that may have waited already; nothing if
  /// there is no budget. The flight may be null.
  [[nodiscard]] static std::optional<std::chrono::milliseconds> patience_with(
      const Tier& tier,
      const std::shared_ptr<Flight>& flight);
  static void add_wait(const std::shared_ptr<Flight>& flight, std::chrono::nanoseconds wait);
  /// How long the flight waits for a first word on whose turn it is to generate.
  [[nodiscard]] std::chrono::milliseconds patience_with_lease(
      const std::shared_ptr<Flight>& flight) const;

  /// What the tier has. It is waited for within the tier's soft budget only.
  /// @param flight Those who wait for it get what comes late; null: what comes late is of no use.
  Task<Found> find_in(std::size_t tier, CacheKey key, std::shared_ptr<Flight> flight = nullptr);
  /// What comes late answers those who still wait for the flight, and fills the tiers that take it
  /// at once; nothing that was erased since it was asked for, and nothing once the flight has an
  /// outcome of its own.
  Task<void> take_late(LookUp look_up, Result<std::optional<Entry>> found);
  /// The turn to generate for a key, while what was generated in it is stored: it is released when
  /// nothing is being stored any more, so that the next one finds what there is. Used on one loop.
  class StoringTurn {
  public:
    /// @pre `hold` is not null.
    explicit StoringTurn(std::unique_ptr<GenerationLease::Hold> hold) : hold_(std::move(hold)) {}

    void begin_one() { ++unfinished_; }
    void end_one() {
      if (--unfinished_ == 0) hold_->release();
    }

  private:
    const std::unique_ptr<GenerationLease::Hold> hold_;
    int unfinished_ = 1;  // whoever generated; ended when all tiers were told
  };

  /// Why something is inserted, and how.
  struct Insertion {
    bool is_fill = false;               ///< Of what another tier has.
    std::shared_ptr<Flight> flight;     ///< Whose patience is used up; or null.
    std::shared_ptr<StoringTurn> turn;  ///< Lasts until all is stored, however late; or null.
  };

  /// Inserts, and waits for that within the tier's soft budget only. Whether it is stored by then.
  Task<bool> insert_in(std::size_t tier, Entry entry, Insertion insertion);
  /// An insertion that was not waited for is over: it is taken back if it may be older than what is
  /// wanted there.
  /// @param watch Since before it began.
  Task<void> settle_late(LookUp inserted,
                         std::shared_ptr<const Storings::Watch> watch,
                         Result<InsertOutcome> outcome,
                         std::shared_ptr<StoringTurn> turn);

  void launch(Executor executor, std::shared_ptr<Flight> flight, Search search, Generator generate);
  Task<void> fly(std::shared_ptr<Flight> flight, Search search, Generator generate);
  Task<Result<Answer>> find_or_generate(std::shared_ptr<Flight> flight,
                                        Search search,
                                        Generator generate);
  /// Whether a generation costs so much that other instances should not do it too.
  [[nodiscard]] bool is_worth_sharing() const;
  /// How long another instance may take: a quarter more than our own p95, so that what takes just
  /// that long is waited for.
  [[nodiscard]] std::chrono::milliseconds patience() const;
  /// Generates, or waits for the instance that does.
  Task<Result<Answer>> generate_in_turn(std::shared_ptr<Flight> flight,
                                        std::optional<WallTime> youngest,
                                        Generator generate);
  /// What another instance has stored since `youngest` was made, if it is of use to the flight.
  Task<std::optional<Answer>> find_others(std::shared_ptr<Flight> flight,
                                          std::optional<WallTime> youngest);
  /// Generates under a hold, and releases it once the answer is stored.
  Task<Result<Answer>> generate_under(std::unique_ptr<GenerationLease::Hold> hold,
                                      std::shared_ptr<Flight> flight,
                                      std::optional<WallTime> youngest,
                                      Generator generate);
  Task<Result<Answer>> generate_and_store(std::shared_ptr<Flight> flight, Generator generate);
  Task<Result<Entry>> generate_entry(std::shared_ptr<Flight> flight, Generator generate);
  Task<Result<Answer>> store_generated(std::shared_ptr<Flight> flight,
                                       Entry entry,
                                       std::shared_ptr<StoringTurn> turn = nullptr);
  /// Whether a shared tier has an entry that was not there when `youngest` was the youngest.
  Task<bool> is_superseded(CacheKey key, std::optional<WallTime> youngest);
  Task<Result<Entry>> run_generator(CacheKey key, Generator generate);
  Task<bool> store(Entry entry, Insertion insertion);
  /// Puts what was found in one tier into those `above` it, and lets those behind it keep it; of an
  /// erasure, only the latter.
  /// @param watch Since before it was looked for; null if no flight can have overtaken it.
  Task<void> spread(Entry entry,
                    LookUp found,
                    std::vector<std::size_t> above,
                    std::shared_ptr<const Storings::Watch> watch);
  [[nodiscard]] static std::vector<std::size_t> first_tiers(std::size_t count);
  /// Puts what another tier has into `tiers`. Those that have it now.
  Task<std::vector<std::size_t>> fill(Entry entry,
                                      std::vector<std::size_t> tiers,
                                      Erasures::Mark begin,
                                      std::shared_ptr<Flight> flight);
  /// Lets this instance's own tiers from number `first` on have what `tier` has answered with.
  void keep(const Entry& entry, std::size_t tier, std::size_t first, Erasures::Mark begin);
  /// Forgets what was put into `tiers`, since it may be older than what is wanted there by now:
  /// nothing, after an erasure, or a newer entry.
  Task<void> take_back(Entry entry, std::vector<std::size_t> tiers);
  Task<void> take_back_in(std::size_t tier, CacheKey key, WallTime made);
  /// False also for a tier that was away and could not: a failure that was to be expected.
  Task<Result<bool>> erase_in(std::size_t tier, CacheKey key);
  void report_failure(const Tier& tier, std::string_view operation, const Error& error);

  const Config config_;
  const Clock& clock_;
  Epoch& epoch_;
  Log& log_;
  const std::vector<std::unique_ptr<Tier>> tiers_;
  SingleFlight flights_;
  Storings storings_;
  Erasures erasures_;
  FailureBackoff backoff_;
  CacheCounters counters_;
  GenerationTimes times_;

  struct Late {
    std::atomic<std::int64_t> finds{0};
    std::atomic<std::int64_t> hits{0};
    std::atomic<std::int64_t> inserts{0};
  };
  std::vector<Late> late_;  // of each tier
  std::atomic<std::size_t> generations_{0};
  std::atomic<std::uint64_t> cleared_epoch_;
  std::atomic<std::int64_t> next_report_ns_{
      0};  // steady time before which tier failures are not logged again
};

}  // namespace refrain
