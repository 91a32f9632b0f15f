#include "support/service_process.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace refrain {
namespace {

using ::testing::AllOf;
using testing::Finished;
using ::testing::HasSubstr;
using testing::HttpClient;
using testing::HttpReply;
using ::testing::Not;
using testing::ServiceProcess;
using testing::TempDir;

constexpr std::string_view kRequest =
    "GET /v1/stickers?prompt=lifecycle&size=64 HTTP/1.1\r\nHost: x\r\n\r\n";

Finished refrain_with(const std::vector<std::string>& arguments,
                      const std::vector<std::string>& environment = {}) {
  const TempDir folder;
  return testing::run_program(arguments, folder.path().string(), environment);
}

void wait_for_generation(const ServiceProcess& service) {
  testing::wait_until("a generation runs", [&] {
    return testing::cache_status(service.sticker_port())
               .at("generation")
               .at("running")
               .as_int64() == 1;
  });
}

TEST(Lifecycle, AWaitingClientGetsItsAnswerBeforeTheServiceEnds) {
  const TempDir folder;
  ServiceProcess service({"sticker", "--mock-delay", "1"}, folder.path().string());
  HttpClient client(service.sticker_port());
  client.send(kRequest);
  wait_for_generation(service);

  service.signal(SIGTERM);
  const HttpReply reply = client.read_reply();

  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("Content-Type"), "image/png");
  EXPECT_EQ(service.wait().exit_code, 0);
}

TEST(Lifecycle, ADrainingServiceTakesNobodyNew) {
  const TempDir folder;
  ServiceProcess service({"sticker", "--mock-delay", "2"}, folder.path().string());
  HttpClient client(service.sticker_port());
  client.send(kRequest);
  wait_for_generation(service);

  service.signal(SIGTERM);
  testing::wait_until("nobody listens",
                      [&] { return !testing::can_connect(service.sticker_port()); });

  EXPECT_EQ(client.read_reply().status, 200);
  EXPECT_EQ(service.wait().exit_code, 0);
}

TEST(Lifecycle, ASecondSignalEndsTheDraining) {
  const TempDir folder;
  ServiceProcess service({"sticker", "--mock-delay", "600", "--drain-time", "600"},
                         folder.path().string());
  HttpClient client(service.sticker_port());
  client.send(kRequest);
  wait_for_generation(service);

  service.signal(SIGTERM);
  testing::wait_until("it drains",
                      [&] { return service.errors().find("draining") != std::string::npos; });
  service.signal(SIGTERM);

  EXPECT_EQ(service.wait().exit_code, 0);
}

TEST(Lifecycle, TheDrainTimeIsAnEnd) {
  const TempDir folder;
  ServiceProcess service({"sticker", "--mock-delay", "600", "--drain-time", "1"},
                         folder.path().string());
  HttpClient client(service.sticker_port());
  client.send(kRequest);
  wait_for_generation(service);

  service.signal(SIGINT);

  EXPECT_EQ(service.wait().exit_code, 0);
}

TEST(Lifecycle, APortInUseIsNamed) {
  const TempDir folder;
  const ServiceProcess first({"sticker", "--no-disk"}, folder.path().string());
  const std::string port = std::to_string(first.sticker_port());

  const Finished second = refrain_with({"sticker", "--no-disk", "--sticker-port", port});

  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.errors, AllOf(HasSubstr("127.0.0.1"), HasSubstr(port)));
}

TEST(Lifecycle, WrongCommandLinesAreRefused) {
  struct Case {
    std::vector<std::string> arguments;
    const char* named;
  };
  const std::vector<Case> cases = {
      {{"serve", "--no-such-option"}, "--no-such-option"},
      {{"dance"}, "dance"},
      {{"sticker", "--sticker-port", "abc"}, "--sticker-port"},
      {{"sticker", "--sticker-port", "70000"}, "--sticker-port"},
      {{"sticker", "--mock-delay", "3-1"}, "--mock-delay"},
      {{"sticker", "--disk-bytes", "many"}, "--disk-bytes"},
      {{"text", "--redis-mode", "ring"}, "--redis-mode"},
  };

  for (const Case& one : cases) {
    const Finished finished = refrain_with(one.arguments);
    EXPECT_EQ(finished.exit_code, 2) << one.named;
    EXPECT_THAT(finished.errors, HasSubstr(one.named));
  }
  EXPECT_EQ(refrain_with({}).exit_code, 2);
}

TEST(Lifecycle, WrongEnvironmentIsRefused) {
  const Finished finished = refrain_with({"sticker"}, {"REFRAIN_STICKER_PORT=abc"});

  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.errors, HasSubstr("REFRAIN_STICKER_PORT"));
}

TEST(Lifecycle, WrongSettingsFilesAreRefused) {
  const TempDir folder;
  const auto run_with = [&folder](const char* content) {
    const std::string path = (folder.path() / "refrain.toml").string();
    std::ofstream(path) << content;
    return testing::run_program({"sticker", "--config", path}, folder.path().string());
  };

  const Finished unknown = run_with("[server]\nsticker_prot = 1\n");
  const Finished wrong = run_with("[sticker]\nmock_delay = \"soon\"\n");
  const Finished broken = run_with("[server\n");
  const Finished missing = refrain_with({"sticker", "--config", "nowhere.toml"});

  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.errors, HasSubstr("server.sticker_prot"));
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.errors, HasSubstr("sticker.mock_delay"));
  EXPECT_EQ(broken.exit_code, 2);
  EXPECT_THAT(broken.errors, HasSubstr("line 1"));
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.errors, HasSubstr("nowhere.toml"));
}

TEST(Lifecycle, SettingsFilesAreReadAndFlagsWin) {
  const TempDir folder;
  const std::string path = (folder.path() / "refrain.toml").string();
  const std::string from_file = (folder.path() / "from_file").string();
  std::ofstream(path) << "[sticker]\nmock_delay = 0\n[server]\nadmin_token = \"from file\"\n"
                      << "[disk]\ndirectory = \"" << from_file << "\"\n";

  const ServiceProcess service({"sticker", "--config", path, "--admin-token", "from-flag"},
                               folder.path().string());

  EXPECT_EQ(testing::tier_status(service.sticker_port(), "disk").at("directory").as_string(),
            boost::json::string_view(from_file));
  const auto erase_with = [&service](const std::string& token) {
    return testing::send_delete(
               service.sticker_port(), "/v1/cache", "Authorization: Bearer " + token + "\r\n")
        .status;
  };
  EXPECT_EQ(erase_with("from file"), 401U);
  EXPECT_EQ(erase_with("from-flag"), 200U);
}

TEST(Lifecycle, VersionAndHelpSucceed) {
  const Finished version = refrain_with({"--version"});
  const Finished help = refrain_with({"--help"});
  const Finished serve_help = refrain_with({"serve", "--help"});

  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.output, ::testing::StartsWith("refrain "));
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.output, AllOf(HasSubstr("serve"), HasSubstr("cache"), HasSubstr("demo")));
  EXPECT_EQ(serve_help.exit_code, 0);
  EXPECT_THAT(serve_help.output, HasSubstr("--sticker-port"));
}

TEST(Lifecycle, WithoutAnyTierEveryAnswerIsGenerated) {
  const TempDir folder;
  const ServiceProcess service({"serve",
                                "--no-redis",
                                "--text-memory-items",
                                "0",
                                "--sticker-memory-items",
                                "0",
                                "--no-disk",
                                "--mock-delay",
                                "0"},
                               folder.path().string());

  std::string text;
  std::string sticker;
  for (int i = 0; i < 3; ++i) {
    const HttpReply words = testing::get(service.text_port(), "/v1/predictions?text=no+tiers+at+");
    const HttpReply picture =
        testing::get(service.sticker_port(), "/v1/stickers?prompt=no+tiers&size=64");
    EXPECT_EQ(words.header("Cache-Status"), "refrain; fwd=miss");
    EXPECT_EQ(picture.header("Cache-Status"), "refrain; fwd=miss");
    if (i == 0) {
      text = words.body;
      sticker = picture.body;
    }
    EXPECT_EQ(words.body, text);
    EXPECT_TRUE(picture.body == sticker);
  }
  for (const std::uint16_t port : {service.text_port(), service.sticker_port()}) {
    const boost::json::object status = testing::cache_status(port);
    EXPECT_TRUE(status.at("tiers").as_array().empty());
    EXPECT_EQ(status.at("generation").at("count").as_int64(), 3);
    EXPECT_THAT(testing::get(port, "/readyz").body, Not(HasSubstr("degraded")));
  }
}

TEST(Lifecycle, LogsHoldNoPrompt) {
  const TempDir folder;
  ServiceProcess service({"serve", "--no-redis", "--mock-delay", "0", "--log-level", "debug"},
                         folder.path().string());
  const std::string secret = "xylophonequagmire";
  const std::string long_prompt = secret + std::string(5000, 'a');

  EXPECT_EQ(testing::get(service.sticker_port(), "/v1/stickers?size=64&prompt=" + secret).status,
            200U);
  EXPECT_EQ(testing::get(service.sticker_port(), "/v1/stickers?size=1&prompt=" + secret).status,
            422U);
  EXPECT_EQ(testing::get(service.text_port(), "/v1/predictions?text=" + secret).status, 200U);
  EXPECT_EQ(testing::get(service.text_port(), "/v1/predictions?text=%ff" + secret).status, 400U);
  EXPECT_EQ(testing::get(service.text_port(), "/" + secret).status, 404U);
  EXPECT_EQ(testing::send_json(
                service.text_port(), "POST", "/predict", R"({"text":")" + long_prompt + R"("})")
                .status,
            422U);
  service.signal(SIGTERM);
  const Finished finished = service.wait();

  EXPECT_THAT(finished.errors, HasSubstr("draining"));
  EXPECT_THAT(finished.errors, Not(HasSubstr(secret)));
  EXPECT_THAT(finished.output, Not(HasSubstr(secret)));
}

TEST(Lifecycle, JsonLogsAreOneObjectALine) {
  const TempDir folder;
  std::ofstream(folder.path() / "a \"file\"") << "in the way";
  ServiceProcess service({"sticker",
                          "--log-format",
                          "json",
                          "--log-level",
                          "debug",
                          "--disk-dir",
                          (folder.path() / "a \"file\"").string()},
                         folder.path().string());
  service.signal(SIGTERM);
  const Finished finished = service.wait();

  std::istringstream lines(finished.errors);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const boost::json::object entry = boost::json::parse(line).as_object();
    EXPECT_TRUE(entry.contains("time")) << line;
    EXPECT_TRUE(entry.contains("level")) << line;
    EXPECT_FALSE(entry.at("message").as_string().empty()) << line;
  }
  EXPECT_GE(count, 3) << finished.errors;
  EXPECT_EQ(finished.errors.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace refrain
