#include "refrain/app/demo_sticker.h"

#include "app/captured.h"
#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <string>

namespace refrain::app {
namespace {

/// The demonstration saves its pictures in the current directory.
class DemoSticker : public ::testing::Test {
protected:
  DemoSticker() : former_(std::filesystem::current_path()) {
    std::filesystem::current_path(dir_.path());
    settings_.mock_delay = {};
  }
  ~DemoSticker() override { std::filesystem::current_path(former_); }

  testing::Captured show() {
    return testing::captured([this] { return demo_sticker(settings_, Terminal()); });
  }

  testing::TempDir dir_;
  const std::filesystem::path former_;
  Settings settings_;
};

TEST_F(DemoSticker, ShowsEveryStepAndSavesThePictures) {
  const auto said = show();

  EXPECT_EQ(said.exit_code, 0) << said.out;
  EXPECT_NE(said.out.find("from memory in"), std::string::npos);
  EXPECT_NE(said.out.find("from disk in"), std::string::npos);
  EXPECT_NE(said.out.find("Without any cache"), std::string::npos);
  EXPECT_NE(said.out.find("checks passed."), std::string::npos);
  const std::filesystem::directory_iterator pictures("demo_stickers");
  EXPECT_EQ(std::distance(begin(pictures), end(pictures)), 4);
}

TEST_F(DemoSticker, SucceedsAgainOverTheSameDirectory) {
  EXPECT_EQ(show().exit_code, 0);
  EXPECT_EQ(show().exit_code, 0);
}

TEST_F(DemoSticker, FailsIfTheDiskCannotBeHad) {
  settings_.disk_directory = "/dev/null/cache";

  const auto said = show();

  EXPECT_EQ(said.exit_code, 1);
  EXPECT_NE(said.out.find("checks failed."), std::string::npos);
}

TEST_F(DemoSticker, NamesTheOptionThatIsToBlame) {
  settings_.has_sticker_redis = true;
  settings_.redis_host.clear();

  const auto said = show();

  EXPECT_EQ(said.exit_code, 2);
  EXPECT_NE(said.out.find("--redis-host"), std::string::npos) << said.out;
}

}  // namespace
}  // namespace refrain::app
