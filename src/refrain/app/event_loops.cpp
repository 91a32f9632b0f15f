#include "refrain/app/event_loops.h"

#include <algorithm>

namespace refrain::app {

EventLoops::EventLoops(std::size_t count) {
  if (count == 0) count = std::max(1U, std::thread::hardware_concurrency());
  for (std::size_t i = 0; i < count; ++i) {
    loops_.push_back(std::make_unique<boost::asio::io_context>(1));
    pointers_.push_back(loops_.back().get());
    guards_.push_back(boost::asio::make_work_guard(*loops_.back()));
  }
}

EventLoops::~EventLoops() {
  stop();
}

void EventLoops::start() {
  for (boost::asio::io_context* loop : pointers_) {
    threads_.emplace_back([loop] { loop->run(); });
  }
}

void EventLoops::stop() {
  guards_.clear();
  for (boost::asio::io_context* loop : pointers_)
    loop->stop();
  for (std::thread& thread : threads_)
    thread.join();
  threads_.clear();
}

}  // namespace refrain::app
