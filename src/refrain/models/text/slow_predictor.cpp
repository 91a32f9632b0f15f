#include "refrain/models/text/slow_predictor.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <cassert>
#include <utility>

namespace refrain {

namespace {

using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>,
                                                Executor>;

std::int64_t in_microseconds(std::chrono::milliseconds delay) {
  return std::chrono::microseconds(delay).count();
}

}  // namespace

SlowPredictor::SlowPredictor(std::unique_ptr<Predictor> inner, const Config& config)
    : inner_(std::move(inner)),
      random_(config.seed),
      delay_us_(in_microseconds(config.min_delay), in_microseconds(config.max_delay)) {
  assert(config.min_delay.count() >= 0 && config.min_delay <= config.max_delay);
}

Task<Result<std::vector<Prediction>>> SlowPredictor::predict(PredictionRequest request) {
  Timer timer(co_await boost::asio::this_coro::executor, draw_delay());
  const auto [error] = co_await timer.async_wait(kAsTuple);
  if (error) co_return fail(ErrorCode::kCancelled, "the wait for a prediction was cut short");
  co_return co_await inner_->predict(std::move(request));
}

std::chrono::microseconds SlowPredictor::draw_delay() {
  const MutexLock lock(mutex_);
  return std::chrono::microseconds(delay_us_(random_));
}

}  // namespace refrain
