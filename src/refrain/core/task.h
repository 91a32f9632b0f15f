#pragma once

/// @file
/// The one coroutine type of the project, on a concrete executor (no type erasure per operation).

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace refrain {

/// Where coroutines run: one event loop. Each `io_context` is run by one thread, so whatever lives
/// on one loop needs no lock.
using Executor = boost::asio::io_context::executor_type;

/// A lazy coroutine that runs on an `Executor`. Parameters are taken by value or outlive the await.
template <class T>
using Task = boost::asio::awaitable<T, Executor>;

/// Completion token: `co_await op(kUseTask)` throws on error.
inline constexpr boost::asio::use_awaitable_t<Executor> kUseTask{};

/// Completion token: `auto [error, …] = co_await op(kAsTuple);` never throws for an I/O error.
inline constexpr boost::asio::as_tuple_t<boost::asio::use_awaitable_t<Executor>> kAsTuple{kUseTask};

}  // namespace refrain
