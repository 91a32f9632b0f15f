#include "contract/tier_contract.h"
#include "redis/documented_acl.h"
#include "redis/redis_fixture.h"

#include <memory>

namespace refrain::testing {

class RedisTraits {
public:
  RedisTraits(ManualClock& clock, boost::asio::io_context& loop) : clock_(clock), loop_(loop) {
    reopen();
  }

  Tier& tier() { return instance_->cache(); }

  /// Another process: it knows of the epoch only what Redis tells it.
  void reopen() {
    instance_.reset();
    instance_ =
        std::make_unique<RedisInstance>(redis_options(server_.unix_endpoint()), clock_, loop_);
    instance_->ready();
  }

  static constexpr bool kPersists = true;
  static constexpr bool kFollowsClock = false;
  static constexpr bool kAnswersNow = false;
  static constexpr bool kCountsReplaced = true;
  static constexpr int kMaxSweeps = 1;

private:
  ManualClock& clock_;
  boost::asio::io_context& loop_;
  RedisServer server_;
  std::unique_ptr<RedisInstance> instance_;
};

/// A tier that logs in as the documented user, and is never refused anything.
class RedisAclTraits {
public:
  RedisAclTraits(ManualClock& clock, boost::asio::io_context& loop) : clock_(clock), loop_(loop) {
    endpoint_ = documented_user(server_);
    reopen();
  }
  RedisAclTraits(const RedisAclTraits&) = delete;
  RedisAclTraits& operator=(const RedisAclTraits&) = delete;
  ~RedisAclTraits() {
    run(loop_, tier().sweep());
    EXPECT_TRUE(tier().stats().remote->memory.has_value());
    EXPECT_TRUE(is_nobody_refused(server_));
  }

  Tier& tier() { return instance_->cache(); }

  void reopen() {
    instance_.reset();
    instance_ = std::make_unique<RedisInstance>(redis_options(endpoint_), clock_, loop_);
    instance_->ready();
  }

  static constexpr bool kPersists = true;
  static constexpr bool kFollowsClock = false;
  static constexpr bool kAnswersNow = false;
  static constexpr bool kCountsReplaced = true;
  static constexpr int kMaxSweeps = 1;

private:
  ManualClock& clock_;
  boost::asio::io_context& loop_;
  RedisServer server_;
  RedisEndpoint endpoint_;
  std::unique_ptr<RedisInstance> instance_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Redis, TierContract, RedisTraits);
INSTANTIATE_TYPED_TEST_SUITE_P(RedisAcl, TierContract, RedisAclTraits);
INSTANTIATE_TYPED_TEST_SUITE_P(RedisAcl, PersistentTierContract, RedisAclTraits);
INSTANTIATE_TYPED_TEST_SUITE_P(Redis, PersistentTierContract, RedisTraits);
// Redis expires keys by its own clock.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ClockedTierContract);

}  // namespace refrain::testing
