#include "refrain/app/service_host.h"

#include "refrain/app/event_loops.h"

#include "app/tea_model_file.h"
#include "support/http_client.h"
#include "support/log_spy.h"
#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <charconv>
#include <memory>
#include <string>

namespace refrain::app {
namespace {

using testing::HttpClient;
using testing::HttpReply;

class ServiceHostTest : public ::testing::Test {
protected:
  ServiceHostTest() {
    settings_.text_port = 0;
    settings_.sticker_port = 0;
    settings_.has_redis = false;
    settings_.text_model = testing::write_tea_model(dir_.path());
    settings_.mock_delay = {};
    settings_.disk_directory = dir_.path() / "cache";
  }

  ~ServiceHostTest() override {
    loops_.stop();
    pool_.join();
  }

  void start(Result<std::unique_ptr<ServiceHost>> host) {
    if (!host) throw std::runtime_error(host.error().message());
    host_ = std::move(*host);
    loops_.start();
  }

  [[nodiscard]] std::uint16_t port() const {
    const std::string address = host_->address();
    const std::string digits = address.substr(address.rfind(':') + 1);
    std::uint16_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
  }

  HttpReply ask(const std::string& method, const std::string& target) {
    return HttpClient(port()).exchange(method + " " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }

  testing::TempDir dir_;
  Settings settings_;
  const SystemClock clock_;
  testing::LogSpy log_;
  EventLoops loops_{1};
  boost::asio::thread_pool pool_{1};
  const CacheSurroundings surroundings_{loops_.contexts(), pool_, clock_, log_};
  std::unique_ptr<ServiceHost> host_;
};

TEST_F(ServiceHostTest, ServesStickersOnAFreePort) {
  start(StickerHost::open(settings_, surroundings_));

  EXPECT_EQ(host_->name(), "sticker");
  EXPECT_TRUE(host_->address().starts_with("http://127.0.0.1:"));
  EXPECT_NE(port(), 0);
  EXPECT_EQ(ask("GET", "/healthz").status, 200U);
  EXPECT_EQ(ask("GET", "/v1/stickers?prompt=cat&size=64").header("Content-Type"), "image/png");
  EXPECT_EQ(host_->cache().stats().requests.miss, 1);
}

TEST_F(ServiceHostTest, ServesTextsOnAFreePort) {
  start(TextHost::open(settings_, surroundings_));

  EXPECT_EQ(host_->name(), "text");
  EXPECT_EQ(ask("GET", "/v1/predictions?text=thank+").status, 200U);
  EXPECT_NE(ask("GET", "/cache-status").body.find("\"service\":\"text\""), std::string::npos);
}

TEST_F(ServiceHostTest, GivesItsRoutesTheTokenTheTenantAndTheLimits) {
  settings_.admin_token = "secret";
  settings_.tenant_header = "X-Tenant";
  settings_.max_prompt_characters = 3;
  start(StickerHost::open(settings_, surroundings_));

  EXPECT_EQ(ask("DELETE", "/v1/cache").status, 401U);
  EXPECT_EQ(ask("GET", "/v1/stickers?prompt=long").status, 422U);
}

TEST_F(ServiceHostTest, WritesAnAddressOfIpv6InBrackets) {
  settings_.host = "::1";
  start(StickerHost::open(settings_, surroundings_));

  EXPECT_TRUE(host_->address().starts_with("http://[::1]:")) << host_->address();
}

TEST_F(ServiceHostTest, TakesNoConnectionsOnceItDrains) {
  start(StickerHost::open(settings_, surroundings_));
  const std::uint16_t former = port();
  ask("GET", "/healthz");

  host_->drain();

  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (testing::can_connect(former) && std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_FALSE(testing::can_connect(former));
}

TEST_F(ServiceHostTest, SaysWhyItCannotListen) {
  settings_.host = "256.0.0.1";

  const auto host = StickerHost::open(settings_, surroundings_);

  ASSERT_FALSE(host);
  EXPECT_NE(host.error().message().find("256.0.0.1"), std::string::npos) << host.error().message();
}

TEST_F(ServiceHostTest, SaysWhyItHasNoModelOrNoCaches) {
  settings_.has_redis = true;
  settings_.redis_url = "nonsense";
  const auto without_caches = TextHost::open(settings_, surroundings_);
  settings_.text_model = "/dev/null/absent.lm.bin";
  const auto without_model = TextHost::open(settings_, surroundings_);

  ASSERT_FALSE(without_caches);
  EXPECT_NE(without_caches.error().message().find("Redis"), std::string::npos);
  ASSERT_FALSE(without_model);
  EXPECT_NE(without_model.error().message().find("absent.lm.bin"), std::string::npos);
}

}  // namespace
}  // namespace refrain::app
