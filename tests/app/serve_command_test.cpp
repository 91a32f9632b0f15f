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
#include <stdexcept>
#include <string>
#include <thread>

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
  settings_.host = "256.0.0.1";

  const auto said = run();

  EXPECT_EQ(said.exit_code, 1);
  EXPECT_TRUE(said.err.starts_with("refrain: ")) << said.err;
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
