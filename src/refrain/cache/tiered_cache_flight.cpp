// What happens aboard a flight: finding, or generating once and storing.
#include "refrain/cache/tiered_cache.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

namespace refrain {
namespace {

/// What the exception being handled says of itself; anything may be thrown by a generator.
std::string what_was_thrown() {
  try {
    throw;
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "something that is no std::exception";
  }
}

SingleFlight::Work work_for(bool must_generate) {
  return must_generate ? SingleFlight::Work::kGenerate : SingleFlight::Work::kFindOrGenerate;
}

}  // namespace

void TieredCache::refresh(const Probe& probe, Executor executor, Generator generate) {
  if (backoff_.is_waiting(probe.key_)) return;
  const auto joined =
      flights_.join(probe.key_, SingleFlight::Work::kFindOrGenerate, probe.landings_, nullptr);
  if (!joined.is_leader) return;
  flights_.serve_stale(joined.flight, *probe.stale_);
  // The tiers below may hold a fresher entry that another instance made; and so may those above, if
  // another refresh has landed since they were asked.
  const Search search(joined.is_outdated ? 0 : probe.next_tier_ + 1, probe.youngest_);
  launch(executor, joined.flight, search, std::move(generate));
}

Task<Result<Answer>> TieredCache::generate_unshared(CacheKey key, Generator generate) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  auto waiter = std::make_shared<SingleFlight::Waiter>(executor);
  launch(executor, SingleFlight::unshared(key, waiter), Search(), std::move(generate));
  Result<Answer> made = co_await SingleFlight::Waiter::wait(waiter, config_.generation_limit);
  if (!made) co_return made;
  co_return Answer(made->entry(), Disposition::kBypass);
}

bool TieredCache::satisfies(const Answer& answer, const Probe& probe) const {
  if (answer.disposition() == Disposition::kMiss) return true;
  return !probe.must_generate_ && is_acceptable(answer.entry(), probe.directives_, clock_.now());
}

Task<Result<Answer>> TieredCache::join_flight(Probe probe, Generator generate) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  while (true) {
    auto waiter = std::make_shared<SingleFlight::Waiter>(executor);
    const auto work = work_for(probe.must_generate_);
    const auto joined = flights_.join(probe.key_, work, probe.landings_, waiter);
    if (joined.stale) {
      if (is_acceptable(joined.stale->entry(), probe.directives_, clock_.now()))
        co_return *joined.stale;
      probe.must_generate_ = true;
      continue;
    }
    if (joined.is_leader) {
      // A flight that landed after the probe has filled the immediate tiers: look at them again.
      const Search search(joined.is_outdated ? 0 : probe.next_tier_, probe.youngest_);
      launch(executor, joined.flight, search, generate);
    }
    Result<Answer> answer = co_await SingleFlight::Waiter::wait(waiter, config_.generation_limit);
    if (!answer || satisfies(*answer, probe)) co_return answer;
    probe.must_generate_ = true;
  }
}

void TieredCache::launch(Executor executor,
                         std::shared_ptr<Flight> flight,
                         Search search,
                         Generator generate) {
  boost::asio::co_spawn(
      executor, fly(std::move(flight), search, std::move(generate)), boost::asio::detached);
}

Task<void> TieredCache::fly(std::shared_ptr<Flight> flight, Search search, Generator generate) {
  Result<Answer> outcome =
      fail(ErrorCode::kInternal, "the answer could not be made; the log says why");
  try {
    outcome = co_await find_or_generate(flight, search, std::move(generate));
  } catch (...) {
    log_.write(
        LogLevel::kError, "a flight ended in an exception", {LogField("what", what_was_thrown())});
  }
  flights_.land(flight, outcome);
}

Task<Result<Answer>> TieredCache::find_or_generate(std::shared_ptr<Flight> flight,
                                                   Search search,
                                                   Generator generate) {
  if (!flights_.must_generate(flight)) {
    std::optional<Answer> found = co_await find_from(flight->key(), search, flight);
    if (found) search.youngest = found->entry().metadata().created;
    // A stale one has been served: this flight is now the refresh behind it.
    const bool is_enough =
        found && (found->disposition() == Disposition::kHit || backoff_.is_waiting(flight->key()));
    if (is_enough && !flights_.must_generate(flight)) co_return std::move(*found);
  }
  // Who wants a new answer whatever there is does not want another instance's either; and where
  // answers come late, so would the turn.
  if (flights_.must_generate(flight) || !is_worth_sharing() ||
      patience_with_lease(flight).count() == 0)
    co_return co_await generate_and_store(flight, std::move(generate));
  co_return co_await generate_in_turn(flight, search.youngest, std::move(generate));
}

bool TieredCache::is_worth_sharing() const {
  if (config_.lease == nullptr) return false;
  const std::optional<std::chrono::nanoseconds> p95 = times_.p95();
  return !p95 || *p95 >= config_.lease_after;
}

std::chrono::milliseconds TieredCache::patience_with_lease(
    const std::shared_ptr<Flight>& flight) const {
  auto least = std::chrono::milliseconds::max();
  for (const auto& tier : tiers_) {
    if (tier->is_shared()) least = std::min(least, patience_with(*tier, flight).value_or(least));
  }
  return least;
}

std::chrono::milliseconds TieredCache::patience() const {
  std::chrono::milliseconds patience = config_.first_patience;
  const std::optional<std::chrono::nanoseconds> p95 = times_.p95();
  if (p95) patience = std::chrono::ceil<std::chrono::milliseconds>(*p95 * 5 / 4);
  return std::max(patience, config_.lease->least_patience());
}

Task<Result<Answer>> TieredCache::generate_in_turn(std::shared_ptr<Flight> flight,
                                                   std::optional<WallTime> youngest,
                                                   Generator generate) {
  std::chrono::milliseconds left = patience();
  while (true) {
    const SteadyTime asked_at = clock_.steady_now();
    const GenerationLease::Patience patience(left, patience_with_lease(flight));
    GenerationLease::Turn turn = co_await config_.lease->take(flight->key(), patience);
    flight->add_wait(clock_.steady_now() - asked_at);
    if (turn.waited().count() > 0) flight->forget_wait();
    counters_.count(turn);
    left = std::max(left - turn.waited(), std::chrono::milliseconds(0));
    if (turn.must_go_alone()) co_return co_await generate_and_store(flight, std::move(generate));
    // Also with the turn in hand: it may have been another's a moment ago.
    std::unique_ptr<GenerationLease::Hold> hold = turn.take_hold();
    std::optional<Answer> found = co_await find_others(flight, youngest);
    if (found) {
      counters_.count_lease_answered();
      if (hold) hold->release();
      co_return std::move(*found);
    }
    if (hold) co_return co_await generate_under(std::move(hold), flight, youngest, generate);
    if (flights_.must_generate(flight))
      co_return co_await generate_and_store(flight, std::move(generate));
  }
}

Task<std::optional<Answer>> TieredCache::find_others(std::shared_ptr<Flight> flight,
                                                     std::optional<WallTime> youngest) {
  const Search search(0, youngest);
  std::optional<Answer> found = co_await find_from(flight->key(), search, flight);
  const bool is_enough = found && found->disposition() == Disposition::kHit;
  if (!is_enough || flights_.must_generate(flight)) co_return std::nullopt;
  co_return found;
}

Task<Result<Answer>> TieredCache::generate_under(std::unique_ptr<GenerationLease::Hold> hold,
                                                 std::shared_ptr<Flight> flight,
                                                 std::optional<WallTime> youngest,
                                                 Generator generate) {
  counters_.count_lease_taken();
  Result<Entry> entry = co_await generate_entry(flight, std::move(generate));
  if (!hold->is_kept()) {
    counters_.count_lease_lost();
    const bool is_late = entry && co_await is_superseded(flight->key(), youngest);
    if (is_late) co_return Answer(*entry, Disposition::kMiss);
  }
  const auto turn = std::make_shared<StoringTurn>(std::move(hold));
  Result<Answer> answer = fail(ErrorCode::kInternal, "nothing was generated");
  if (entry) {
    answer = co_await store_generated(flight, *entry, turn);
  } else {
    answer = fail(entry.error());
  }
  turn->end_one();
  co_return answer;
}

Task<bool> TieredCache::is_superseded(CacheKey key, std::optional<WallTime> youngest) {
  for (std::size_t i = 0; i < tiers_.size(); ++i) {
    if (!tiers_[i]->is_shared()) continue;
    const Found found = co_await find_in(i, key);
    if (!found.entry || found.entry->is_erasure()) continue;
    if (!youngest || found.entry->metadata().created > *youngest) co_return true;
  }
  co_return false;
}

Task<Result<Answer>> TieredCache::generate_and_store(std::shared_ptr<Flight> flight,
                                                     Generator generate) {
  Result<Entry> entry = co_await generate_entry(flight, std::move(generate));
  if (!entry) co_return fail(entry.error());
  co_return co_await store_generated(flight, *entry);
}

Task<Result<Entry>> TieredCache::generate_entry(std::shared_ptr<Flight> flight,
                                                Generator generate) {
  const CacheKey key = flight->key();
  flights_.set_generating(flight, true);
  Result<Entry> entry = co_await run_generator(key, std::move(generate));
  flights_.set_generating(flight, false);
  if (entry) {
    backoff_.record_success(key);
  } else {
    backoff_.record_failure(key);
  }
  co_return entry;
}

Task<Result<Answer>> TieredCache::store_generated(std::shared_ptr<Flight> flight,
                                                  Entry entry,
                                                  std::shared_ptr<StoringTurn> turn) {
  Answer answer(entry, Disposition::kMiss);
  if (flights_.is_discarded(flight) || entry.body_size() > config_.max_entry_bytes)
    co_return answer;
  flights_.begin_storing(flight);
  storings_.begin(flight->key());
  Insertion insertion;
  insertion.flight = flight;
  insertion.turn = std::move(turn);
  const bool is_stored = co_await store(entry, std::move(insertion));
  if (flights_.is_discarded(flight)) {
    // Erased while it was being stored: the erase must win.
    co_await take_back(entry, first_tiers(tiers_.size()));
    co_return answer;
  }
  if (!is_stored) co_return answer;
  co_return std::move(answer).stored();
}

Task<Result<Entry>> TieredCache::run_generator(CacheKey key, Generator generate) {
  if (generations_.fetch_add(1, std::memory_order_relaxed) >= config_.max_generations) {
    generations_.fetch_sub(1, std::memory_order_relaxed);
    counters_.count_rejected();
    co_return fail(ErrorCode::kUnavailable, "too many generations are running; try again shortly");
  }
  counters_.begin_generation();
  const SteadyTime begin = clock_.steady_now();
  Result<Generated> made = fail(ErrorCode::kInternal, "the generator ended in an exception");
  try {
    made = co_await generate();
  } catch (...) {
    log_.write(LogLevel::kError,
               "a generator ended in an exception",
               {LogField("what", what_was_thrown())});
  }
  // An upstream names its content type, so its length is no invariant of this program.
  if (made && made->content_type().size() > Entry::kMaxContentTypeSize)
    made = fail(ErrorCode::kInternal, "the generator's content type is too long to be kept");
  const auto duration = clock_.steady_now() - begin;
  generations_.fetch_sub(1, std::memory_order_relaxed);
  counters_.end_generation(duration, !made.has_value());
  if (!made) co_return fail(made.error());
  times_.record(duration);
  const auto cost = std::chrono::duration_cast<std::chrono::microseconds>(duration);
  co_return Entry::make(
      config_.freshness.stamp(key, clock_.now(), cost), made->content_type(), made->body());
}

Task<bool> TieredCache::store(Entry entry, Insertion insertion) {
  bool is_stored = false;
  for (std::size_t i = 0; i < tiers_.size(); ++i) {
    if (!tiers_[i]->is_available()) {
      tiers_[i]->insert_later(entry);
      continue;
    }
    const bool is_in = co_await insert_in(i, entry, insertion);
    is_stored = is_stored || is_in;
  }
  co_return is_stored;
}

}  // namespace refrain
