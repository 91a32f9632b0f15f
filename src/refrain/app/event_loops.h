#pragma once

/// @file
/// The threads of the process.

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

namespace refrain::app {

/// Event loops, one thread each.
///
/// Ownership: whatever lives on the loops is destroyed before them, after `stop`.
class EventLoops {
public:
  /// @param count 0 means one for each core.
  explicit EventLoops(std::size_t count);
  EventLoops(const EventLoops&) = delete;
  EventLoops& operator=(const EventLoops&) = delete;
  ~EventLoops();

  [[nodiscard]] const std::vector<boost::asio::io_context*>& contexts() const { return pointers_; }
  [[nodiscard]] boost::asio::io_context& first() const { return *pointers_.front(); }

  /// Begins to run every loop on a thread of its own.
  void start();
  /// Ends the loops after their present turn, and joins the threads. Not from one of them.
  void stop();

private:
  using WorkGuard = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;

  std::vector<std::unique_ptr<boost::asio::io_context>> loops_;
  std::vector<boost::asio::io_context*> pointers_;
  std::vector<WorkGuard> guards_;
  std::vector<std::thread> threads_;
};

}  // namespace refrain::app
