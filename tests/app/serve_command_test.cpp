#include "refrain/app/serve_command.h"

#include "app/captured.h"
#include "support/http_client.h"
#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace refrain::app {
namespace {

std::uint16_t free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool is_bound =
      ::bind(probe, generic, size) == 0 && ::getsockname(probe, generic, &size) == 0;
  ::close(probe);
  if (!is_bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

/// Asks until the service answers: from then on it listens to signals too. False after a while.
bool wait_until_it_answers(std::uint16_t port) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (std::chrono::steady_clock::now() < deadline) {
    if (!testing::can_connect(port)) {
      std::this_thread::yield();
      continue;
    }
    return testing::HttpClient(port)
               .exchange("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
               .status == 200;
  }
  return false;
}

class ServeCommand : public ::testing::Test {
protected:
  ServeCommand() {
    settings_.sticker_port = free_port();
    settings_.threads = 1;
    settings_.mock_delay = {};
    settings_.disk_directory = dir_.path() / "cache";
  }

  testing::Captured run() {
    return testing::captured([this] { return serve(settings_, {false, true}); });
  }

  testing::TempDir dir_;
  Settings settings_;
};

TEST_F(ServeCommand, ServesUntilItIsTold) {
  bool has_answered = false;
  std::thread other([&] {
    has_answered = wait_until_it_answers(settings_.sticker_port);
    ::kill(::getpid(), SIGTERM);
  });

  const auto said = run();
  other.join();

  EXPECT_TRUE(has_answered);
  EXPECT_EQ(said.exit_code, 0);
  EXPECT_NE(said.out.find("http://127.0.0.1:" + std::to_string(settings_.sticker_port)),
            std::string::npos);
  EXPECT_NE(said.err.find("draining"), std::string::npos);
  EXPECT_NE(said.err.find("stopped"), std::string::npos);
}

TEST_F(ServeCommand, FailsIfItCannotListen) {
  const int taken = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(settings_.sticker_port);
  ASSERT_EQ(::bind(taken, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(taken, 1), 0);

  const auto said = run();
  ::close(taken);

  EXPECT_EQ(said.exit_code, 1);
  EXPECT_TRUE(said.err.starts_with("refrain: ")) << said.err;
}

TEST_F(ServeCommand, EndsWith2ForABadOptionAndNamesIt) {
  struct Case {
    std::string option;
    std::function<void(Settings&)> spoil;
  };
  const std::vector<Case> cases = {
      {"--host, REFRAIN_HOST",
       [](Settings& s) {
         s.host = "256.0.0.1";
       }},
      {"--redis-url, REDIS_URL",
       [](Settings& s) {
         s.redis_url = "localhost:6379";
       }},
      {"--redis-url, REDIS_URL",
       [](Settings& s) {
         s.redis_url = "http://localhost";
       }},
      {"--redis-url, REDIS_URL",
       [](Settings& s) {
         s.redis_url = "redis://";
       }},
      {"--redis-url, REDIS_URL",
       [](Settings& s) {
         s.redis_url = "redis://a:70000";
       }},
      {"--redis-url, REDIS_URL",
       [](Settings& s) {
         s.redis_url = "redis://user@a";
       }},
      {"--redis-url, REDIS_URL",
       [](Settings& s) {
         s.redis_url = "redis://a/x";
       }},
      {"--redis-url, REDIS_URL",
       [](Settings& s) {
         s.redis_url = "redis://a%zz/";
       }},
      {"--redis-url, REDIS_URL",
       [](Settings& s) {
         s.redis_url = "redis://a?timeout=1";
       }},
      {"--redis-url, REDIS_URL",
       [](Settings& s) {
         s.redis_url = "unix://host/path";
       }},
      {"--redis-url, REDIS_URL",
       [](Settings& s) {
         s.redis_mode = "cluster";
         s.redis_url = "redis://a/1";
       }},
      {"--redis-host, REDIS_HOST",
       [](Settings& s) {
         s.redis_host.clear();
       }},
      {"--redis-nodes, REFRAIN_REDIS_NODES",
       [](Settings& s) {
         s.redis_nodes = "a:b";
       }},
      {"--redis-nodes, REFRAIN_REDIS_NODES",
       [](Settings& s) {
         s.redis_nodes = "a:1";
       }},
      {"--redis-nodes, REFRAIN_REDIS_NODES",
       [](Settings& s) {
         s.redis_mode = "sentinel";
       }},
      {"--redis-master, REFRAIN_REDIS_MASTER",
       [](Settings& s) {
         s.redis_mode = "sentinel";
         s.redis_nodes = "a:1";
       }},
      {"--redis-master, REFRAIN_REDIS_MASTER",
       [](Settings& s) {
         s.redis_master = "cache";
       }},
      {"--redis-replica-reads",
       [](Settings& s) {
         s.has_redis_replica_reads = true;
       }},
      {"--redis-tls-ca",
       [](Settings& s) {
         s.redis_url = "rediss://a";
         s.redis_tls_ca = "/nothing";
       }},
      {"--redis-tls-key",
       [](Settings& s) {
         s.redis_url = "rediss://a";
         s.redis_tls_certificate = "/nothing";
       }},
      {"--redis-tls-cert",
       [](Settings& s) {
         s.redis_url = "rediss://a";
         s.redis_tls_certificate = "/nothing";
         s.redis_tls_key = "/nothing";
       }},
      {"--redis-tls-cert",
       [](Settings& s) {
         s.redis_tls_certificate = "/nothing";
       }},
  };
  settings_.has_sticker_redis = true;
  const Settings good = settings_;
  for (const Case& one : cases) {
    settings_ = good;
    one.spoil(settings_);

    const auto said = run();

    EXPECT_EQ(said.exit_code, 2) << said.err;
    EXPECT_TRUE(said.err.starts_with("refrain: ")) << said.err;
    EXPECT_NE(said.err.find(one.option), std::string::npos) << one.option << " in " << said.err;
  }
}

TEST_F(ServeCommand, NeverShowsASecret) {
  settings_.admin_token = "hunter2";
  settings_.has_sticker_redis = true;
  settings_.redis_url = "redis://user:hunter2@127.0.0.1:1/0";
  settings_.log_level = "debug";
  std::thread other([&] {
    wait_until_it_answers(settings_.sticker_port);
    ::kill(::getpid(), SIGTERM);
  });

  const auto said = run();
  other.join();

  EXPECT_EQ(said.exit_code, 0);
  EXPECT_EQ(said.out.find("hunter2"), std::string::npos);
  EXPECT_EQ(said.err.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace refrain::app
