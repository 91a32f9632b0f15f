#pragma once

/// @file
/// A sticker generator behind a cache: the mission's CachedStickerGenerator.

#include "refrain/cache/cache_key.h"
#include "refrain/cache/tiered_cache.h"
#include "refrain/core/result.h"
#include "refrain/core/task.h"
#include "refrain/models/sticker/sticker_generator.h"
#include "refrain/services/sticker/sticker_query.h"

#include <string_view>

namespace refrain {

/// Names the key of a sticker query; what is stored is the picture file as it is sent.
///
/// Thread safety: any event loop.
/// Ownership: generator and cache outlive it, and it outlives the loops' last turn.
class CachedStickerGenerator {
public:
  static constexpr std::string_view kService = "sticker";

  CachedStickerGenerator(StickerGenerator& generator, TieredCache& cache)
      : generator_(generator),
        cache_(cache) {}

  /// The identity of the picture: every field of the query, the tenant, the model and the epoch.
  [[nodiscard]] CacheKey key(const StickerQuery& query, std::string_view tenant) const;

  /// Goes on from a probe that had no answer.
  Task<Result<Answer>> generate(TieredCache::Probe probe, StickerQuery query);

private:
  Task<Result<Generated>> draw(StickerQuery query);

  StickerGenerator& generator_;
  TieredCache& cache_;
};

}  // namespace refrain
