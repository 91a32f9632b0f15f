#include "refrain/services/api/key_memo.h"

#include "services/parsed_request.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>

namespace refrain::testing {
namespace {

const std::string kRequest = post("/predict", R"({"text":"a"})");

TEST(KeyMemo, KnowsTheKeyOfTheSameBytes) {
  KeyMemo memo;
  const ParsedRequest first(kRequest);
  const ParsedRequest again(kRequest);

  memo.remember(*first, "tenant", 1, sample_key("a"));

  EXPECT_EQ(memo.find(*again, "tenant", 1), sample_key("a"));
}

TEST(KeyMemo, KnowsNothingAtFirst) {
  KeyMemo memo;
  const ParsedRequest request(kRequest);

  for (const std::uint64_t epoch : {std::uint64_t{1}, std::uint64_t{2}})
    EXPECT_EQ(memo.find(*request, "", epoch), std::nullopt);
}

TEST(KeyMemo, DoesNotKnowARequestThatDiffersInAnyByte) {
  KeyMemo memo;
  const ParsedRequest first(kRequest);
  memo.remember(*first, "tenant", 1, sample_key("a"));

  for (const std::string& other : {post("/predict", R"({"text":"b"})"),
                                   post("/predict", R"({"text":"a" })"),
                                   post("/predict", R"({"text":"a)"),
                                   post("/predict?", R"({"text":"a"})"),
                                   post("/predicT", R"({"text":"a"})"),
                                   post("/predict{", R"("text":"a"})"),
                                   with_body("QUERY", "/predict", R"({"text":"a"})")}) {
    const ParsedRequest request(other);
    EXPECT_EQ(memo.find(*request, "tenant", 1), std::nullopt) << other;
  }
}

TEST(KeyMemo, DoesNotKnowItForAnotherTenantOrEpoch) {
  KeyMemo memo;
  const ParsedRequest request(kRequest);
  memo.remember(*request, "tenant", 1, sample_key("a"));

  EXPECT_EQ(memo.find(*request, "tenan", 1), std::nullopt);
  EXPECT_EQ(memo.find(*request, "", 1), std::nullopt);
  EXPECT_EQ(memo.find(*request, "Tenant", 1), std::nullopt);
  EXPECT_EQ(memo.find(*request, "tenant", 2), std::nullopt);
}

TEST(KeyMemo, ForgetsTheOldEpochOfTheSameBytes) {
  KeyMemo memo;
  const ParsedRequest request(kRequest);

  memo.remember(*request, "", 1, sample_key("a"));
  memo.remember(*request, "", 2, sample_key("b"));

  EXPECT_EQ(memo.find(*request, "", 2), sample_key("b"));
  EXPECT_EQ(memo.find(*request, "", 1), std::nullopt);
}

TEST(KeyMemo, TellsManyRequestsApart) {
  KeyMemo memo;
  const auto request = [](int number) {
    return post("/predict", "{\"text\":\"" + std::to_string(number) + "\"}");
  };
  for (int i = 0; i < 2000; ++i) {
    const ParsedRequest one(request(i));
    memo.remember(*one, "", 1, sample_key(std::to_string(i)));
  }

  int known = 0;
  for (int i = 0; i < 2000; ++i) {
    const ParsedRequest one(request(i));
    const auto key = memo.find(*one, "", 1);
    if (!key) continue;
    ++known;
    EXPECT_EQ(*key, sample_key(std::to_string(i)));
  }

  // Two thousand in four thousand slots: about a fifth shares its slot with a later one.
  EXPECT_GT(known, 1000);
}

TEST(KeyMemo, DoesNotRememberWhatIsTooLong) {
  KeyMemo memo;
  const ParsedRequest longest(post("/p", std::string(1022, 'x')));
  const ParsedRequest too_long(post("/p", std::string(1023, 'x')));

  memo.remember(*longest, "", 1, sample_key("a"));
  memo.remember(*too_long, "", 1, sample_key("b"));

  EXPECT_EQ(memo.find(*longest, "", 1), sample_key("a"));
  EXPECT_EQ(memo.find(*too_long, "", 1), std::nullopt);
}

}  // namespace
}  // namespace refrain::testing
