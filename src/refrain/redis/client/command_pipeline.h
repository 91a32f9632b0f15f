#pragma once

/// @file
/// Who waits for what on one connection, without a socket.

#include "refrain/core/clock.h"
#include "refrain/core/result.h"
#include "refrain/redis/client/redis_command.h"
#include "refrain/redis/client/resp_parser.h"
#include "refrain/redis/client/resp_value.h"

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace refrain {

/// The commands of one connection that are not answered yet, in order: what is to be written, whom
/// the next reply belongs to, and when the oldest has waited too long. Push messages are no replies
/// and go to whoever wants them, but for one that confirms a subscription: that is the reply to it.
/// Bytes in, bytes out: the owner does the I/O and keeps the time.
///
/// Thread safety: none; it lives on its connection's event loop.
/// Invariant: every waiter is completed exactly once, by a reply or by `fail_all`. A reply never
/// reaches another waiter than the one whose command it answers: after any doubt the owner calls
/// `fail_all` and starts anew on another connection.
class CommandPipeline {
public:
  /// Who is told a command's outcome, once.
  class Waiter {
  public:
    Waiter() = default;
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    virtual ~Waiter() = default;
    /// Called by `receive`; may submit further commands from within.
    virtual void complete(Result<RespValue> reply) = 0;
    /// Called in the middle of things: must not act before the caller has returned.
    virtual void complete_later(Result<RespValue> reply) = 0;
  };

  struct Limits {
    std::size_t max_commands = 16'384;               ///< Waiting for a reply.
    std::size_t max_bytes = std::size_t{64} << 20U;  ///< Waiting to be written.
    RespParser::Limits replies;
  };

  /// Told of a push message.
  using OnPush = std::function<void(const RespValue&)>;

  /// `on_push` may be empty, which drops push messages; it may submit commands from within.
  explicit CommandPipeline(const Limits& limits, OnPush on_push = {});

  /// Takes a command over; `waiter` hears of it. Refuses with `kUnavailable` when too much is
  /// queued; `waiter` then hears nothing.
  [[nodiscard]] Result<void> submit(const RedisCommand& command,
                                    SteadyTime deadline,
                                    std::shared_ptr<Waiter> waiter);

  /// Replaces `into` by the bytes that were submitted and not taken; empty if none. They count
  /// against the limit until the next call. What memory `into` has is used again.
  void take_output(std::string& into);
  [[nodiscard]] bool has_output() const { return !output_.empty(); }

  /// Where to read the server's bytes to.
  [[nodiscard]] std::span<char> prepare() { return parser_.prepare(); }
  /// Takes `size` bytes that were read, completes those whom they answer and hands push messages
  /// out, all in the order of arrival. After an error the connection is to be given up.
  [[nodiscard]] Result<void> receive(std::size_t size);

  [[nodiscard]] bool is_idle() const { return waiting_.empty(); }
  /// When the command that waits longest has waited too long; nothing if none waits.
  [[nodiscard]] std::optional<SteadyTime> oldest_deadline() const;

  /// Ends every command: the oldest with `oldest`, those behind it with `others`; forgets unwritten
  /// and half-read bytes.
  void fail_all(const Error& oldest, const Error& others);

private:
  struct Pending {
    std::shared_ptr<Waiter> waiter;
    SteadyTime deadline;
    std::size_t replies_wanted = 1;
    std::vector<RespValue> replies;  // the first ones, of a command that wants several
  };

  Result<void> answer(RespValue reply);

  const Limits limits_;
  const OnPush on_push_;
  RespParser parser_;
  std::deque<Pending> waiting_;
  std::string output_;
  std::size_t taken_bytes_ = 0;
};

}  // namespace refrain
