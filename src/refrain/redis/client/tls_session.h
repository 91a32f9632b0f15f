#pragma once

/// @file
/// The client's end of one TLS connection, without a socket.

#include "refrain/core/result.h"
#include "refrain/redis/client/tls_context.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct ssl_st;
struct bio_st;

namespace refrain {

/// Sealed bytes from the peer go in and plain ones come out, and the other way round. The owner
/// does the I/O: after every call that may have something to say it sends what `take_output` gives.
///
/// Thread safety: none; one connection owns it. Ownership: it keeps its context alive.
class TlsSession {
public:
  /// A session with `host`, which the certificate must be for unless the context says otherwise.
  /// `kInvalidArgument` if it is no name that a certificate could have.
  static Result<std::unique_ptr<TlsSession>> create(std::shared_ptr<const TlsContext> context,
                                                    const std::string& host);

  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
  ~TlsSession();

  /// Takes bytes that came from the peer.
  void receive(std::span<const char> bytes);

  /// Goes on with the handshake as far as the received bytes allow. True when it is done, false
  /// when the peer's answer is needed; `kUnavailable` says why it failed.
  [[nodiscard]] Result<bool> shake_hands();

  /// Seals `plain`, all of it. @pre The handshake is done.
  [[nodiscard]] Result<void> write(std::string_view plain);

  /// Opens what was received, into `room`: how many bytes, 0 if more must come first.
  /// `kUnavailable` if the peer has ended the session or what it sends cannot be opened.
  /// @pre `room` is not empty.
  [[nodiscard]] Result<std::size_t> read(std::span<char> room);

  [[nodiscard]] bool has_output() const;
  /// Replaces `into` by what is to be sent to the peer. What memory `into` has is used again.
  void take_output(std::string& into);

private:
  TlsSession(std::shared_ptr<const TlsContext> context, ssl_st* session);

  Result<void> expect(const std::string& host);
  [[nodiscard]] Error failure(const char* what) const;

  const std::shared_ptr<const TlsContext> context_;
  ssl_st* const session_;
  bio_st* incoming_ = nullptr;  // both are the session's
  bio_st* outgoing_ = nullptr;
};

}  // namespace refrain
