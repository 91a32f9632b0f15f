#include "refrain/memory/request_sample.h"

#include <new>
#include <span>

namespace refrain {

class RequestSample::Claim {
public:
  explicit Claim(Stripe& stripe)
      : stripe_(stripe),
        is_mine_(!stripe.is_busy.test_and_set(std::memory_order_acquire)) {}
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  ~Claim() {
    if (is_mine_) stripe_.is_busy.clear(std::memory_order_release);
  }

  explicit operator bool() const { return is_mine_; }

private:
  Stripe& stripe_;
  const bool is_mine_;
};

void RequestSample::add(const CacheAccess& access) {
  Stripe& stripe = stripes_[thread_number() % kStripes];
  const Claim claim(stripe);
  if (!claim) return skip();
  stripe.accesses[stripe.count++] = access;
  if (stripe.count < kBatch) return;
  if (mutex_.try_lock()) {
    try {
      hand_over(stripe);
    } catch (const std::bad_alloc&) {
      stripe.count = 0;  // a forecast is not worth a request: these few are not in it
    }
    mutex_.unlock();
  } else {
    lost_.fetch_add(stripe.count, std::memory_order_relaxed);
    stripe.count = 0;
  }
}

void RequestSample::hand_over(Stripe& stripe) {
  forecaster_.lose(lost_.exchange(0, std::memory_order_relaxed));
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
  for (Stripe& stripe : stripes_)
    if (const Claim claim(stripe); claim) hand_over(stripe);
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
