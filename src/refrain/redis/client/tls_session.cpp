#include "refrain/redis/client/tls_session.h"

#include <boost/asio/ip/address.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <utility>

namespace refrain {

namespace {

bool is_address(const std::string& host) {
  boost::system::error_code failure;
  static_cast<void>(boost::asio::ip::make_address(host, failure));
  return !failure;
}

}  // namespace

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context, ssl_st* session)
    : context_(std::move(context)),
      session_(session) {}

TlsSession::~TlsSession() {
  SSL_free(session_);
}

Result<std::unique_ptr<TlsSession>> TlsSession::create(std::shared_ptr<const TlsContext> context,
                                                       const std::string& host) {
  ERR_clear_error();
  ssl_st* const ssl = SSL_new(context->get());
  if (ssl == nullptr) return fail(ErrorCode::kInternal, "OpenSSL gives no session");
  std::unique_ptr<TlsSession> session(new TlsSession(std::move(context), ssl));
  session->incoming_ = BIO_new(BIO_s_mem());
  session->outgoing_ = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl, session->incoming_, session->outgoing_);
  SSL_set_connect_state(ssl);
  const std::string& name = session->context_->server_name();
  if (Result<void> expected = session->expect(name.empty() ? host : name); !expected)
    return fail(expected.error());
  return session;
}

Result<void> TlsSession::expect(const std::string& host) {
  const bool is_ip = is_address(host);
  bool is_set = true;
  if (context_->verifies()) {
    SSL_set_hostflags(session_, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    is_set = is_ip ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session_), host.c_str()) == 1
                   : SSL_set1_host(session_, host.c_str()) == 1;
  }
  // Only a name can be asked for (RFC 6066, section 3).
  if (is_set && !is_ip) is_set = SSL_set_tlsext_host_name(session_, host.c_str()) == 1;
  if (is_set) return {};
  ERR_clear_error();
  return fail(ErrorCode::kInvalidArgument, "no certificate can be for a server named " + host);
}

void TlsSession::receive(std::span<const char> bytes) {
  std::size_t written = 0;
  // A memory BIO takes everything.
  static_cast<void>(BIO_write_ex(incoming_, bytes.data(), bytes.size(), &written));
}

Result<bool> TlsSession::shake_hands() {
  ERR_clear_error();
  const int done = SSL_do_handshake(session_);
  if (done == 1) return true;
  if (SSL_get_error(session_, done) == SSL_ERROR_WANT_READ) return false;
  return fail(failure("the TLS handshake failed"));
}

Result<void> TlsSession::write(std::string_view plain) {
  ERR_clear_error();
  std::size_t written = 0;
  if (plain.empty() || SSL_write_ex(session_, plain.data(), plain.size(), &written) == 1) return {};
  return fail(failure("TLS cannot seal"));
}

Result<std::size_t> TlsSession::read(std::span<char> room) {
  ERR_clear_error();
  std::size_t size = 0;
  const int done = SSL_read_ex(session_, room.data(), room.size(), &size);
  if (done == 1) return size;
  const int reason = SSL_get_error(session_, done);
  if (reason == SSL_ERROR_WANT_READ) return std::size_t{0};
  if (reason == SSL_ERROR_ZERO_RETURN)
    return fail(ErrorCode::kUnavailable, "the server closed the connection");
  return fail(failure("TLS failed"));
}

bool TlsSession::has_output() const {
  return BIO_ctrl_pending(outgoing_) > 0;
}

void TlsSession::take_output(std::string& into) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(outgoing_, &bytes);
  into.assign(bytes, static_cast<std::size_t>(size));
  static_cast<void>(BIO_reset(outgoing_));
}

// What OpenSSL has to say, with what the certificate's check found if that was it.
Error TlsSession::failure(const char* what) const {
  std::string text = what;
  const long verified = SSL_get_verify_result(session_);
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  if (context_->verifies() && verified != X509_V_OK) {
    text += std::string(": the server's certificate is refused: ") +
            X509_verify_cert_error_string(verified);
  } else {
    text += std::string(": ") + (reason == nullptr ? "unknown reason" : reason);
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_WRONG_VERSION_NUMBER)
    text += " (does the server speak TLS on this port?)";
  ERR_clear_error();
  return Error(ErrorCode::kUnavailable, std::move(text));
}

}  // namespace refrain
