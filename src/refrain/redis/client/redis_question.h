#pragma once

/// @file
/// One question to one server.

#include "refrain/core/log.h"
#include "refrain/core/result.h"
#include "refrain/core/task.h"
#include "refrain/redis/client/redis_command.h"
#include "refrain/redis/client/redis_connection.h"
#include "refrain/redis/client/resp_value.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <memory>
#include <optional>

namespace refrain {

/// A connection that is made for one command and ends with its reply.
///
/// Thread safety: none; it lives on its loop. Ownership: `ask` and the work in the loop keep it
/// alive.
class RedisQuestion : public std::enable_shared_from_this<RedisQuestion> {
public:
  /// `options` say where and for how long to connect; its greeting and its functions are not used.
  /// @pre `loop` is run by one thread and outlives the question.
  RedisQuestion(const RedisConnectionOptions& options,
                const RedisCommand& command,
                boost::asio::io_context& loop);
  RedisQuestion(const RedisQuestion&) = delete;
  RedisQuestion& operator=(const RedisQuestion&) = delete;
  ~RedisQuestion();

  /// The reply, within the options' budget for connecting; an error reply is a reply. Once.
  Task<Result<RespValue>> ask();

  /// Ends it with `kCancelled`.
  void cancel();

private:
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        Executor>;

  void answer(Result<RespValue> reply);

  RedisConnectionOptions options_;
  boost::asio::io_context& loop_;
  NullLog log_;  // who asks says what went wrong
  Timer answered_;
  std::optional<Result<RespValue>> reply_;
};

}  // namespace refrain
