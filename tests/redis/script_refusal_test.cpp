#include "refrain/redis/script_refusal.h"

#include <gtest/gtest.h>

namespace refrain {
namespace {

TEST(ScriptRefusal, IsForGoodIfTheUserOrTheServerHasNoScripts) {
  EXPECT_TRUE(is_script_refusal(
      "NOPERM this user has no permissions to run the 'eval' command or its subcommand"));
  EXPECT_TRUE(
      is_script_refusal("ERR unknown command 'EVAL', with args beginning with: 'return 1'"));
}

TEST(ScriptRefusal, IsNotForGoodIfTheServerCannotRunOneNow) {
  EXPECT_FALSE(is_script_refusal("LOADING Redis is loading the dataset in memory"));
  EXPECT_FALSE(is_script_refusal("READONLY You can't write against a read only replica."));
  EXPECT_FALSE(is_script_refusal("BUSY Redis is busy running a script."));
  EXPECT_FALSE(is_script_refusal("ERR it is no epoch"));
}

}  // namespace
}  // namespace refrain
