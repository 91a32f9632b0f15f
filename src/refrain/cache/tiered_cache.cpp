#include "refrain/cache/tiered_cache.h"

#include "refrain/core/within.h"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

namespace refrain {
namespace {

// A broken tier fails thousands of times a second; one line in this interval says enough.
constexpr std::chrono::seconds kReportInterval{5};

Answer answer_from(Entry entry, const Tier& tier, WallTime now) {
  const Disposition disposition = entry.is_fresh(now) ? Disposition::kHit : Disposition::kStale;
  return {std::move(entry), disposition, tier.name()};
}

}  // namespace

TieredCache::TieredCache(std::vector<std::unique_ptr<Tier>> tiers,
                         const Config& config,
                         const Clock& clock,
                         Epoch& epoch,
                         Log& log)
    : config_(config),
      clock_(clock),
      epoch_(epoch),
      log_(log),
      tiers_(std::move(tiers)),
      backoff_(config.backoff, clock),
      late_(tiers_.size()),
      cleared_epoch_(epoch.value()) {}

TieredCache::~TieredCache() = default;

bool TieredCache::is_acceptable(const Entry& entry,
                                const CacheDirectives& directives,
                                WallTime now) const {
  return entry.is_usable(now) &&
         (!directives.max_age || now - entry.metadata().created <= *directives.max_age);
}

bool TieredCache::note_found(Probe& probe, Entry entry, const Tier& tier) const {
  const WallTime now = clock_.now();
  const WallTime created = entry.metadata().created;
  probe.youngest_ = std::max(probe.youngest_.value_or(created), created);
  if (!is_acceptable(entry, probe.directives_, now)) return false;
  // A body in a file is only ever a fresh entry's. If its freshness has ended since the tier looked
  // at the clock, it still is no answer to be handed to others.
  if (entry.is_fresh(now) || entry.file_body() != nullptr) {
    probe.answer_.emplace(std::move(entry), Disposition::kHit, tier.name());
  } else {
    probe.stale_.emplace(std::move(entry), Disposition::kStale, tier.name());
  }
  return true;
}

TieredCache::Probe TieredCache::probe(CacheKey key,
                                      const CacheDirectives& directives,
                                      BodyPlace place) {
  Probe probe(key, directives);
  if (directives.no_store || directives.no_cache) {
    probe.must_generate_ = true;
    return probe;
  }
  probe.landings_ = flights_.landings(key);
  while (probe.next_tier_ < tiers_.size() && !ask_now(probe, place))
    ++probe.next_tier_;
  return probe;
}

bool TieredCache::ask_now(Probe& probe, BodyPlace place) {
  Tier& tier = *tiers_[probe.next_tier_];
  if (!tier.is_available()) return false;
  // The first tier, where most hits are, fills nothing.
  std::optional<Erasures::Mark> begin;
  if (probe.next_tier_ > 0) begin.emplace(erasures_, probe.key_);
  ImmediateLookup lookup = tier.find_now(probe.key_, place);
  if (!lookup.is_known()) return true;
  if (!lookup.entry() || !note_found(probe, std::move(*lookup.entry()), tier)) return false;
  if (!probe.answer_) return true;
  counters_.count(*probe.answer_);
  if (begin) fill_now(probe, *begin);
  return true;
}

void TieredCache::fill_now(const Probe& probe, Erasures::Mark begin) {
  const Entry& entry = probe.answer_->entry();
  // A body in a file is sent from there as cheaply as from memory: a copy would only take the place
  // of what has to be generated.
  if (entry.file_body() != nullptr) return;
  for (std::size_t i = 0; i < probe.next_tier_; ++i)
    static_cast<void>(copy_now(entry, i, begin));
  // As in find_from: what a flight has generated meanwhile wins.
  if (!is_flown_past_since(probe.landings_, probe.key_)) return;
  for (std::size_t i = 0; i < probe.next_tier_; ++i)
    tiers_[i]->erase_now(probe.key_);
}

TieredCache::Copied TieredCache::copy_now(const Entry& entry,
                                          std::size_t tier,
                                          Erasures::Mark begin) {
  if (!tiers_[tier]->is_available()) return Copied::kNotWanted;
  bool is_tried = false;
  const bool is_wanted = erasures_.copy_unless_overlapped(
      begin, [this, &entry, &is_tried, tier] { is_tried = tiers_[tier]->insert_now(entry); });
  if (!is_wanted) return Copied::kNotWanted;
  return is_tried ? Copied::kYes : Copied::kMustWait;
}

Task<Result<Answer>> TieredCache::get_or_generate(CacheKey key,
                                                  CacheDirectives directives,
                                                  Generator generate) {
  Probe known = probe(key, directives);
  if (known.answer()) co_return std::move(*known.answer());
  co_return co_await get_or_generate(std::move(known), std::move(generate));
}

Task<Result<Answer>> TieredCache::get_or_generate(Probe probe, Generator generate) {
  const Disposition if_failed =
      probe.directives_.no_store ? Disposition::kBypass : Disposition::kMiss;
  Result<Answer> answer = co_await answer_uncounted(std::move(probe), std::move(generate));
  if (answer) {
    counters_.count(*answer);
  } else {
    counters_.count_error(if_failed);
  }
  co_return answer;
}

Task<Result<Answer>> TieredCache::answer_uncounted(Probe probe, Generator generate) {
  if (probe.directives_.only_if_cached) co_return co_await find_only(std::move(probe));
  if (probe.directives_.no_store)
    co_return co_await generate_unshared(probe.key_, std::move(generate));
  if (probe.stale_) {
    // Served at once; one refresh runs behind it.
    const Executor executor = co_await boost::asio::this_coro::executor;
    refresh(probe, executor, std::move(generate));
    co_return std::move(*probe.stale_);
  }
  co_return co_await join_flight(std::move(probe), std::move(generate));
}

Task<Result<Answer>> TieredCache::find_only(Probe probe) {
  std::optional<Answer> answer = std::move(probe.stale_);
  if (!answer && !probe.must_generate_) {
    const Search search(probe.next_tier_, probe.youngest_);
    answer = co_await find_from(probe.key_, search, nullptr);
  }
  if (answer && is_acceptable(answer->entry(), probe.directives_, clock_.now()))
    co_return std::move(*answer);
  co_return fail(ErrorCode::kTimeout,
                 "not in the cache, and the request asks for nothing else (only-if-cached)");
}

bool TieredCache::is_flown_past_since(std::uint64_t landings, CacheKey key) const {
  return flights_.has_flight(key) || flights_.landings(key) != landings;
}

bool TieredCache::is_news(const std::optional<Entry>& entry, Search& search) {
  if (!entry || (search.youngest && entry->metadata().created <= *search.youngest)) return false;
  search.youngest = entry->metadata().created;
  return true;
}

bool TieredCache::is_beside_flight(CacheKey key, const std::shared_ptr<Flight>& flight) const {
  return flight == nullptr && flights_.has_flight(key);
}

Task<std::optional<Answer>> TieredCache::find_from(CacheKey key,
                                                   Search search,
                                                   std::shared_ptr<Flight> flight) {
  const Erasures::Mark begin(erasures_, key);
  std::shared_ptr<const Storings::Watch> watch;
  if (flight == nullptr) watch = std::make_shared<const Storings::Watch>(storings_, key);
  const bool may_fill = !is_beside_flight(key, flight);
  std::optional<Answer> stale;
  std::vector<std::size_t> above;
  if (may_fill) above = first_tiers(search.first_tier);
  for (std::size_t i = search.first_tier; i < tiers_.size(); ++i) {
    Found found = co_await find_in(i, key, flight);
    if (is_news(found.entry, search)) {
      LookUp look_up(i, key, begin, flight);
      co_await spread(*found.entry, std::move(look_up), above, watch);
      std::optional<Answer> answer = take_news(std::move(*found.entry), i, flight);
      if (answer && answer->disposition() == Disposition::kHit) co_return answer;
      if (answer) stale = std::move(answer);
    }
    // One that has not answered may have something newer.
    if (may_fill && !found.is_late) above.push_back(i);
  }
  co_return stale;
}

std::optional<Answer> TieredCache::take_news(Entry entry,
                                             std::size_t tier,
                                             const std::shared_ptr<Flight>& flight) {
  if (entry.is_erasure()) return std::nullopt;
  Answer answer = answer_from(std::move(entry), *tiers_[tier], clock_.now());
  if (flight != nullptr && answer.disposition() != Disposition::kHit)
    flights_.serve_stale(flight, answer);
  return answer;
}

Task<void> TieredCache::spread(Entry entry,
                               LookUp found,
                               std::vector<std::size_t> above,
                               std::shared_ptr<const Storings::Watch> watch) {
  if (entry.is_erasure()) {
    keep(entry, found.tier, found.tier + 1, found.begin);
    co_return;
  }
  std::vector<std::size_t> filled =
      co_await fill(entry, std::move(above), found.begin, found.flight);
  if (tiers_[found.tier]->is_shared()) keep(entry, found.tier, found.tier + 1, found.begin);
  // An erase must win, though it passed the tiers above before they were filled; and so must what a
  // flight generated meanwhile.
  const bool is_overtaken = watch != nullptr && watch->has_seen_any();
  if (is_overtaken || erasures_.overlap(found.begin)) co_await take_back(entry, std::move(filled));
}

std::optional<std::chrono::milliseconds> TieredCache::patience_with(
    const Tier& tier,
    const std::shared_ptr<Flight>& flight) {
  const auto budget = tier.soft_budget();
  if (!budget || flight == nullptr) return budget;
  const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(flight->waited());
  return std::max(*budget - waited, std::chrono::milliseconds(0));
}

void TieredCache::add_wait(const std::shared_ptr<Flight>& flight, std::chrono::nanoseconds wait) {
  if (flight != nullptr) flight->add_wait(wait);
}

Task<TieredCache::Found> TieredCache::find_in(std::size_t tier,
                                              CacheKey key,
                                              std::shared_ptr<Flight> flight) {
  Tier& asked = *tiers_[tier];
  if (!asked.is_available()) co_return Found();
  const auto budget = patience_with(asked, flight);
  std::optional<Result<std::optional<Entry>>> found;
  if (budget) {
    const SteadyTime asked_at = clock_.steady_now();
    const Erasures::Mark begin(erasures_, key);
    LookUp look_up(tier, key, begin, flight);
    auto on_late = [this, look_up = std::move(look_up)](Result<std::optional<Entry>> late) {
      return take_late(look_up, std::move(late));
    };
    found = co_await within(*budget, asked.find(key), std::move(on_late));
    add_wait(flight, found ? clock_.steady_now() - asked_at : *budget);
  } else {
    found = co_await asked.find(key);
  }
  Found result;
  if (!found) {
    late_[tier].finds.fetch_add(1, std::memory_order_relaxed);
    result.is_late = true;
  } else if (*found) {
    result.entry = std::move(**found);
  } else {
    report_failure(asked, "find", found->error());
  }
  co_return result;
}

Task<void> TieredCache::take_late(LookUp look_up, Result<std::optional<Entry>> found) {
  if (!found) {
    report_failure(*tiers_[look_up.tier], "find", found.error());
    co_return;
  }
  std::optional<Entry>& entry = *found;
  if (entry && entry->is_erasure()) keep(*entry, look_up.tier, 0, look_up.begin);
  if (!entry || entry->is_erasure() || !entry->is_usable(clock_.now())) co_return;
  late_[look_up.tier].hits.fetch_add(1, std::memory_order_relaxed);
  // The flight runs on this loop, so it does not begin to store while this goes on.
  if (look_up.flight == nullptr || flights_.is_storing(look_up.flight)) co_return;
  keep(*entry, look_up.tier, 0, look_up.begin);
  if (erasures_.overlap(look_up.begin)) co_return;
  flights_.serve_stale(look_up.flight,
                       answer_from(std::move(*entry), *tiers_[look_up.tier], clock_.now()));
}

Task<bool> TieredCache::insert_in(std::size_t tier, Entry entry, Insertion insertion) {
  Tier& asked = *tiers_[tier];
  const auto budget = patience_with(asked, insertion.flight);
  const std::shared_ptr<StoringTurn> turn = std::move(insertion.turn);
  Task<Result<InsertOutcome>> storing = insertion.is_fill ? asked.fill(entry) : asked.insert(entry);
  std::optional<Result<InsertOutcome>> inserted;
  if (budget) {
    const CacheKey key = entry.key();
    const Erasures::Mark begin(erasures_, key);
    LookUp late(tier, key, begin, nullptr);
    auto watch = std::make_shared<const Storings::Watch>(storings_, key);
    late.made = entry.metadata().created;
    auto on_late = [this, late = std::move(late), watch = std::move(watch), turn](
                       Result<InsertOutcome> outcome) {
      return settle_late(late, watch, std::move(outcome), turn);
    };
    if (turn) turn->begin_one();
    const SteadyTime asked_at = clock_.steady_now();
    inserted = co_await within(*budget, std::move(storing), std::move(on_late));
    add_wait(insertion.flight, inserted ? clock_.steady_now() - asked_at : *budget);
    if (turn && inserted) turn->end_one();
  } else {
    inserted = co_await std::move(storing);
  }
  if (!inserted) {
    late_[tier].inserts.fetch_add(1, std::memory_order_relaxed);
    co_return false;
  }
  if (!*inserted) report_failure(asked, insertion.is_fill ? "fill" : "insert", inserted->error());
  co_return *inserted && **inserted == InsertOutcome::kStored;
}

Task<void> TieredCache::settle_late(LookUp inserted,
                                    std::shared_ptr<const Storings::Watch> watch,
                                    Result<InsertOutcome> outcome,
                                    std::shared_ptr<StoringTurn> turn) {
  if (!outcome) report_failure(*tiers_[inserted.tier], "insert", outcome.error());
  const bool may_be_there = !outcome || *outcome == InsertOutcome::kStored;
  // A change is no reason: it may be this very insertion.
  const bool is_unwanted = watch->has_seen_any() || erasures_.overlap_erasure(inserted.begin);
  if (may_be_there && is_unwanted)
    co_await take_back_in(inserted.tier, inserted.key, inserted.made);
  if (turn) turn->end_one();
}

Task<std::vector<std::size_t>> TieredCache::fill(Entry entry,
                                                 std::vector<std::size_t> tiers,
                                                 Erasures::Mark begin,
                                                 std::shared_ptr<Flight> flight) {
  std::vector<std::size_t> filled;
  for (const std::size_t tier : tiers) {
    const Copied copied = copy_now(entry, tier, begin);
    bool is_in = copied == Copied::kYes;
    if (copied == Copied::kMustWait) {
      Insertion insertion;
      insertion.is_fill = true;
      insertion.flight = flight;
      is_in = co_await insert_in(tier, entry, std::move(insertion));
    }
    if (is_in) filled.push_back(tier);
  }
  co_return filled;
}

void TieredCache::keep(const Entry& entry,
                       std::size_t tier,
                       std::size_t first,
                       Erasures::Mark begin) {
  for (std::size_t i = first; i < tiers_.size(); ++i) {
    if (i == tier || tiers_[i]->is_shared() || !tiers_[i]->is_available()) continue;
    static_cast<void>(erasures_.copy_unless_overlapped(begin, [&] { tiers_[i]->keep_now(entry); }));
  }
}

std::vector<std::size_t> TieredCache::first_tiers(std::size_t count) {
  std::vector<std::size_t> tiers(count);
  std::iota(tiers.begin(), tiers.end(), std::size_t{0});
  return tiers;
}

Task<void> TieredCache::take_back(Entry entry, std::vector<std::size_t> tiers) {
  for (const std::size_t tier : tiers)
    co_await take_back_in(tier, entry.key(), entry.metadata().created);
}

Task<void> TieredCache::take_back_in(std::size_t tier, CacheKey key, WallTime made) {
  const bool was_available = tiers_[tier]->is_available();
  const Result<bool> taken_back = co_await tiers_[tier]->take_back(key, made);
  if (!taken_back && was_available) report_failure(*tiers_[tier], "erase", taken_back.error());
}

Task<Result<bool>> TieredCache::erase_in(std::size_t tier, CacheKey key) {
  const bool was_available = tiers_[tier]->is_available();
  Result<bool> erased = co_await tiers_[tier]->erase(key);
  if (erased) co_return erased;
  if (!was_available) co_return false;
  report_failure(*tiers_[tier], "erase", erased.error());
  co_return erased;
}

Task<std::optional<Answer>> TieredCache::find(Probe probe) {
  std::optional<Answer> answer = std::move(probe.stale_);
  if (!answer) {
    const Search search(probe.next_tier_, probe.youngest_);
    answer = co_await find_from(probe.key_, search, nullptr);
  }
  if (answer && !is_acceptable(answer->entry(), probe.directives_, clock_.now())) answer.reset();
  if (answer) {
    counters_.count(*answer);
  } else {
    counters_.count_miss();
  }
  co_return answer;
}

Task<Result<EraseOutcome>> TieredCache::erase(CacheKey key) {
  const Erasures::Scope erasure(erasures_, key);
  flights_.discard(key);
  bool was_there = false;
  bool is_pending = false;
  std::optional<Error> failure;
  for (std::size_t i = 0; i < tiers_.size(); ++i) {
    Result<bool> erased = co_await erase_in(i, key);
    was_there = was_there || (erased && *erased);
    if (tiers_[i]->owes_erasure(key)) {
      is_pending = true;
    } else if (!erased) {
      failure = erased.error();
    }
  }
  if (failure) co_return fail(std::move(*failure));
  if (is_pending) co_return EraseOutcome::kPending;
  co_return was_there ? EraseOutcome::kErased : EraseOutcome::kAbsent;
}

Task<Result<void>> TieredCache::clear() {
  const Erasures::Scope erasure(erasures_);
  const std::uint64_t next = epoch_.value() + 1;
  epoch_.adopt(next);
  flights_.discard_all();
  std::optional<Error> failure;
  for (const auto& tier : tiers_) {
    Result<void> cleared = co_await tier->clear(next);
    if (!cleared) {
      report_failure(*tier, "clear", cleared.error());
      failure = cleared.error();
    }
  }
  cleared_epoch_.store(next, std::memory_order_relaxed);
  if (failure) co_return fail(std::move(*failure));
  co_return Result<void>();
}

void TieredCache::invalidate(CacheKey key) {
  const Erasures::Scope change(erasures_, key, Erasures::Kind::kChange);
  flights_.outdate(key);
  for (const auto& tier : tiers_) {
    if (!tier->is_shared()) tier->erase_now(key);
  }
}

void TieredCache::invalidate_all() {
  const Erasures::Scope change(erasures_, Erasures::Kind::kChange);
  flights_.outdate_all();
  for (const auto& tier : tiers_) {
    if (!tier->is_shared()) tier->clear_now();
  }
}

Task<void> TieredCache::sweep() {
  for (const auto& tier : tiers_)
    co_await tier->sweep();
  co_await follow_epoch();
}

Task<void> TieredCache::follow_epoch() {
  // Another instance raised the epoch: what this one kept for itself is unreachable and can go.
  const std::uint64_t current = epoch_.value();
  if (cleared_epoch_.exchange(current) == current) co_return;
  const Erasures::Scope erasure(erasures_);
  flights_.discard_all();
  for (const auto& tier : tiers_) {
    if (tier->is_shared()) continue;
    Result<void> cleared = co_await tier->clear(current);
    if (!cleared) report_failure(*tier, "clear", cleared.error());
  }
}

CacheStats TieredCache::stats() const {
  CacheStats stats = counters_.snapshot();
  if (config_.lease != nullptr) stats.lease = counters_.lease();
  for (std::size_t i = 0; i < tiers_.size(); ++i) {
    if (tiers_[i]->is_view()) continue;
    TierStats tier = tiers_[i]->stats();
    if (tiers_[i]->soft_budget()) {
      tier.late.emplace();
      tier.late->finds = late_[i].finds.load(std::memory_order_relaxed);
      tier.late->hits = late_[i].hits.load(std::memory_order_relaxed);
      tier.late->inserts = late_[i].inserts.load(std::memory_order_relaxed);
    }
    stats.tiers.push_back(std::move(tier));
  }
  return stats;
}

void TieredCache::report_failure(const Tier& tier, std::string_view operation, const Error& error) {
  const std::int64_t now = clock_.steady_now().time_since_epoch().count();
  std::int64_t next = next_report_ns_.load(std::memory_order_relaxed);
  const std::int64_t interval = std::chrono::nanoseconds(kReportInterval).count();
  if (now < next || !next_report_ns_.compare_exchange_strong(next, now + interval)) return;
  log_.write(LogLevel::kWarning,
             "a cache tier failed; requests go on without it",
             {LogField("tier", std::string(tier.name())),
              LogField("operation", std::string(operation)),
              LogField("error", error.message())});
}

}  // namespace refrain
