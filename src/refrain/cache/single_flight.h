#pragma once

/// @file
/// One piece of work for a key at a time, however many want its result.

#include "refrain/cache/answer.h"
#include "refrain/cache/cache_key.h"
#include "refrain/core/mutex.h"
#include "refrain/core/result.h"
#include "refrain/core/task.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace refrain {

/// Work under way for a key, and those who wait for it. Nobody's connection owns it: it goes on,
/// and is stored, when every waiter has left.
class Flight;

/// The table of flights.
///
/// Thread safety: any. Waiters may sit on different event loops; each is resumed on its own. No
/// loop is destroyed while another still turns.
class SingleFlight {
public:
  /// One caller's place in the queue for a flight's outcome. Used on one event loop; it may be
  /// destroyed elsewhere, and after that loop.
  class Waiter {
  public:
    explicit Waiter(Executor executor) : executor_(std::move(executor)) {}

    /// The flight's outcome, or `kTimeout` after `limit`. The flight goes on either way.
    static Task<Result<Answer>> wait(std::shared_ptr<Waiter> self, std::chrono::milliseconds limit);

  private:
    friend class SingleFlight;
    using Timer =
        boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                          boost::asio::wait_traits<std::chrono::steady_clock>,
                                          Executor>;
    class Alarm;

    static void resolve(const std::shared_ptr<Waiter>& self, const Result<Answer>& outcome);

    Executor executor_;
    // Both belong to executor_'s thread. The timer is the waiting coroutine's, and null when none
    // waits: it ends with its loop, while flights on other loops still know this waiter.
    Timer* timer_ = nullptr;
    std::optional<Result<Answer>> outcome_;
  };

  /// What a flight must do. Raised, never lowered, by those who join.
  enum class Work : std::uint8_t { kFindOrGenerate, kGenerate };

  struct Joined {
    std::shared_ptr<Flight> flight;
    bool is_leader = false;    ///< The caller must run the flight and `land` it.
    bool is_outdated = false;  ///< A flight in this key's shard landed since `landings` was read.
    std::optional<Answer> stale;  ///< What the flight refreshes. The waiter was then not enlisted.
  };

  /// How many flights of `key`'s shard have landed: read before looking a key up, given to `join`,
  /// it tells the leader of a new flight whether its look-up may have been overtaken.
  [[nodiscard]] std::uint64_t landings(CacheKey key) const;

  /// Joins the flight for `key`, or begins one. `waiter` may be null (a refresh nobody waits for).
  /// Who does not ask for a generation and finds a flight that serves a stale answer gets that.
  Joined join(CacheKey key,
              Work work,
              std::uint64_t landings,
              const std::shared_ptr<Waiter>& waiter);

  /// A flight that is in no table and that nobody can join: for work that is not shared.
  static std::shared_ptr<Flight> unshared(CacheKey key, const std::shared_ptr<Waiter>& waiter);

  [[nodiscard]] bool has_flight(CacheKey key) const;

  /// Whether someone has asked that `flight` generates whatever it finds.
  [[nodiscard]] bool must_generate(const std::shared_ptr<Flight>& flight) const;

  /// Gives those who wait now, and those who join later, a stale answer; the flight goes on as the
  /// refresh behind it.
  void serve_stale(const std::shared_ptr<Flight>& flight, const Answer& answer);

  /// Says that the flight's outcome is about to be stored: what was found before is of no use from
  /// now on.
  void begin_storing(const std::shared_ptr<Flight>& flight);
  /// Whether the flight is storing its outcome or has landed.
  [[nodiscard]] bool is_storing(const std::shared_ptr<Flight>& flight) const;

  /// Ends the flight: every waiter gets `outcome`; all but the leader get it as coalesced.
  void land(const std::shared_ptr<Flight>& flight, const Result<Answer>& outcome);

  /// Cuts the flight for `key` off from the table: those aboard still get its outcome, later
  /// callers begin a new one, and it must not be stored (`is_discarded`).
  void discard(CacheKey key);
  void discard_all();
  [[nodiscard]] bool is_discarded(const std::shared_ptr<Flight>& flight) const;

  /// Says whether `flight` is at its generator now: what it found before may be outdated, what it
  /// will generate is not.
  void set_generating(const std::shared_ptr<Flight>& flight, bool is_generating);

  /// What is stored under `key` was changed elsewhere: those who come later must not get what the
  /// flight for it found, or stored, before. It is cut off from the table, unless it is generating,
  /// but may still be stored.
  void outdate(CacheKey key);
  void outdate_all();

private:
  static constexpr std::size_t kShards = 16;

  struct alignas(64) Shard {
    mutable Mutex mutex;
    std::atomic<std::uint64_t> landings{0};  // written under the mutex, read without: the hit path
    boost::unordered_flat_map<CacheKey, std::shared_ptr<Flight>, CacheKeyHash> flights
        REFRAIN_GUARDED_BY(mutex);
  };

  /// Whether the flight stays in the table.
  static bool outdate(Flight& flight);

  Shard& shard_of(CacheKey key) { return shards_[(key.hash() >> 32U) % kShards]; }
  const Shard& shard_of(CacheKey key) const { return shards_[(key.hash() >> 32U) % kShards]; }

  std::array<Shard, kShards> shards_;
};

/// What is said of patience is used on the loop that the flight runs on; the other members are
/// guarded by the mutex of the shard its key falls into.
class Flight {
public:
  explicit Flight(CacheKey key) : key_(key) {}
  [[nodiscard]] CacheKey key() const { return key_; }

  /// How long it has waited for tiers that have a soft budget. One such budget in all is what those
  /// aboard are asked to bear.
  [[nodiscard]] std::chrono::nanoseconds waited() const { return waited_; }
  void add_wait(std::chrono::nanoseconds wait) { waited_ += wait; }
  /// It has waited for something else, beside which that is little.
  void forget_wait() { waited_ = {}; }

private:
  friend class SingleFlight;

  const CacheKey key_;
  std::chrono::nanoseconds waited_{};
  bool must_generate_ = false;
  bool is_discarded_ = false;
  bool is_storing_ = false;
  bool is_generating_ = false;
  std::optional<Answer> stale_;
  std::shared_ptr<SingleFlight::Waiter>
      leader_;  // null for a refresh, and once it has been answered
  std::vector<std::shared_ptr<SingleFlight::Waiter>> followers_;
};

}  // namespace refrain
