#include "refrain/services/sticker/sticker_service.h"

#include "refrain/core/base64.h"
#include "refrain/http/problem.h"
#include "refrain/services/api/answer_headers.h"

#include <algorithm>
#include <string>
#include <utility>

namespace refrain {
namespace {

constexpr std::string_view kDigestPath = "/v1/stickers/";

std::string_view extension_of(const Entry& entry) {
  return entry.content_type() == content_type(ImageFormat::kWebp) ? extension(ImageFormat::kWebp)
                                                                  : extension(ImageFormat::kPng);
}

void refuse_unknown(http::Response& response) {
  http::Problem problem;
  problem.status = 404;
  problem.code = "not_found";
  problem.message = "no sticker with this digest is in the cache; POST /v1/stickers makes one";
  http::write_problem(response, problem);
}

/// Turns the response into a 304 if the client has these bytes already.
void revalidate(Exchange& exchange, std::string_view tag) {
  const std::string_view known = exchange.request().header("If-None-Match");
  const bool is_safe = exchange.request().method() != http::Method::kPost;
  if (is_safe && !known.empty() && matches_entity_tag(known, tag))
    exchange.response().set_status(304);
}

}  // namespace

StickerService::StickerService(const ServiceContext& context,
                               CachedStickerGenerator& generator,
                               std::size_t max_characters)
    : context_(context),
      generator_(generator),
      images_(context,
              policy(max_characters, &StickerService::send_image, BodyPlace::kMemoryOrFile)),
      base64_(context, policy(max_characters, &StickerService::send_base64, BodyPlace::kMemory)) {}

CachedRoutePolicy<StickerQuery> StickerService::policy(std::size_t max_characters,
                                                       Send send,
                                                       BodyPlace place) {
  CachedRoutePolicy<StickerQuery> policy;
  policy.place = place;
  policy.read = [max_characters](RequestFields fields) {
    return StickerQuery::read(std::move(fields), max_characters);
  };
  policy.key = [this](const StickerQuery& query, std::string_view tenant) {
    return generator_.key(query, tenant);
  };
  policy.answer = [this](TieredCache::Probe probe, StickerQuery query) {
    return generator_.generate(std::move(probe), std::move(query));
  };
  policy.send = [this, send](Exchange& exchange, const Answer& answer) {
    (this->*send)(exchange, answer);
  };
  return policy;
}

void StickerService::add_routes(http::Router& router) {
  router.add(http::Method::kPost,
             "/generate-sticker",
             [this](const http::Request& request, http::Response& response) {
               return base64_.answer(request, response);
             });
  for (const http::Method method :
       {http::Method::kPost, http::Method::kQuery, http::Method::kGet}) {
    router.add(
        method, "/v1/stickers", [this](const http::Request& request, http::Response& response) {
          return images_.answer(request, response);
        });
  }
  router.add(http::Method::kGet,
             std::string(kDigestPath) + "*",
             [this](const http::Request& request, http::Response& response) {
               return answer_by_digest(request, response);
             });
}

void StickerService::send_image(Exchange& exchange, const Answer& answer) const {
  exchange.send_entry(answer);
  http::Response& response = exchange.response();
  const std::string tag = entity_tag(answer.entry());
  std::string& lines = response.header_lines();
  lines.append("ETag: ")
      .append(tag)
      .append("\r\nX-Content-Type-Options: nosniff\r\nContent-Location: ")
      .append(kDigestPath);
  lines.append(answer.entry().key().to_hex())
      .append(".")
      .append(extension_of(answer.entry()))
      .append("\r\n");
  const std::int64_t seconds =
      std::max<std::int64_t>(0, remaining_seconds(answer.entry(), context_.clock.now()));
  lines.append("Cache-Control: max-age=").append(std::to_string(seconds)).append("\r\n");
  revalidate(exchange, tag);
}

void StickerService::send_base64(Exchange& exchange, const Answer& answer) const {
  const Entry& entry = answer.entry();
  std::string body = R"({"image":")";
  append_base64(body, entry.body());
  body.append(R"(","format":")").append(extension_of(entry)).append(R"("})");
  exchange.response().set_body("application/json", std::move(body));
  exchange.add_answer_headers(answer);
}

void StickerService::send_immutable(Exchange& exchange,
                                    const Answer& answer,
                                    std::string_view extension) const {
  if (extension_of(answer.entry()) != extension) {
    refuse_unknown(exchange.response());
    return;
  }
  exchange.send_entry(answer);
  const std::string tag = entity_tag(answer.entry());
  std::string& lines = exchange.response().header_lines();
  lines.append("ETag: ").append(tag);
  lines.append(
      "\r\nX-Content-Type-Options: nosniff\r\nCache-Control: public, max-age=31536000, "
      "immutable\r\n");
  revalidate(exchange, tag);
}

std::optional<Task<void>> StickerService::answer_by_digest(const http::Request& request,
                                                           http::Response& response) {
  const std::string_view name = request.path().substr(kDigestPath.size());
  const std::size_t dot = name.find('.');
  const std::optional<CacheKey> key = CacheKey::from_hex(name.substr(0, dot));
  if (!key || dot == std::string_view::npos || !parse_image_format(name.substr(dot + 1))) {
    refuse_unknown(response);
    return std::nullopt;
  }
  Exchange exchange(context_, request, response);
  TieredCache::Probe probe =
      context_.cache.probe(*key, CacheDirectives(), BodyPlace::kMemoryOrFile);
  if (probe.answer()) {
    send_immutable(exchange, *probe.answer(), name.substr(dot + 1));
    return std::nullopt;
  }
  return find_by_digest(exchange, std::move(probe), name.substr(dot + 1));
}

Task<void> StickerService::find_by_digest(Exchange exchange,
                                          TieredCache::Probe probe,
                                          std::string_view extension) {
  const std::optional<Answer> answer = co_await context_.cache.find(std::move(probe));
  if (answer) {
    send_immutable(exchange, *answer, extension);
  } else {
    refuse_unknown(exchange.response());
  }
}

}  // namespace refrain
