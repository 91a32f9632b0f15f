#pragma once

/// @file
/// A predictor behind a cache: the mission's CachedPredictor.

#include "refrain/cache/cache_key.h"
#include "refrain/cache/tiered_cache.h"
#include "refrain/core/result.h"
#include "refrain/core/task.h"
#include "refrain/models/text/predictor.h"
#include "refrain/services/text_prediction/text_query.h"

#include <string_view>

namespace refrain {

/// Names the key of a text query and the bytes of its answer; the cache does the rest.
///
/// Thread safety: any event loop.
/// Ownership: predictor and cache outlive it, and it outlives the loops' last turn.
class CachedPredictor {
public:
  static constexpr std::string_view kService = "text";

  CachedPredictor(Predictor& predictor, TieredCache& cache)
      : predictor_(predictor),
        cache_(cache) {}

  /// The identity of the answer: every field of the query, the tenant, the model and the epoch.
  [[nodiscard]] CacheKey key(const TextQuery& query, std::string_view tenant) const;

  /// Goes on from a probe that had no answer.
  Task<Result<Answer>> predict(TieredCache::Probe probe, TextQuery query);

private:
  Task<Result<Generated>> generate(TextQuery query);

  Predictor& predictor_;
  TieredCache& cache_;
};

}  // namespace refrain
