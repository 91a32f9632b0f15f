#include "refrain/memory/read_sections.h"

namespace refrain {

std::uint64_t ReadSections::insertion() {
  Stripe& stripe = stripes_[stripe_number()];
  const std::uint64_t inserted = stripe.insertions.fetch_add(1, std::memory_order_relaxed);
  const std::uint64_t time = stripe.lead.load(std::memory_order_relaxed) +
                             stripe.entered[0].load(std::memory_order_relaxed) +
                             stripe.entered[1].load(std::memory_order_relaxed) + inserted + 1;
  // What is new must not look old among the few entries of a small cache: so insertions, which take
  // a lock anyway, are in order to the tick.
  return follow(latest_insertion_, stripe, synchronised(stripe, time));
}

std::uint64_t ReadSections::follow(std::atomic<std::uint64_t>& latest,
                                   Stripe& stripe,
                                   std::uint64_t time) {
  // Two threads at once may set either one back a little: the order between threads is only about
  // right anyway.
  const std::uint64_t other = latest.load(std::memory_order_relaxed);
  if (other > time) {
    stripe.lead.fetch_add(other - time, std::memory_order_relaxed);
    return other;
  }
  latest.store(time, std::memory_order_relaxed);
  return time;
}

std::uint64_t ReadSections::hits() const {
  std::uint64_t sum = 0;
  for (const Stripe& stripe : stripes_)
    sum += stripe.hits[0].load(std::memory_order_relaxed) +
           stripe.hits[1].load(std::memory_order_relaxed);
  return sum;
}

std::uint64_t ReadSections::misses() const {
  std::uint64_t sum = 0;
  for (const Stripe& stripe : stripes_)
    sum += stripe.misses[0].load(std::memory_order_relaxed) +
           stripe.misses[1].load(std::memory_order_relaxed);
  return sum;
}

std::uint64_t ReadSections::insertions() const {
  std::uint64_t sum = 0;
  for (const Stripe& stripe : stripes_)
    sum += stripe.insertions.load(std::memory_order_relaxed);
  return sum;
}

bool ReadSections::is_past_left() const {
  const unsigned past = (era_.load(std::memory_order_relaxed) & 1U) ^ 1U;
  // Those who left are counted first: then equal sums mean that nobody was inside in between.
  std::uint64_t left = 0;
  for (const Stripe& stripe : stripes_)
    left += stripe.hits[past].load(std::memory_order_seq_cst) +
            stripe.misses[past].load(std::memory_order_seq_cst);
  std::uint64_t entered = 0;
  for (const Stripe& stripe : stripes_)
    entered += stripe.entered[past].load(std::memory_order_seq_cst);
  return left == entered;
}

}  // namespace refrain
