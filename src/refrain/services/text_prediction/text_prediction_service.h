#pragma once

/// @file
/// The routes of the text prediction service.

#include "refrain/http/router.h"
#include "refrain/services/api/cached_route.h"
#include "refrain/services/api/service_context.h"
#include "refrain/services/text_prediction/cached_predictor.h"
#include "refrain/services/text_prediction/text_query.h"

#include <cstddef>

namespace refrain {

/// `POST /predict` and `/v1/predictions`.
///
/// Thread safety: any event loop. Ownership: context and predictor outlive it, and it outlives the
/// router.
class TextPredictionService {
public:
  /// @param max_characters The longest text that is accepted, in code points.
  TextPredictionService(const ServiceContext& context,
                        CachedPredictor& predictor,
                        std::size_t max_characters);

  void add_routes(http::Router& router);

private:
  [[nodiscard]] CachedRoutePolicy<TextQuery> policy(AnswerShape shape, std::size_t max_characters);
  void send(Exchange& exchange, const Answer& answer) const;

  const ServiceContext& context_;
  CachedPredictor& predictor_;
  CachedRoute<TextQuery> predict_;
  CachedRoute<TextQuery> predictions_;
};

}  // namespace refrain
