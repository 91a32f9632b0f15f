#include "refrain/services/text_prediction/cached_predictor.h"

#include "refrain/cache/canonical_request.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <string>
#include <utility>
#include <vector>

namespace refrain {
namespace {

boost::json::string json_text(std::string_view text) {
  return {text.data(), text.size()};
}

boost::json::object words_body(const std::vector<Prediction>& predictions) {
  boost::json::array words;
  for (const Prediction& prediction : predictions)
    words.emplace_back(json_text(prediction.text));
  boost::json::object body;
  body["status"] = "success";
  body["words"] = std::move(words);
  return body;
}

boost::json::object predictions_body(const std::vector<Prediction>& predictions,
                                     std::string_view model,
                                     PredictionMode mode) {
  boost::json::array items;
  for (const Prediction& prediction : predictions) {
    boost::json::array words;
    for (const std::string& word : prediction.words)
      words.emplace_back(json_text(word));
    boost::json::object item;
    item["text"] = json_text(prediction.text);
    item["words"] = std::move(words);
    item["score"] = prediction.score;
    items.emplace_back(std::move(item));
  }
  boost::json::object body;
  body["model"] = json_text(model);
  body["mode"] = json_text(to_string(mode));
  body["predictions"] = std::move(items);
  return body;
}

}  // namespace

CacheKey CachedPredictor::key(const TextQuery& query, std::string_view tenant) const {
  KeySpace space;
  space.service = kService;
  space.tenant = tenant;
  space.model = predictor_.model();
  space.model_version = predictor_.model_version();
  space.epoch = cache_.epoch();
  CanonicalRequest canonical(space);
  canonical.add("shape",
                query.shape() == AnswerShape::kWords ? std::string_view("words")
                                                     : std::string_view("predictions"));
  canonical.add("text", query.request().text());
  canonical.add("count", static_cast<std::int64_t>(query.request().count()));
  canonical.add("words", static_cast<std::int64_t>(query.request().words()));
  canonical.add("mode", to_string(resolve_mode(query.request().mode(), query.request().text())));
  canonical.add("unknown", query.unknown_fields());
  return canonical.key();
}

Task<Result<Answer>> CachedPredictor::predict(TieredCache::Probe probe, TextQuery query) {
  Generator generator = [this, query = std::move(query)] {
    return generate(query);
  };
  co_return co_await cache_.get_or_generate(std::move(probe), std::move(generator));
}

Task<Result<Generated>> CachedPredictor::generate(TextQuery query) {
  Result<std::vector<Prediction>> predictions = co_await predictor_.predict(query.request());
  if (!predictions) co_return fail(predictions.error());
  const PredictionMode mode = resolve_mode(query.request().mode(), query.request().text());
  const boost::json::object body = query.shape() == AnswerShape::kWords
                                       ? words_body(*predictions)
                                       : predictions_body(*predictions, predictor_.model(), mode);
  co_return Generated("application/json", boost::json::serialize(body));
}

}  // namespace refrain
