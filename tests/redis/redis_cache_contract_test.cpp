#include "contract/tier_contract.h"
#include "redis/redis_fixture.h"

#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

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

/// The words of the command that docs/operations.md has for making the tier's user.
inline std::vector<std::string> documented_acl() {
  std::ifstream document(REFRAIN_SOURCE_DIR "/docs/operations.md");
  for (std::string line; std::getline(document, line);) {
    const std::size_t begin = line.find("ACL SETUSER refrain ");
    if (begin == std::string::npos) continue;
    std::istringstream text(line.substr(begin));
    std::vector<std::string> words;
    for (std::string word; text >> word;)
      words.push_back(word);
    return words;
  }
  throw std::runtime_error("docs/operations.md has no ACL");
}

/// A tier that logs in as the documented user, and is never refused anything.
class RedisAclTraits {
public:
  RedisAclTraits(ManualClock& clock, boost::asio::io_context& loop) : clock_(clock), loop_(loop) {
    if (server_.command(documented_acl()).is_error())
      throw std::runtime_error("Redis refuses the documented ACL");
    reopen();
  }
  RedisAclTraits(const RedisAclTraits&) = delete;
  RedisAclTraits& operator=(const RedisAclTraits&) = delete;
  ~RedisAclTraits() {
    run(loop_, tier().sweep());
    EXPECT_TRUE(tier().stats().remote->memory.has_value());
    EXPECT_TRUE(server_.command({"ACL", "LOG"}).elements().empty());
  }

  Tier& tier() { return instance_->cache(); }

  void reopen() {
    instance_.reset();
    RedisCache::Options options = redis_options(server_.unix_endpoint());
    options.endpoint.user = "refrain";
    options.endpoint.password = "password";
    instance_ = std::make_unique<RedisInstance>(options, clock_, loop_);
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

INSTANTIATE_TYPED_TEST_SUITE_P(Redis, TierContract, RedisTraits);
INSTANTIATE_TYPED_TEST_SUITE_P(RedisAcl, TierContract, RedisAclTraits);
INSTANTIATE_TYPED_TEST_SUITE_P(RedisAcl, PersistentTierContract, RedisAclTraits);
INSTANTIATE_TYPED_TEST_SUITE_P(Redis, PersistentTierContract, RedisTraits);
// Redis expires keys by its own clock.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ClockedTierContract);

}  // namespace refrain::testing
