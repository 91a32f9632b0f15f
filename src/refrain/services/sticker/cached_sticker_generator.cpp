#include "refrain/services/sticker/cached_sticker_generator.h"

#include "refrain/cache/canonical_request.h"

#include <string>
#include <utility>

namespace refrain {

CacheKey CachedStickerGenerator::key(const StickerQuery& query, std::string_view tenant) const {
  KeySpace space;
  space.service = kService;
  space.tenant = tenant;
  space.model = generator_.model();
  space.model_version = generator_.model_version();
  space.epoch = cache_.epoch();
  const StickerRequest& request = query.request();
  CanonicalRequest canonical(space);
  canonical.add("prompt", request.prompt);
  canonical.add("style", to_string(request.style));
  canonical.add("size", request.size);
  canonical.add("format", extension(request.format));
  canonical.add("variant", request.variant);
  canonical.add("seed", request.seed ? std::to_string(*request.seed) : std::string());
  canonical.add("unknown", query.unknown_fields());
  return canonical.key();
}

Task<Result<Answer>> CachedStickerGenerator::generate(TieredCache::Probe probe,
                                                      StickerQuery query) {
  Generator generator = [this, query = std::move(query)] {
    return draw(query);
  };
  co_return co_await cache_.get_or_generate(std::move(probe), std::move(generator));
}

Task<Result<Generated>> CachedStickerGenerator::draw(StickerQuery query) {
  Result<Sticker> sticker = co_await generator_.generate(query.request());
  if (!sticker) co_return fail(sticker.error());
  co_return Generated(std::string(content_type(sticker->format)), std::move(sticker->bytes));
}

}  // namespace refrain
