#include "refrain/models/text/ngram_model.h"

#include "models/text/debian_model.h"
#include "models/text/lm_bin_writer.h"
#include "support/temp_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace refrain {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using History = NgramModel::History;

NgramModel tea() {
  Result<NgramModel> model = NgramModel::create(testing::tea_model().write(), "tea");
  if (!model) throw std::runtime_error(model.error().message());
  return std::move(*model);
}

History after(const NgramModel& model,
              std::string_view before_previous,
              std::string_view previous) {
  return {model.find_word(before_previous), model.find_word(previous)};
}

double probability(const NgramModel& model, std::string_view word, History history) {
  return std::exp(model.log_probability(model.find_word(word), history));
}

std::vector<std::string> spellings(const NgramModel& model,
                                   const std::vector<NgramModel::Candidate>& candidates) {
  std::vector<std::string> words;
  words.reserve(candidates.size());
  for (const auto& candidate : candidates)
    words.emplace_back(model.spelling(candidate.word));
  return words;
}

// What `likeliest_with_prefix` promises, by brute force.
std::vector<std::string> ordered_vocabulary(const NgramModel& model,
                                            History history,
                                            std::string_view prefix) {
  std::vector<NgramModel::Candidate> all;
  for (WordId word = 0; word < model.vocabulary_size(); ++word) {
    if (!model.is_presentable(word) || !model.spelling(word).starts_with(prefix)) continue;
    all.push_back({word, model.log_probability(word, history)});
  }
  std::ranges::sort(all, [](auto a, auto b) {
    return std::pair(-a.log_probability, a.word) < std::pair(-b.log_probability, b.word);
  });
  return spellings(model, all);
}

TEST(NgramModel, FindsEveryWordOfItsVocabularyAndNoOther) {
  const NgramModel model = tea();

  for (WordId word = 0; word < model.vocabulary_size(); ++word) {
    EXPECT_EQ(model.find_word(model.spelling(word)), word);
  }
  for (const char* stranger : {"", "te", "teas", "Tea", "zebra", "</s", "!"}) {
    EXPECT_EQ(model.find_word(stranger), kNoWord) << stranger;
  }
}

TEST(NgramModel, TakesTheLongestContextThatWasSeen) {
  const NgramModel model = tea();

  EXPECT_NEAR(probability(model, "to", after(model, "i", "like")), 0.4, 1e-5);
  EXPECT_NEAR(probability(model, "tea", after(model, "you", "like")), 0.3, 1e-5);
  EXPECT_NEAR(probability(model, "tea", after(model, "i", "zebra")), 0.05, 1e-5);
}

TEST(NgramModel, PaysTheBackoffWeightOfEachContextThatItLeaves) {
  const NgramModel model = tea();

  EXPECT_NEAR(probability(model, "coffee", after(model, "i", "like")), 0.5 * 0.3, 1e-5);
  EXPECT_NEAR(probability(model, "you", after(model, "i", "like")), 0.5 * 0.5 * 0.10, 1e-5);
  EXPECT_NEAR(probability(model, "you", after(model, "you", "like")), 0.5 * 0.10, 1e-5);
}

TEST(NgramModel, NeverPresentsMarkersAndInitials) {
  const NgramModel model = tea();

  const auto words = spellings(model, model.likeliest({}, 20));

  EXPECT_THAT(
      words,
      ElementsAre("to", "i", "you", "like", "coffee", "tea", "thank", "i'm", "teapot", "teach"));
}

TEST(NgramModel, FindsTheSameWordsAsAnOrderingOfTheWholeVocabulary) {
  const NgramModel model = tea();
  for (const auto& [before, previous] : std::vector<std::pair<const char*, const char*>>{
           {"i", "like"}, {"<s>", "i"}, {"you", "like"}, {"zebra", "thank"}, {"zebra", "zebra"}}) {
    const History history = after(model, before, previous);
    for (std::size_t count = 0; count < 12; ++count) {
      auto expected = ordered_vocabulary(model, history, "");
      expected.resize(std::min(count, expected.size()));

      EXPECT_EQ(spellings(model, model.likeliest(history, count)), expected)
          << before << ' ' << previous;
    }
  }
}

TEST(NgramModel, FindsOnlyWordsThatBeginWithThePrefix) {
  const NgramModel model = tea();
  const History history = after(model, "i", "like");

  EXPECT_THAT(spellings(model, model.likeliest_with_prefix(history, "te", 9)),
              ElementsAre("tea", "teapot", "teach"));
  EXPECT_THAT(spellings(model, model.likeliest_with_prefix(history, "t", 2)),
              ElementsAre("to", "tea"));
  EXPECT_THAT(model.likeliest_with_prefix(history, "teas", 9), IsEmpty());
  EXPECT_THAT(model.likeliest_with_prefix(history, "\xFF", 9), IsEmpty());
  EXPECT_EQ(spellings(model, model.likeliest_with_prefix(history, "", 5)),
            spellings(model, model.likeliest(history, 5)));
}

TEST(NgramModel, HasTheSameVersionForTheSameFileOnly) {
  testing::LmBinWriter other = testing::tea_model();
  other.unigram("zebra", 1e-6);

  const auto changed = NgramModel::create(other.write(), "other");

  ASSERT_TRUE(changed.has_value());
  EXPECT_EQ(tea().version(), tea().version());
  EXPECT_EQ(tea().version().size(), 16U);
  EXPECT_NE(tea().version(), changed->version());
}

TEST(NgramModel, RefusesATrigramWithoutItsContext) {
  testing::LmBinWriter writer = testing::tea_model();
  writer.bigram("coffee", "to", 0.1);
  writer.trigram("you", "coffee", "to", 0.5);

  const auto model = NgramModel::create(writer.write(), "orphan");

  ASSERT_FALSE(model.has_value());
  EXPECT_THAT(model.error().message(), HasSubstr("orphan: a trigram's context"));
}

TEST(NgramModel, NamesTheFileThatItCannotOpen) {
  const testing::TempDir folder;
  const std::filesystem::path text_file = folder.path() / "notes.txt";
  std::ofstream(text_file) << "not a model";

  for (const auto& path : {folder.path() / "absent.lm.bin", folder.path(), text_file}) {
    const auto model = NgramModel::open(path);

    ASSERT_FALSE(model.has_value()) << path;
    EXPECT_THAT(model.error().message(), HasSubstr(path.string()));
  }
}

TEST(NgramModel, OpensAModelFromAFile) {
  const testing::TempDir folder;
  const std::filesystem::path path = folder.path() / "tea.lm.bin";
  std::ofstream(path, std::ios::binary) << testing::tea_model().write();

  const auto model = NgramModel::open(path);

  ASSERT_TRUE(model.has_value()) << model.error().message();
  EXPECT_EQ(model->bigram_count(), 9U);
  EXPECT_EQ(model->trigram_count(), 4U);
}

TEST(DebianModel, HasTheSizeAndTheProbabilitiesThatAreKnownOfIt) {
  const NgramModel& model = *testing::debian_model();
  double sum = 0;
  for (WordId word = 0; word < model.vocabulary_size(); ++word) {
    sum += std::exp(static_cast<double>(model.log_probability(word, {})));
  }

  EXPECT_EQ(model.vocabulary_size(), 72'547U);
  EXPECT_EQ(model.bigram_count(), 2'051'541U);
  EXPECT_EQ(model.trigram_count(), 1'669'625U);
  EXPECT_NEAR(sum, 1.0, 0.001);
  EXPECT_NEAR(probability(model, "you", {kNoWord, model.find_word("thank")}), 0.734, 0.005);
  EXPECT_NEAR(probability(model, "you", after(model, "how", "are")), 0.604, 0.005);
  EXPECT_LT(model.memory_bytes(), 100'000'000U);
}

TEST(DebianModel, DistributesProbabilityOneOverTheWordsAfterAContext) {
  const NgramModel& model = *testing::debian_model();
  for (const History history :
       {after(model, "how", "are"), after(model, "one", "of"), after(model, "<s>", "i")}) {
    double sum = 0;
    for (WordId word = 0; word < model.vocabulary_size(); ++word) {
      sum += std::exp(static_cast<double>(model.log_probability(word, history)));
    }

    EXPECT_NEAR(sum, 1.0, 0.01);
  }
}

TEST(DebianModel, FindsTheSameWordsAsAnOrderingOfTheWholeVocabulary) {
  const NgramModel& model = *testing::debian_model();
  const History history = after(model, "would", "like");

  auto all = ordered_vocabulary(model, history, "");
  auto with_s = ordered_vocabulary(model, history, "s");
  all.resize(50);
  with_s.resize(50);

  EXPECT_EQ(spellings(model, model.likeliest(history, 50)), all);
  EXPECT_EQ(spellings(model, model.likeliest_with_prefix(history, "s", 50)), with_s);
}

}  // namespace
}  // namespace refrain
