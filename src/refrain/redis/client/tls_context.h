#pragma once

/// @file
/// Whom a TLS client trusts, and who it is.

#include "refrain/core/result.h"

#include <memory>
#include <string>

struct ssl_ctx_st;

namespace refrain {

/// What the TLS sessions of one server have in common: the certificates are read once, here.
///
/// Thread safety: immutable; sessions on any threads share it.
class TlsContext {
public:
  struct Options {
    /// A file of certificates in PEM, or a directory of them with the names that `openssl rehash`
    /// gives. Empty: those that the system trusts.
    std::string ca;
    std::string certificate;  ///< Ours with its chain, a file in PEM. Empty: none.
    std::string key;          ///< The key of `certificate`, a file in PEM without a passphrase.
    /// Whom the server's certificate must be for, and what it is asked for (SNI). Empty: the host
    /// that is connected to.
    std::string server_name;
    /// If false anybody may be the server, and read and change what is sent: for tests only.
    bool verifies = true;
  };

  /// The context, or `kInvalidArgument` whose field is the option that is wrong: `ca`,
  /// `certificate`, `key`.
  static Result<std::shared_ptr<const TlsContext>> create(const Options& options);

  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext();

  [[nodiscard]] const std::string& server_name() const { return server_name_; }
  [[nodiscard]] bool verifies() const { return verifies_; }
  /// Never null.
  [[nodiscard]] ssl_ctx_st* get() const { return context_; }

private:
  TlsContext(ssl_ctx_st* context, const Options& options);

  ssl_ctx_st* const context_;
  const std::string server_name_;
  const bool verifies_;
};

}  // namespace refrain
