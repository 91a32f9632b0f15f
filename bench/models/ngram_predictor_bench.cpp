#include "refrain/models/text/ngram_predictor.h"

#include "models/text/debian_model.h"

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <string>

namespace refrain {
namespace {

constexpr std::array<const char*, 6> kTexts{"I would like",
                                            "thank",
                                            "The weather today is",
                                            "one of the",
                                            "How are",
                                            ""};
constexpr std::array<const char*, 6> kHalfWords{"I would l",
                                                "th",
                                                "The weather today i",
                                                "one of the mo",
                                                "How are yo",
                                                "S"};

void predict(benchmark::State& state,
             const std::array<const char*, 6>& texts,
             std::size_t count,
             std::size_t words,
             PredictionMode mode) {
  boost::asio::thread_pool pool(1);
  const NgramPredictor predictor(testing::debian_model(), pool);
  std::size_t next = 0;
  for (auto _ : state) {
    const PredictionRequest request(texts[next++ % texts.size()], count, words, mode);
    benchmark::DoNotOptimize(predictor.predict_now(request));
  }
}

void next_word_top_3(benchmark::State& state) {
  predict(state, kTexts, 3, 1, PredictionMode::kNext);
}
BENCHMARK(next_word_top_3);

void completion_top_3(benchmark::State& state) {
  predict(state, kHalfWords, 3, 1, PredictionMode::kComplete);
}
BENCHMARK(completion_top_3);

void continuation_3_by_5(benchmark::State& state) {
  predict(state, kTexts, 3, 5, PredictionMode::kNext);
}
BENCHMARK(continuation_3_by_5);

void continuation_20_by_20(benchmark::State& state) {
  predict(state, kTexts, 20, 20, PredictionMode::kNext);
}
BENCHMARK(continuation_20_by_20);

void probability_of_a_word(benchmark::State& state) {
  const NgramModel& model = *testing::debian_model();
  const NgramModel::History history{model.find_word("would"), model.find_word("like")};
  const WordId word = model.find_word("to");
  for (auto _ : state)
    benchmark::DoNotOptimize(model.log_probability(word, history));
}
BENCHMARK(probability_of_a_word);

void open_the_model(benchmark::State& state) {
  for (auto _ : state) {
    const Result<NgramModel> model = NgramModel::open(kDebianModelFile);
    if (!model) return state.SkipWithError(model.error().message().c_str());
    state.counters["memory_bytes"] = static_cast<double>(model->memory_bytes());
  }
}
BENCHMARK(open_the_model)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace refrain
