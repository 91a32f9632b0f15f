#include "refrain/models/sticker/sticker_request.h"

#include "models/sticker/hostile_prompts.h"

#include <gtest/gtest.h>

#include <limits>

namespace refrain {
namespace {

/// The field and the kind of the error, or nothing.
std::pair<std::string, ErrorCode> error_of(const StickerRequest& request) {
  const Result<void> validity = validate(request);
  if (validity) return {"", ErrorCode::kInternal};
  return {validity.error().field(), validity.error().code()};
}

TEST(StickerRequest, IsValidWithAPromptAlone) {
  EXPECT_TRUE(validate(StickerRequest("a cat")).has_value());
}

TEST(StickerRequest, RefusesAnEmptyOrMalformedOrHugePrompt) {
  EXPECT_EQ(error_of(StickerRequest("")),
            std::pair(std::string("prompt"), ErrorCode::kInvalidArgument));
  EXPECT_EQ(error_of(StickerRequest("\xff")),
            std::pair(std::string("prompt"), ErrorCode::kInvalidArgument));
  EXPECT_EQ(error_of(StickerRequest(std::string(StickerRequest::kMaxPromptBytes + 1, 'a'))),
            std::pair(std::string("prompt"), ErrorCode::kTooLarge));
}

TEST(StickerRequest, TakesEveryWellFormedPromptHoweverOdd) {
  for (const std::string& prompt : testing::hostile_prompts()) {
    EXPECT_TRUE(validate(StickerRequest(prompt)).has_value()) << prompt.substr(0, 40);
  }
}

TEST(StickerRequest, RefusesSizesOutsideTheLimits) {
  StickerRequest request("a cat");
  for (const std::int32_t size : {64, 512, 1024}) {
    request.size = size;
    EXPECT_TRUE(validate(request).has_value()) << size;
  }
  for (const std::int32_t size :
       {std::numeric_limits<std::int32_t>::min(), -1, 0, 63, 1025, 1 << 30}) {
    request.size = size;
    EXPECT_EQ(error_of(request), std::pair(std::string("size"), ErrorCode::kUnprocessable)) << size;
  }
}

TEST(StickerRequest, RefusesVariantsOutsideTheLimits) {
  StickerRequest request("a cat");
  request.variant = StickerRequest::kMaxVariant;
  EXPECT_TRUE(validate(request).has_value());
  for (const std::int32_t variant :
       {-1, StickerRequest::kMaxVariant + 1, std::numeric_limits<std::int32_t>::min()}) {
    request.variant = variant;
    EXPECT_EQ(error_of(request), std::pair(std::string("variant"), ErrorCode::kUnprocessable))
        << variant;
  }
}

}  // namespace
}  // namespace refrain
