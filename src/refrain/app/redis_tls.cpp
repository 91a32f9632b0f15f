#include "refrain/app/redis_tls.h"

#include "refrain/redis/client/tls_context.h"

#include <memory>
#include <string>
#include <utility>

namespace refrain::app {
namespace {

// What the context calls `ca` is `--redis-tls-ca` here.
std::string option_of(const std::string& field) {
  return "redis-tls-" + (field == "certificate" ? std::string("cert") : field);
}

// The first option of TLS that is set; empty if none is.
std::string first_set(const Settings& settings) {
  if (!settings.redis_tls_ca.empty()) return option_of("ca");
  if (!settings.redis_tls_certificate.empty()) return option_of("certificate");
  if (!settings.redis_tls_key.empty()) return option_of("key");
  if (!settings.redis_tls_server_name.empty()) return option_of("server-name");
  return settings.redis_tls_verifies ? std::string() : option_of("verify");
}

}  // namespace

Result<void> add_redis_tls(const Settings& settings, RedisEndpoint& endpoint, Log& log) {
  if (!endpoint.is_tls) {
    const std::string option = first_set(settings);
    if (option.empty()) return {};
    return fail(ErrorCode::kInvalidArgument,
                "--" + option + " is set, but Redis is not asked for by a rediss:// URL",
                option);
  }
  TlsContext::Options options;
  options.ca = settings.redis_tls_ca;
  options.certificate = settings.redis_tls_certificate;
  options.key = settings.redis_tls_key;
  options.server_name = settings.redis_tls_server_name;
  options.verifies = settings.redis_tls_verifies;
  Result<std::shared_ptr<const TlsContext>> context = TlsContext::create(options);
  if (!context) {
    const std::string option = option_of(context.error().field());
    return fail(context.error().code(), "--" + option + ": " + context.error().message(), option);
  }
  if (!options.verifies)
    log.write(LogLevel::kWarning,
              "the Redis server's certificate is not verified: anybody may read and change what is "
              "sent",
              {LogField("server", endpoint.describe())});
  endpoint.tls = std::move(*context);
  return {};
}

}  // namespace refrain::app
