#include "refrain/app/redis_tls.h"

#include "refrain/app/option.h"

#include "support/log_spy.h"
#include "support/tls_certificates.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace refrain::app {
namespace {

using testing::LogSpy;
using testing::TlsCertificates;

const TlsCertificates& certificates() {
  static const TlsCertificates instance;
  return instance;
}

class RedisTlsTest : public ::testing::Test {
protected:
  // By the option's flag, as a user would.
  void set(std::string_view flag, std::string_view value) {
    for (const Option& option : all_options()) {
      if (option.flag != flag) continue;
      EXPECT_TRUE(option.read(settings_, value).has_value()) << flag;
      return;
    }
    ADD_FAILURE() << "no option " << flag;
  }

  Result<RedisEndpoint> endpoint(std::string_view url) {
    RedisEndpoint endpoint = parse_redis_url(url).value();
    const Result<void> added = add_redis_tls(settings_, endpoint, log_);
    if (!added) return fail(added.error());
    return endpoint;
  }

  Error error(std::string_view url) {
    Result<RedisEndpoint> made = endpoint(url);
    return made ? Error(ErrorCode::kInternal, "no error") : made.error();
  }

  Settings settings_;
  LogSpy log_;
};

TEST_F(RedisTlsTest, LeavesAPlainAddressAlone) {
  EXPECT_EQ(endpoint("redis://localhost")->tls, nullptr);
  EXPECT_EQ(endpoint("unix:///run/redis.sock")->tls, nullptr);
}

TEST_F(RedisTlsTest, VerifiesTheServerByItself) {
  const Result<RedisEndpoint> made = endpoint("rediss://localhost");

  ASSERT_TRUE(made.has_value());
  ASSERT_NE(made->tls, nullptr);
  EXPECT_TRUE(made->tls->verifies());
  EXPECT_TRUE(log_.records().empty());
}

TEST_F(RedisTlsTest, TakesEveryOption) {
  set("redis-tls-ca", certificates().path("ca.crt"));
  set("redis-tls-cert", certificates().path("client.crt"));
  set("redis-tls-key", certificates().path("client.key"));
  set("redis-tls-server-name", "cache.example");

  const Result<RedisEndpoint> made = endpoint("rediss://localhost");

  ASSERT_TRUE(made.has_value()) << made.error().message();
  EXPECT_EQ(made->tls->server_name(), "cache.example");
}

TEST_F(RedisTlsTest, WarnsWhenTheServerIsNotVerified) {
  set("redis-tls-verify", "off");

  EXPECT_FALSE(endpoint("rediss://localhost")->tls->verifies());

  EXPECT_EQ(log_.count(LogLevel::kWarning), 1U);
}

TEST_F(RedisTlsTest, NamesTheOptionOfAFileThatCannotBeRead) {
  set("redis-tls-ca", "/nothing");
  EXPECT_TRUE(error("rediss://localhost").message().starts_with("--redis-tls-ca: "))
      << error("rediss://localhost").message();
  set("redis-tls-ca", "");
  set("redis-tls-cert", "/nothing");
  set("redis-tls-key", "/nothing");
  EXPECT_TRUE(error("rediss://localhost").message().starts_with("--redis-tls-cert: "));
  set("redis-tls-cert", certificates().path("client.crt"));
  EXPECT_TRUE(error("rediss://localhost").message().starts_with("--redis-tls-key: "));
}

TEST_F(RedisTlsTest, RefusesToSpeakInTheClearWhenTlsWasMeant) {
  for (const char* option :
       {"redis-tls-ca", "redis-tls-cert", "redis-tls-key", "redis-tls-server-name"}) {
    settings_ = Settings();
    set(option, "something");
    EXPECT_TRUE(error("redis://localhost").message().starts_with(std::string("--") + option + " "))
        << option;
  }
  settings_ = Settings();
  set("redis-tls-verify", "off");
  EXPECT_EQ(error("redis://localhost").field(), "redis-tls-verify");
}

}  // namespace
}  // namespace refrain::app
