#include "refrain/models/text/ngram_predictor.h"

#include "models/text/debian_model.h"
#include "models/text/lm_bin_writer.h"
#include "support/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <functional>
#include <latch>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace refrain {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
using Mode = PredictionMode;

std::shared_ptr<const NgramModel> tea() {
  Result<NgramModel> model = NgramModel::create(testing::tea_model().write(), "tea");
  if (!model) throw std::runtime_error(model.error().message());
  return std::make_shared<const NgramModel>(std::move(*model));
}

std::vector<Prediction> predict(const std::shared_ptr<const NgramModel>& model,
                                const PredictionRequest& request) {
  boost::asio::io_context loop(1);
  boost::asio::thread_pool pool(1);
  NgramPredictor predictor(model, pool);
  auto predictions = testing::run(loop, predictor.predict(request));
  if (!predictions) throw std::runtime_error(predictions.error().message());
  return std::move(*predictions);
}

std::vector<std::string> texts(const std::vector<Prediction>& predictions) {
  std::vector<std::string> all;
  for (const Prediction& prediction : predictions)
    all.push_back(prediction.text);
  return all;
}

std::vector<std::string> first_words(const std::vector<Prediction>& predictions) {
  std::vector<std::string> all;
  for (const Prediction& prediction : predictions)
    all.push_back(prediction.words.front());
  return all;
}

std::vector<std::string> english(const std::string& text,
                                 Mode mode = Mode::kAuto,
                                 std::size_t count = 3) {
  return texts(predict(testing::debian_model(), PredictionRequest(text, count, 1, mode)));
}

TEST(NgramPredictor, AppendsTheLikeliestNextWords) {
  EXPECT_THAT(texts(predict(tea(), PredictionRequest("you like", 3, 1, Mode::kNext))),
              ElementsAre("you like coffee", "you like tea", "you like to"));
  EXPECT_THAT(texts(predict(tea(), PredictionRequest("I like", 3, 1, Mode::kNext))),
              ElementsAre("I like to", "I like tea", "I like coffee"));
}

TEST(NgramPredictor, ScoresAContinuationByItsJointProbability) {
  const auto predictions = predict(tea(), PredictionRequest("thank", 1, 2, Mode::kNext));

  ASSERT_THAT(predictions, SizeIs(1));
  EXPECT_EQ(predictions[0].text, "thank you to");
  EXPECT_THAT(predictions[0].words, ElementsAre("you", "to"));
  EXPECT_NEAR(predictions[0].score, std::log(0.9 * 0.6 * 0.5 * 0.15), 1e-4);
}

TEST(NgramPredictor, FindsAContinuationWhoseFirstWordIsNotTheLikeliest) {
  testing::LmBinWriter writer;
  writer.unigram("good", 0.3, 0.1);
  writer.unigram("luck", 0.1, 0.1);
  writer.unigram("most", 0.6, 0.1);
  writer.bigram("good", "luck", 0.95);
  Result<NgramModel> model = NgramModel::create(writer.write(), "luck");
  ASSERT_TRUE(model.has_value());
  const auto shared = std::make_shared<const NgramModel>(std::move(*model));

  EXPECT_THAT(first_words(predict(shared, PredictionRequest("x", 1, 1, Mode::kNext))),
              ElementsAre("most"));
  EXPECT_THAT(texts(predict(shared, PredictionRequest("x", 1, 2, Mode::kNext))),
              ElementsAre("x good luck"));
}

TEST(NgramPredictor, ReturnsFewerOnlyWhenTheModelKnowsNoMore) {
  EXPECT_THAT(predict(tea(), PredictionRequest("I like", 20, 1, Mode::kNext)), SizeIs(9));
  EXPECT_THAT(predict(tea(), PredictionRequest("I like", 20, 3, Mode::kNext)), SizeIs(20));
  EXPECT_THAT(predict(tea(), PredictionRequest("xyzzy", 20, 1, Mode::kComplete)), IsEmpty());
}

TEST(NgramPredictor, NamesTheFieldThatIsOutOfRange) {
  boost::asio::io_context loop(1);
  boost::asio::thread_pool pool(1);
  NgramPredictor predictor(tea(), pool);
  for (const std::size_t value : {std::size_t{0}, std::size_t{21}, static_cast<std::size_t>(-1)}) {
    const auto count = testing::run(loop, predictor.predict(PredictionRequest("a", value, 1)));
    const auto words = testing::run(loop, predictor.predict(PredictionRequest("a", 1, value)));

    ASSERT_FALSE(count.has_value());
    EXPECT_EQ(count.error().code(), ErrorCode::kUnprocessable);
    EXPECT_EQ(count.error().field(), "count");
    ASSERT_FALSE(words.has_value());
    EXPECT_EQ(words.error().field(), "words");
  }
}

TEST(NgramPredictor, TakesItsVersionFromTheModel) {
  boost::asio::thread_pool pool(1);
  const auto model = tea();
  const NgramPredictor predictor(model, pool);

  EXPECT_EQ(predictor.model(), "en-us-3gram");
  EXPECT_THAT(std::string(predictor.model_version()), ::testing::EndsWith(model->version()));
}

TEST(NgramPredictor, WorksOnThePoolAndAnswersOnTheCallersLoop) {
  boost::asio::io_context loop(1);
  boost::asio::thread_pool pool(1);
  NgramPredictor predictor(tea(), pool);
  std::thread::id resumed_on;
  const auto ask = [](Predictor& asked, std::thread::id& thread) -> Task<std::size_t> {
    const auto predictions = co_await asked.predict(PredictionRequest("I like "));
    thread = std::this_thread::get_id();
    co_return predictions ? predictions->size() : 0;
  };

  const std::size_t count = testing::run(loop, ask(predictor, resumed_on));

  EXPECT_EQ(count, 3U);
  EXPECT_EQ(resumed_on, std::this_thread::get_id());
}

TEST(NgramPredictor, PredictsWhatAnyoneWouldInEnglish) {
  EXPECT_EQ(english("I would like", Mode::kNext).front(), "I would like to");
  EXPECT_EQ(english("thank", Mode::kNext).front(), "thank you");
  EXPECT_EQ(english("How are ").front(), "How are you");
  EXPECT_EQ(english("I would like ").front(), "I would like to");
}

TEST(NgramPredictor, FinishesTheWordBeingTyped) {
  EXPECT_EQ(english("I would li").front(), "I would like");
  EXPECT_THAT(english("thank"),
              ::testing::AllOf(::testing::Contains("thank"), ::testing::Contains("thanks")));
  EXPECT_THAT(english("I don").front(), "I don't");
}

TEST(NgramPredictor, KeepsTheCaseOfTheWordBeingTyped) {
  EXPECT_EQ(english("I would Li").front(), "I would Like");
  EXPECT_EQ(english("I WOULD LI").front(), "I WOULD LIKE");
  EXPECT_EQ(english("i").front(), "I");
  EXPECT_EQ(english("what i'").front(), "what I'm");
  EXPECT_EQ(english("I don\u2019").front(), "I don\u2019t");
}

TEST(NgramPredictor, WritesThePronounAsACapital) {
  const auto words = first_words(predict(testing::debian_model(), PredictionRequest("and ", 20)));

  EXPECT_THAT(words, ::testing::Contains("I"));
  EXPECT_THAT(words, ::testing::Not(::testing::Contains("i")));
}

TEST(NgramPredictor, CapitalisesOnlyTheBeginningOfASentence) {
  const auto is_capitalised = [](const std::string& word) {
    return word.front() >= 'A' && word.front() <= 'Z';
  };

  for (const char* text : {"", "Thank you. ", "Really?", "Hello\n"}) {
    const auto predictions =
        predict(testing::debian_model(), PredictionRequest(text, 5, 2, Mode::kNext));
    ASSERT_THAT(predictions, SizeIs(5)) << text;
    EXPECT_TRUE(std::ranges::all_of(first_words(predictions), is_capitalised)) << text;
  }
  EXPECT_THAT(
      english("Thank you, ", Mode::kNext),
      ::testing::Not(Each(::testing::ResultOf(
          [&](const std::string& text) { return is_capitalised(text.substr(11)); }, true))));
}

TEST(NgramPredictor, DoesNotDoubleATrailingSpace) {
  EXPECT_EQ(english("thank ").front(), "thank you");
  EXPECT_EQ(english("thank  ").front(), "thank  you");
  EXPECT_EQ(english("thank\t").front(), "thank\tyou");
}

TEST(NgramPredictor, ObeysCountAndWords) {
  for (const std::size_t count : {1UL, 3UL, 20UL}) {
    for (const std::size_t words : {1UL, 5UL, 20UL}) {
      const auto predictions = predict(
          testing::debian_model(), PredictionRequest("I would like", count, words, Mode::kNext));
      const auto all = texts(predictions);

      EXPECT_EQ(predictions.size(), count);
      EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), count);
      for (const Prediction& prediction : predictions) {
        EXPECT_EQ(prediction.words.size(), words);
        EXPECT_THAT(prediction.text, StartsWith("I would like "));
      }
      EXPECT_TRUE(std::ranges::is_sorted(predictions, std::ranges::greater{}, &Prediction::score));
    }
  }
}

TEST(NgramPredictor, NeverRepeatsAPairOfWords) {
  for (const Prediction& prediction :
       predict(testing::debian_model(), PredictionRequest("one of the", 5, 20, Mode::kNext))) {
    std::vector<std::string> words{"of", "the"};
    words.insert(words.end(), prediction.words.begin(), prediction.words.end());
    std::set<std::pair<std::string, std::string>> pairs;
    for (std::size_t i = 1; i < words.size(); ++i) {
      EXPECT_TRUE(pairs.emplace(words[i - 1], words[i]).second) << prediction.text;
      EXPECT_NE(words[i - 1], words[i]) << prediction.text;
    }
  }
}

TEST(NgramPredictor, AnswersAfterAnyUtf8) {
  for (const std::string text : {"caf\u00E9 ",
                                 "\U0001F600",
                                 "\u6F22\u5B57 ",
                                 "\u6F22\u5B57\u3002",
                                 "na\u00EFve",
                                 "\xFF\xFE ",
                                 "a\xE2\x80"}) {
    const auto predictions =
        predict(testing::debian_model(), PredictionRequest(text, 3, 2, Mode::kNext));

    ASSERT_THAT(predictions, SizeIs(3)) << text;
    EXPECT_THAT(texts(predictions), Each(StartsWith(text)));
  }
}

TEST(NgramPredictor, AnswersAfterALongText) {
  std::string text;
  while (text.size() < 10'000)
    text += "we would like to thank you for the tea and ";
  const std::string one_word(10'000, 'x');

  EXPECT_THAT(english(text + "how are ").front(), ::testing::EndsWith("how are you"));
  EXPECT_THAT(english(one_word, Mode::kNext), SizeIs(3));
  EXPECT_THAT(english(one_word, Mode::kComplete), IsEmpty());
}

TEST(NgramPredictor, AnswersEqualRequestsEquallyFromManyThreads) {
  std::array<boost::asio::io_context, 4> loops;
  boost::asio::thread_pool pool(4);
  NgramPredictor predictor(testing::debian_model(), pool);
  const std::vector<std::string> prompts{"I would like ", "thank", "", "one of the "};
  std::vector<std::vector<std::string>> expected;
  for (const std::string& prompt : prompts) {
    expected.push_back(texts(*predictor.predict_now(PredictionRequest(prompt, 3, 3))));
  }
  std::latch all_ready(4);
  std::atomic<int> differences = 0;
  const auto ask = [&](boost::asio::io_context& loop) {
    all_ready.arrive_and_wait();
    for (int round = 0; round < 10; ++round) {
      for (std::size_t i = 0; i < prompts.size(); ++i) {
        const auto predictions =
            testing::run(loop, predictor.predict(PredictionRequest(prompts[i], 3, 3)));
        if (!predictions || texts(*predictions) != expected[i]) ++differences;
      }
    }
  };

  {
    std::vector<std::jthread> threads;
    for (auto& loop : loops)
      threads.emplace_back(ask, std::ref(loop));
  }

  EXPECT_EQ(differences, 0);
}

}  // namespace
}  // namespace refrain
