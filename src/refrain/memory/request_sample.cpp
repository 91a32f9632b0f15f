#include "refrain/memory/request_sample.h"

#include <new>
#include <span>

namespace refrain {

void RequestSample::add(const CacheAccess& access) {
  Stripe& stripe = stripes_[thread_number() % kStripes];
  if (stripe.is_busy.test_and_set(std::memory_order_acquire)) return;
  stripe.accesses[stripe.count++] = access;
  if (stripe.count == kBatch) {
    if (mutex_.try_lock()) {
      try {
        hand_over(stripe);
      } catch (const std::bad_alloc&) {
        stripe.count = 0;  // a forecast is not worth a request: these few are not in it
      }
      mutex_.unlock();
    }
    stripe.count = 0;
  }
  stripe.is_busy.clear(std::memory_order_release);
}

void RequestSample::hand_over(Stripe& stripe) {
  forecaster_.record(std::span(stripe.accesses.data(), stripe.count),
                     sections_.hits() + sections_.insertions());
  stripe.count = 0;
}

void RequestSample::erase(std::uint64_t hash) {
  if (!has(hash)) return;
  const MutexLock lock(mutex_);
  forecaster_.erase(hash);
}

void RequestSample::clear() {
  const MutexLock lock(mutex_);
  // What was collected came before.
  gather();
  forecaster_.clear();
}

void RequestSample::set_limits(const CacheLimits& limits) {
  const MutexLock lock(mutex_);
  forecaster_.set_limits(limits);
}

void RequestSample::gather() {
  for (Stripe& stripe : stripes_) {
    if (stripe.is_busy.test_and_set(std::memory_order_acquire)) continue;
    hand_over(stripe);
    stripe.is_busy.clear(std::memory_order_release);
  }
}

std::vector<SizeForecast> RequestSample::forecast() {
  const MutexLock lock(mutex_);
  gather();
  return forecaster_.sizes();
}

std::size_t RequestSample::bytes() const {
  const MutexLock lock(mutex_);
  return sizeof *this - sizeof forecaster_ + forecaster_.bytes();
}

}  // namespace refrain
