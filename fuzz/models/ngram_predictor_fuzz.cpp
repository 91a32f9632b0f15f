/// @file
/// Any bytes as a text: predictions keep it, have the number of words asked for, and are distinct.

#include "refrain/models/text/caret_context.h"
#include "refrain/models/text/ngram_predictor.h"

#include "models/text/lm_bin_writer.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace {

using refrain::PredictionMode;

std::shared_ptr<const refrain::NgramModel> tea() {
  auto model = refrain::NgramModel::create(refrain::testing::tea_model().write(), "tea");
  if (!model) std::abort();
  return std::make_shared<const refrain::NgramModel>(std::move(*model));
}

}  // namespace

// Input: the mode, the count and the words in a byte each, then the text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static boost::asio::thread_pool pool(1);
  static const refrain::NgramPredictor kPredictor(tea(), pool);
  if (size < 3) return 0;
  constexpr PredictionMode kModes[] = {
      PredictionMode::kAuto, PredictionMode::kNext, PredictionMode::kComplete};
  const std::string text(data + 3, data + size);
  const refrain::PredictionRequest request(
      text, data[1] % 22U, data[2] % 22U, kModes[data[0] % 3U]);

  const auto predictions = kPredictor.predict_now(request);

  if (!predictions) return 0;
  const PredictionMode mode = refrain::resolve_mode(request.mode(), text);
  const std::size_t kept = text.size() - refrain::CaretContext(text, mode).typed().size();
  std::set<std::string> texts;
  for (const refrain::Prediction& prediction : *predictions) {
    if (prediction.words.size() != request.words()) std::abort();
    if (prediction.text.compare(0, kept, text, 0, kept) != 0) std::abort();
    if (!texts.insert(prediction.text).second) std::abort();
  }
  if (texts.size() > request.count()) std::abort();
  return 0;
}
