#include "refrain/app/demo_text.h"

#include "app/captured.h"
#include "app/tea_model_file.h"
#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <string>

namespace refrain::app {
namespace {

class DemoText : public ::testing::Test {
protected:
  DemoText() { settings_.text_model = testing::write_tea_model(dir_.path()); }

  testing::Captured show() {
    return testing::captured([this] { return demo_text(settings_, Terminal()); });
  }

  testing::TempDir dir_;
  Settings settings_;
};

TEST_F(DemoText, ShowsEveryStepWithoutRedis) {
  settings_.has_redis = false;

  const auto said = show();

  EXPECT_EQ(said.exit_code, 0) << said.out;
  EXPECT_NE(said.out.find("generated in"), std::string::npos);
  EXPECT_NE(said.out.find("from memory in"), std::string::npos);
  EXPECT_NE(said.out.find("checks passed."), std::string::npos);
}

TEST_F(DemoText, SaysThatNoRedisAnswersAndGoesOn) {
  settings_.redis_host = "127.0.0.1";
  settings_.redis_port = 1;

  const auto said = show();

  EXPECT_EQ(said.exit_code, 0) << said.out;
  EXPECT_NE(said.out.find("no Redis answers"), std::string::npos);
}

TEST_F(DemoText, FailsWithoutAModel) {
  settings_.text_model = "/dev/null/absent.lm.bin";

  const auto said = show();

  EXPECT_EQ(said.exit_code, 1);
  EXPECT_NE(said.out.find("/dev/null/absent.lm.bin"), std::string::npos);
}

TEST_F(DemoText, FailsForARedisAddressThatMakesNoSense) {
  settings_.redis_url = "redis://user:hunter2@:x/";

  const auto said = show();

  EXPECT_EQ(said.exit_code, 2);
  EXPECT_NE(said.out.find("--redis-url"), std::string::npos);
  EXPECT_EQ(said.out.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace refrain::app
