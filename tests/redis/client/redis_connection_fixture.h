#pragma once

/// @file
/// A connection on a test's loop, and what it logs.

#include "refrain/core/log.h"
#include "refrain/redis/client/redis_connection.h"

#include "redis/redis_fixture.h"
#include "support/run.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace refrain::testing {

class RecordingLog final : public Log {
public:
  void write(LogLevel /*level*/,
             std::string_view message,
             std::initializer_list<LogField> fields) override {
    std::string line(message);
    for (const LogField& field : fields)
      line += " " + std::string(field.name()) + "=" + field.value();
    lines.push_back(line);
  }

  [[nodiscard]] bool mentions(std::string_view text) const {
    return std::any_of(lines.begin(), lines.end(), [text](const std::string& line) {
      return line.find(text) != std::string::npos;
    });
  }

  std::vector<std::string> lines;
};

class RedisConnectionTest : public ::testing::Test {
protected:
  ~RedisConnectionTest() override {
    if (connection_) connection_->stop();
  }

  static RedisConnectionOptions options(RedisEndpoint endpoint) {
    RedisConnectionOptions options;
    options.endpoint = std::move(endpoint);
    options.command_budget = kAmple;
    options.connect_budget = kAmple;
    return options;
  }

  void start(RedisConnectionOptions options) {
    options.on_connect_failed = [this](const Error& error) {
      failures_.push_back(error);
    };
    connection_ = std::make_shared<RedisConnection>(std::move(options), loop_, log_);
    connection_->start();
  }

  void connect(const RedisConnectionOptions& options) {
    start(options);
    run_until(loop_, [this] { return connection_->is_ready(); });
  }

  Error first_failure() {
    run_until(loop_, [this] { return !failures_.empty(); });
    return failures_.front();
  }

  Result<RespValue> execute(std::initializer_list<std::string_view> words) {
    return run(loop_, connection_->execute(RedisCommand(words)));
  }

  boost::asio::io_context loop_{1};
  RecordingLog log_;
  std::vector<Error> failures_;
  std::shared_ptr<RedisConnection> connection_;
};

}  // namespace refrain::testing
