#include "refrain/app/models.h"

#include "refrain/models/sticker/mock_sticker_generator.h"
#include "refrain/models/text/model_file.h"
#include "refrain/models/text/ngram_model.h"
#include "refrain/models/text/ngram_predictor.h"
#include "refrain/models/text/slow_predictor.h"

#include <filesystem>
#include <random>
#include <utility>
#include <vector>

namespace refrain::app {

Result<std::unique_ptr<Predictor>> make_predictor(const Settings& settings,
                                                  boost::asio::thread_pool& pool) {
  std::vector<std::filesystem::path> candidates;
  if (settings.text_model.empty()) {
    candidates.emplace_back(kDebianModelFile);
  } else {
    candidates.push_back(settings.text_model);
  }
  const Result<std::filesystem::path> file = find_model_file(candidates);
  if (!file) {
    return fail(
        file.error().code(),
        file.error().message() + "; install Debian's pocketsphinx-en-us or give --text-model",
        "text-model");
  }
  Result<NgramModel> model = NgramModel::open(*file);
  if (!model) return fail(model.error());
  auto shared = std::make_shared<const NgramModel>(std::move(*model));
  std::unique_ptr<Predictor> predictor = std::make_unique<NgramPredictor>(std::move(shared), pool);
  if (!settings.is_text_slow) return predictor;
  SlowPredictor::Config config;
  config.seed = std::random_device()();
  return std::make_unique<SlowPredictor>(std::move(predictor), config);
}

Result<std::unique_ptr<StickerGenerator>> make_sticker_generator(const Settings& settings,
                                                                 boost::asio::thread_pool& pool) {
  MockStickerGenerator::Options options;
  options.min_delay = settings.mock_delay.shortest;
  options.max_delay = settings.mock_delay.longest;
  options.delay_seed = std::random_device()();
  Result<std::unique_ptr<MockStickerGenerator>> generator =
      MockStickerGenerator::create(pool, options);
  if (!generator) return fail(generator.error());
  return std::move(*generator);
}

}  // namespace refrain::app
