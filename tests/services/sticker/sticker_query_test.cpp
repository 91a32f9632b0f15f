#include "refrain/services/sticker/sticker_query.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

namespace refrain {
namespace {

Result<StickerQuery> read(std::string_view body) {
  Result<RequestFields> fields = RequestFields::from_json(body);
  if (!fields) throw std::invalid_argument(fields.error().message());
  return StickerQuery::read(std::move(*fields), 10);
}

std::string failure(std::string_view body) {
  const Result<StickerQuery> query = read(body);
  if (query) return "ok";
  return std::string(to_string(query.error().code())) + ":" + query.error().field();
}

TEST(StickerQuery, ReadsEveryField) {
  const auto query =
      read(R"({"prompt":"cat","style":"badge","size":256,"format":"webp","variant":7,)"
           R"("seed":18446744073709551615})");

  ASSERT_TRUE(query);
  EXPECT_EQ(query->request().prompt, "cat");
  EXPECT_EQ(query->request().style, StickerStyle::kBadge);
  EXPECT_EQ(query->request().size, 256);
  EXPECT_EQ(query->request().format, ImageFormat::kWebp);
  EXPECT_EQ(query->request().variant, 7);
  EXPECT_EQ(query->request().seed, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(query->unknown_fields(), "");
}

TEST(StickerQuery, HasDefaults) {
  const auto query = read(R"({"prompt":"cat","style":null,"size":null,"format":null})");

  ASSERT_TRUE(query);
  EXPECT_EQ(query->request().style, StickerStyle::kAuto);
  EXPECT_EQ(query->request().size, 512);
  EXPECT_EQ(query->request().format, ImageFormat::kPng);
  EXPECT_EQ(query->request().variant, 0);
  EXPECT_EQ(query->request().seed, std::nullopt);
}

TEST(StickerQuery, KnowsEveryStyleAndFormat) {
  for (const StickerStyle style : kAllStickerStyles) {
    const std::string name(to_string(style));
    EXPECT_EQ(read(R"({"prompt":"a","style":")" + name + R"("})")->request().style, style);
  }
  EXPECT_EQ(read(R"({"prompt":"a","format":"png"})")->request().format, ImageFormat::kPng);
}

TEST(StickerQuery, NamesTheFieldThatIsWrong) {
  EXPECT_EQ(failure("{}"), "invalid_argument:prompt");
  EXPECT_EQ(failure(R"({"prompt":1})"), "invalid_argument:prompt");
  EXPECT_EQ(failure(R"({"prompt":""})"), "invalid_argument:prompt");
  EXPECT_EQ(failure(R"({"prompt":" \t\r\n"})"), "invalid_argument:prompt");
  EXPECT_EQ(failure(R"({"prompt":"01234567890"})"), "unprocessable:prompt");
  EXPECT_EQ(failure(R"({"prompt":"a","style":"cubist"})"), "invalid_argument:style");
  EXPECT_EQ(failure(R"({"prompt":"a","style":"Badge"})"), "invalid_argument:style");
  EXPECT_EQ(failure(R"({"prompt":"a","style":1})"), "invalid_argument:style");
  EXPECT_EQ(failure(R"({"prompt":"a","size":63})"), "unprocessable:size");
  EXPECT_EQ(failure(R"({"prompt":"a","size":1025})"), "unprocessable:size");
  EXPECT_EQ(failure(R"({"prompt":"a","size":4294967808})"), "unprocessable:size");
  EXPECT_EQ(failure(R"({"prompt":"a","size":"512"})"), "invalid_argument:size");
  EXPECT_EQ(failure(R"({"prompt":"a","format":"gif"})"), "invalid_argument:format");
  EXPECT_EQ(failure(R"({"prompt":"a","format":[]})"), "invalid_argument:format");
  EXPECT_EQ(failure(R"({"prompt":"a","variant":-1})"), "unprocessable:variant");
  EXPECT_EQ(failure(R"({"prompt":"a","variant":10000})"), "unprocessable:variant");
  EXPECT_EQ(failure(R"({"prompt":"a","seed":-1})"), "unprocessable:seed");
  EXPECT_EQ(failure(R"({"prompt":"a","seed":18446744073709551616})"), "unprocessable:seed");
  EXPECT_EQ(failure(R"({"prompt":"a","seed":1.5})"), "invalid_argument:seed");
}

TEST(StickerQuery, TakesTheLimitsThemselves) {
  EXPECT_EQ(failure(R"({"prompt":"0123456789","size":64,"variant":0,"seed":0})"), "ok");
  EXPECT_EQ(failure(R"({"prompt":"a","size":1024,"variant":9999})"), "ok");
}

TEST(StickerQuery, SaysWhichStylesThereAre) {
  const auto query = read(R"({"prompt":"a","style":"cubist"})");

  ASSERT_FALSE(query);
  for (const StickerStyle style : kAllStickerStyles)
    EXPECT_NE(query.error().message().find(to_string(style)), std::string::npos);
}

TEST(StickerQuery, ServesNoPlatformAndSaysSo) {
  EXPECT_EQ(failure(R"({"prompt":"a","platform":"telegram"})"), "unprocessable:platform");
  EXPECT_EQ(failure(R"({"prompt":"a","platform":1})"), "invalid_argument:platform");
  EXPECT_EQ(failure(R"({"prompt":"a","platform":null})"), "ok");
}

TEST(StickerQuery, KeepsFieldsThatItDoesNotKnow) {
  EXPECT_NE(read(R"({"prompt":"a","mood":"calm"})")->unknown_fields(), "");
  EXPECT_EQ(read(R"({"prompt":"a","x":1,"y":2})")->unknown_fields(),
            read(R"({"y":2,"x":1,"prompt":"a"})")->unknown_fields());
  EXPECT_EQ(read(R"({"prompt":"a","user":"me"})")->unknown_fields(), "");
}

}  // namespace
}  // namespace refrain
