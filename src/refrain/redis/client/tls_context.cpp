#include "refrain/redis/client/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <filesystem>
#include <string_view>

namespace refrain {

namespace {

// The latest thing that OpenSSL had to say in this thread, which is forgotten with it.
std::string take_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  std::string text = reason == nullptr ? "unknown reason" : reason;
  ERR_clear_error();
  return text;
}

tl::unexpected<Error> bad(const char* option, std::string_view what, const std::string& path) {
  return fail(
      ErrorCode::kInvalidArgument, std::string(what) + " " + path + ": " + take_reason(), option);
}

// Nobody is there to type a passphrase.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*is_writing*/, void* /*data*/) {
  return -1;
}

Result<void> trust(ssl_ctx_st* context, const TlsContext::Options& options) {
  SSL_CTX_set_verify(context, options.verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (options.ca.empty()) {
    if (options.verifies && SSL_CTX_set_default_verify_paths(context) != 1)
      return bad("ca", "the certificates that the system trusts cannot be read", "");
    return {};
  }
  std::error_code ignored;
  const bool is_directory = std::filesystem::is_directory(options.ca, ignored);
  const int loaded = is_directory ? SSL_CTX_load_verify_dir(context, options.ca.c_str())
                                  : SSL_CTX_load_verify_file(context, options.ca.c_str());
  if (loaded != 1) return bad("ca", "no trusted certificates can be read from", options.ca);
  return {};
}

Result<void> identify(ssl_ctx_st* context, const TlsContext::Options& options) {
  if (options.certificate.empty() != options.key.empty()) {
    const bool lacks_key = options.key.empty();
    return fail(ErrorCode::kInvalidArgument,
                lacks_key ? "a certificate needs its key" : "a key needs its certificate",
                lacks_key ? "key" : "certificate");
  }
  if (options.certificate.empty()) return {};
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate.c_str()) != 1)
    return bad("certificate", "no certificate can be read from", options.certificate);
  if (SSL_CTX_use_PrivateKey_file(context, options.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return bad("key", "no key of the certificate can be read from", options.key);
  return {};
}

}  // namespace

TlsContext::TlsContext(ssl_ctx_st* context, const Options& options)
    : context_(context),
      server_name_(options.server_name),
      verifies_(options.verifies) {}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

Result<std::shared_ptr<const TlsContext>> TlsContext::create(const Options& options) {
  ERR_clear_error();
  ssl_ctx_st* const context = SSL_CTX_new(TLS_client_method());
  if (context == nullptr) return fail(ErrorCode::kInternal, "OpenSSL: " + take_reason());
  // From here on it is freed with this.
  std::shared_ptr<const TlsContext> owner(new TlsContext(context, options));
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  if (Result<void> trusted = trust(context, options); !trusted) return fail(trusted.error());
  if (Result<void> identified = identify(context, options); !identified)
    return fail(identified.error());
  return owner;
}

}  // namespace refrain
