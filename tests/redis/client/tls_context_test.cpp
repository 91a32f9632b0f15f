#include "refrain/redis/client/tls_context.h"

#include "support/tls_certificates.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace refrain {
namespace {

using testing::TlsCertificates;

const TlsCertificates& certificates() {
  static const TlsCertificates instance;
  return instance;
}

Error error_of(const TlsContext::Options& options) {
  Result<std::shared_ptr<const TlsContext>> context = TlsContext::create(options);
  return context ? Error(ErrorCode::kInternal, "no error") : context.error();
}

TEST(TlsContext, TrustsTheSystemsAuthoritiesUnlessToldOtherwise) {
  const auto context = TlsContext::create({});

  ASSERT_TRUE(context.has_value());
  EXPECT_TRUE((*context)->verifies());
}

TEST(TlsContext, ReadsAuthoritiesFromAFileOrADirectory) {
  TlsContext::Options file;
  file.ca = certificates().path("ca.crt");
  TlsContext::Options directory;
  directory.ca = certificates().ca_directory();

  EXPECT_TRUE(TlsContext::create(file).has_value());
  EXPECT_TRUE(TlsContext::create(directory).has_value());
}

TEST(TlsContext, NamesTheAuthoritiesThatCannotBeRead) {
  TlsContext::Options options;
  for (const std::string& path : {certificates().path("nothing"), certificates().path("ca.key")}) {
    options.ca = path;
    const Error error = error_of(options);

    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_EQ(error.field(), "ca");
    EXPECT_NE(error.message().find(path), std::string::npos);
  }
}

TEST(TlsContext, ReadsACertificateWithItsKey) {
  TlsContext::Options options;
  options.certificate = certificates().path("client.crt");
  options.key = certificates().path("client.key");

  EXPECT_TRUE(TlsContext::create(options).has_value());
}

TEST(TlsContext, NamesACertificateThatCannotBeRead) {
  TlsContext::Options options;
  options.certificate = certificates().path("nothing");
  options.key = certificates().path("client.key");

  EXPECT_EQ(error_of(options).field(), "certificate");
}

TEST(TlsContext, NamesAKeyThatCannotBeReadOrIsAnothers) {
  TlsContext::Options options;
  options.certificate = certificates().path("client.crt");
  for (const char* key : {"nothing", "server.key", "client.crt"}) {
    options.key = certificates().path(key);

    EXPECT_EQ(error_of(options).field(), "key") << key;
  }
}

TEST(TlsContext, WantsCertificateAndKeyTogether) {
  TlsContext::Options options;
  options.certificate = certificates().path("client.crt");
  EXPECT_EQ(error_of(options).field(), "key");

  options.certificate.clear();
  options.key = certificates().path("client.key");
  EXPECT_EQ(error_of(options).field(), "certificate");
}

// The key is sound, and only its passphrase is missing: OpenSSL would ask the terminal for it.
TEST(TlsContext, AsksNobodyForAPassphrase) {
  const std::string sealed = certificates().path("sealed.key");
  const std::string command = "openssl pkey -in '" + certificates().path("client.key") +
                              "' -aes256 -passout pass:secret -out '" + sealed + "'";
  ASSERT_EQ(std::system(command.c_str()), 0);  // NOLINT(concurrency-mt-unsafe): one thread
  TlsContext::Options options;
  options.certificate = certificates().path("client.crt");
  options.key = sealed;

  EXPECT_EQ(error_of(options).field(), "key");
}

}  // namespace
}  // namespace refrain
