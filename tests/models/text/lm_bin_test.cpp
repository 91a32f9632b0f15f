#include "refrain/models/text/lm_bin.h"

#include "refrain/models/text/ngram_model.h"

#include "models/text/lm_bin_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace refrain {
namespace {

using ::testing::HasSubstr;
using testing::LmBinWriter;
using ::testing::StartsWith;

constexpr std::size_t kUnigramsAt = LmBinWriter::kHeaderBytes + LmBinWriter::kTablesBytes;

void put_word(std::string& file, std::size_t at, std::uint32_t value) {
  std::memcpy(file.data() + at, &value, sizeof value);
}

std::string problem_of(const std::string& file) {
  const auto lm = LmBin::open(file, "a.lm.bin");
  return lm ? "none" : lm.error().message();
}

TEST(LmBin, ReadsBackWhatWasWritten) {
  const std::string file = testing::tea_model().write();

  const auto lm = LmBin::open(file, "tea");

  ASSERT_TRUE(lm.has_value()) << lm.error().message();
  EXPECT_EQ(lm->word_count(), 13U);
  EXPECT_EQ(lm->bigram_count(), 9U);
  EXPECT_EQ(lm->trigram_count(), 4U);
  EXPECT_THAT(std::string(lm->vocabulary()),
              StartsWith(std::string("</s>\0<s>\0b.\0coffee\0", 19)));
  EXPECT_NEAR(lm->unigram(3).log_probability, std::log(0.05), 1e-5);
  EXPECT_NEAR(lm->unigram(3).backoff, std::log(0.8), 1e-5);
  const LmBin::Bigram you_may_end = lm->bigram(0);
  EXPECT_EQ(you_may_end.previous, 12U);
  EXPECT_NEAR(lm->bigram_probabilities()[you_may_end.probability_index], std::log(0.6), 1e-5);
}

TEST(LmBin, RefusesEveryTruncation) {
  const std::string file = testing::tea_model().write();

  for (std::size_t size = 0; size < file.size(); ++size) {
    const auto lm = LmBin::open(std::string_view(file).substr(0, size), "a.lm.bin");

    ASSERT_FALSE(lm.has_value()) << size;
    ASSERT_EQ(lm.error().code(), ErrorCode::kCorrupt);
    ASSERT_THAT(lm.error().message(), StartsWith("a.lm.bin: "));
  }
}

TEST(LmBin, RefusesBytesAfterTheEnd) {
  EXPECT_THAT(problem_of(testing::tea_model().write() + "x"), HasSubstr("after the vocabulary"));
}

TEST(LmBin, RefusesAForeignFile) {
  EXPECT_THAT(problem_of("\\data\\\nngram 1=3\n"), HasSubstr("not a pocketsphinx trie model"));
}

TEST(LmBin, RefusesAnotherOrder) {
  std::string file = testing::tea_model().write();
  file[19] = 4;

  EXPECT_THAT(problem_of(file), HasSubstr("order 4"));
}

TEST(LmBin, RefusesCountsThatTheFileCannotHold) {
  for (std::size_t count = 0; count < 3; ++count) {
    std::string file = testing::tea_model().write();
    put_word(file, 20 + 4 * count, 0xFFFFFFFF);

    EXPECT_THAT(problem_of(file), HasSubstr("truncated")) << count;
  }
}

TEST(LmBin, RefusesNumbersThatAreNone) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const std::size_t at : {LmBinWriter::kHeaderBytes,
                               LmBinWriter::kHeaderBytes + std::size_t{2} * 262144,
                               kUnigramsAt}) {
    std::string file = testing::tea_model().write();
    std::memcpy(file.data() + at, &nan, sizeof nan);

    EXPECT_THAT(problem_of(file), HasSubstr("no number")) << at;
  }
}

TEST(LmBin, RefusesChildrenOutsideTheirSection) {
  std::string file = testing::tea_model().write();
  put_word(file, kUnigramsAt + std::size_t{13} * 12 + 8, 1000);

  EXPECT_THAT(problem_of(file), HasSubstr("children are out of order"));
}

TEST(LmBin, RefusesAVocabularyOutOfOrder) {
  std::string file = testing::tea_model().write();
  file.replace(file.find("teach"), 5, "zeach");

  EXPECT_THAT(problem_of(file), HasSubstr("vocabulary is out of order"));
}

// Every third byte, each in another bit. The tables are left out: any entry may have any value
// there.
TEST(LmBin, FlippedBitsAreAnErrorOrAnotherModelButNeverAFault) {
  const std::string file = testing::tea_model().write();
  for (std::size_t at = 0; at < file.size(); at += 3) {
    if (at >= LmBinWriter::kHeaderBytes && at < kUnigramsAt) at = kUnigramsAt;
    std::string flipped = file;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));

    const auto model = NgramModel::create(flipped, "flipped");

    if (!model) {
      EXPECT_EQ(model.error().code(), ErrorCode::kCorrupt) << at;
      continue;
    }
    const NgramModel::History history{model->find_word("i"), model->find_word("like")};
    EXPECT_LE(model->likeliest(history, 5).size(), 5U);
    EXPECT_LE(model->likeliest_with_prefix(history, "t", 5).size(), 5U);
  }
}

}  // namespace
}  // namespace refrain
