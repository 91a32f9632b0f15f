#pragma once

/// @file
/// Certificates for tests of TLS.

#include "support/temp_dir.h"

#include <string>
#include <string_view>
#include <vector>

namespace refrain::testing {

/// An authority and what it has signed, in a folder of their own, made by the program `openssl`.
/// The constructor throws if that is missing or fails.
class TlsCertificates {
public:
  TlsCertificates();
  TlsCertificates(const TlsCertificates&) = delete;
  TlsCertificates& operator=(const TlsCertificates&) = delete;

  /// The path of a file: `ca.crt`; `other-ca.crt`, an authority that has signed nothing; and a
  /// `.crt` and a `.key` each of `server` (for localhost and 127.0.0.1), `elsewhere` (for another
  /// host), `expired` (for localhost, yesterday) and `client`.
  [[nodiscard]] std::string path(std::string_view file) const;
  /// A directory that holds `ca.crt` under the name by which OpenSSL looks it up.
  [[nodiscard]] std::string ca_directory() const;

private:
  void make_authority(const std::string& name);
  void sign(const std::string& name, const std::string& alternative_names, const std::string& days);
  void openssl(std::vector<std::string> words) const;

  TempDir folder_;
};

}  // namespace refrain::testing
