#include "refrain/models/text/model_file.h"

#include "support/temp_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <vector>

namespace refrain {
namespace {

using ::testing::HasSubstr;

TEST(FindModelFile, TakesTheFirstThatExists) {
  const testing::TempDir folder;
  const std::filesystem::path absent = folder.path() / "absent";
  const std::filesystem::path first = folder.path() / "first";
  const std::filesystem::path second = folder.path() / "second";
  std::ofstream(first) << 'x';
  std::ofstream(second) << 'x';
  const std::vector<std::filesystem::path> candidates{absent, folder.path(), first, second};

  const auto found = find_model_file(candidates);

  ASSERT_TRUE(found.has_value()) << found.error().message();
  EXPECT_EQ(*found, first);
}

TEST(FindModelFile, SaysWhereItLooked) {
  const testing::TempDir folder;
  const std::vector<std::filesystem::path> candidates{folder.path() / "here",
                                                      folder.path() / "there"};

  const auto found = find_model_file(candidates);

  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(found.error().message(), HasSubstr((folder.path() / "here").string()));
  EXPECT_THAT(found.error().message(), HasSubstr((folder.path() / "there").string()));
}

}  // namespace
}  // namespace refrain
