#pragma once

/// @file
/// The routes of the sticker service.

#include "refrain/cache/tier.h"
#include "refrain/http/router.h"
#include "refrain/services/api/cached_route.h"
#include "refrain/services/api/service_context.h"
#include "refrain/services/sticker/cached_sticker_generator.h"
#include "refrain/services/sticker/sticker_query.h"

#include <cstddef>
#include <optional>

namespace refrain {

/// `POST /generate-sticker`, `/v1/stickers` and the stickers by their digest.
///
/// Thread safety: any event loop. Ownership: context and generator outlive it, and it outlives the
/// router.
class StickerService {
public:
  /// @param max_characters The longest prompt that is accepted, in code points.
  StickerService(const ServiceContext& context,
                 CachedStickerGenerator& generator,
                 std::size_t max_characters);

  void add_routes(http::Router& router);

private:
  using Send = void (StickerService::*)(Exchange&, const Answer&) const;

  [[nodiscard]] CachedRoutePolicy<StickerQuery> policy(std::size_t max_characters,
                                                       Send send,
                                                       BodyPlace place);
  void send_image(Exchange& exchange, const Answer& answer) const;
  void send_base64(Exchange& exchange, const Answer& answer) const;
  void send_immutable(Exchange& exchange, const Answer& answer, std::string_view extension) const;

  [[nodiscard]] std::optional<Task<void>> answer_by_digest(const http::Request& request,
                                                           http::Response& response);
  Task<void> find_by_digest(Exchange exchange,
                            TieredCache::Probe probe,
                            std::string_view extension);

  const ServiceContext& context_;
  CachedStickerGenerator& generator_;
  CachedRoute<StickerQuery> images_;
  CachedRoute<StickerQuery> base64_;
};

}  // namespace refrain
