#include "refrain/services/text_prediction/text_prediction_service.h"

#include "refrain/services/api/answer_headers.h"

#include <algorithm>
#include <string>
#include <utility>

namespace refrain {

TextPredictionService::TextPredictionService(const ServiceContext& context,
                                             CachedPredictor& predictor,
                                             std::size_t max_characters)
    : context_(context),
      predictor_(predictor),
      predict_(context, policy(AnswerShape::kWords, max_characters)),
      predictions_(context, policy(AnswerShape::kPredictions, max_characters)) {}

CachedRoutePolicy<TextQuery> TextPredictionService::policy(AnswerShape shape,
                                                           std::size_t max_characters) {
  CachedRoutePolicy<TextQuery> policy;
  policy.read = [shape, max_characters](RequestFields fields) {
    return TextQuery::read(std::move(fields), shape, max_characters);
  };
  policy.key = [this](const TextQuery& query, std::string_view tenant) {
    return predictor_.key(query, tenant);
  };
  policy.answer = [this](TieredCache::Probe probe, TextQuery query) {
    return predictor_.predict(std::move(probe), std::move(query));
  };
  policy.send = [this](Exchange& exchange, const Answer& answer) {
    send(exchange, answer);
  };
  return policy;
}

void TextPredictionService::add_routes(http::Router& router) {
  router.add(http::Method::kPost,
             "/predict",
             [this](const http::Request& request, http::Response& response) {
               return predict_.answer(request, response);
             });
  for (const http::Method method :
       {http::Method::kPost, http::Method::kQuery, http::Method::kGet}) {
    router.add(
        method, "/v1/predictions", [this](const http::Request& request, http::Response& response) {
          return predictions_.answer(request, response);
        });
  }
}

void TextPredictionService::send(Exchange& exchange, const Answer& answer) const {
  exchange.send_entry(answer);
  // A POST is answered by this cache only; GET and QUERY may be kept by others too.
  if (exchange.request().method() == http::Method::kPost) return;
  const std::int64_t seconds =
      std::max<std::int64_t>(0, remaining_seconds(answer.entry(), context_.clock.now()));
  exchange.response().add_header("Cache-Control", "max-age=" + std::to_string(seconds));
}

}  // namespace refrain
