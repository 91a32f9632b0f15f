#include "refrain/disk/disk_cache.h"

#include "contract/tier_contract.h"
#include "support/temp_dir.h"

#include <memory>
#include <optional>

namespace refrain::testing {

class DiskTraits {
public:
  static constexpr bool kPersists = true;
  static constexpr bool kFollowsClock = true;
  static constexpr bool kAnswersNow = true;
  static constexpr bool kCountsReplaced = true;
  static constexpr int kMaxSweeps = 1;

  DiskTraits(ManualClock& clock, boost::asio::io_context& /*loop*/) : clock_(clock) { open(); }

  Tier& tier() { return *tier_; }
  void settle() { tier_->flush(); }
  void reopen() {
    tier_.reset();
    open();
  }

private:
  void open() {
    DiskCache::Options options;
    options.directory = dir_.path() / "cache";
    options.max_size_bytes = 16 << 20;
    options.ttl = std::chrono::hours(1);
    tier_.emplace(options, clock_, log_);
  }

  TempDir dir_;
  ManualClock& clock_;
  NullLog log_;
  std::optional<DiskCache> tier_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Disk, TierContract, DiskTraits);
INSTANTIATE_TYPED_TEST_SUITE_P(Disk, ClockedTierContract, DiskTraits);
INSTANTIATE_TYPED_TEST_SUITE_P(Disk, PersistentTierContract, DiskTraits);

}  // namespace refrain::testing
