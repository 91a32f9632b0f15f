#pragma once

/// @file
/// The way of a request through any cached service: bytes, key, probe, answer.

#include "refrain/cache/tier.h"
#include "refrain/cache/tiered_cache.h"
#include "refrain/core/result.h"
#include "refrain/core/task.h"
#include "refrain/http/request.h"
#include "refrain/http/response.h"
#include "refrain/services/api/exchange.h"
#include "refrain/services/api/key_memo.h"
#include "refrain/services/api/request_fields.h"
#include "refrain/services/api/service_context.h"

#include <functional>
#include <optional>
#include <string_view>
#include <utility>

namespace refrain {

/// What is particular to one route: how its query is read, named, answered and sent.
template <class Query>
struct CachedRoutePolicy {
  std::function<Result<Query>(RequestFields fields)> read;
  std::function<CacheKey(const Query& query, std::string_view tenant)> key;
  std::function<Task<Result<Answer>>(TieredCache::Probe probe, Query query)> answer;
  std::function<void(Exchange& exchange, const Answer& answer)> send;
  BodyPlace place = BodyPlace::kMemory;  ///< Where `send` takes bodies from.
};

/// Answers from the cache at once where it can: a request whose bytes were seen before goes
/// straight from them to its key (`KeyMemo`), its entry, and the connection's gather write.
/// Everything else is read, checked and named, and only a real miss starts a coroutine.
///
/// Thread safety: any event loop. Ownership: the context outlives the route, which outlives the
/// router.
template <class Query>
class CachedRoute {
public:
  CachedRoute(const ServiceContext& context, CachedRoutePolicy<Query> policy)
      : context_(context),
        policy_(std::move(policy)) {}

  [[nodiscard]] std::optional<Task<void>> answer(const http::Request& request,
                                                 http::Response& response) {
    Exchange exchange(context_, request, response);
    if (!exchange.accept_body()) return std::nullopt;
    const std::uint64_t epoch = context_.cache.epoch();
    const std::optional<CacheKey> known = memo_.find(request, exchange.tenant(), epoch);
    std::optional<TieredCache::Probe> probe;
    if (known && send_if_found(exchange, probe.emplace(probe_for(exchange, *known))))
      return std::nullopt;
    std::optional<Query> query = read(exchange);
    if (!query) return std::nullopt;
    if (!probe) {
      const CacheKey key = policy_.key(*query, exchange.tenant());
      memo_.remember(request, exchange.tenant(), epoch, key);
      if (send_if_found(exchange, probe.emplace(probe_for(exchange, key)))) return std::nullopt;
    }
    return answer_later(exchange, std::move(*probe), std::move(*query));
  }

private:
  [[nodiscard]] TieredCache::Probe probe_for(const Exchange& exchange, CacheKey key) const {
    return context_.cache.probe(key, exchange.directives(), policy_.place);
  }

  bool send_if_found(Exchange& exchange, TieredCache::Probe& probe) const {
    if (!probe.answer()) return false;
    policy_.send(exchange, *probe.answer());
    return true;
  }

  std::optional<Query> read(Exchange& exchange) const {
    Result<RequestFields> fields = exchange.read_fields();
    Result<Query> query =
        fields ? policy_.read(std::move(*fields)) : Result<Query>(fail(fields.error()));
    if (query) return std::move(*query);
    exchange.refuse(query.error());
    return std::nullopt;
  }

  Task<void> answer_later(Exchange exchange, TieredCache::Probe probe, Query query) {
    Result<Answer> answer = co_await policy_.answer(std::move(probe), std::move(query));
    if (answer) {
      policy_.send(exchange, *answer);
    } else {
      exchange.refuse(answer.error());
    }
  }

  const ServiceContext& context_;
  const CachedRoutePolicy<Query> policy_;
  KeyMemo memo_;
};

}  // namespace refrain
