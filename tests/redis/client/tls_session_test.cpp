#include "refrain/redis/client/tls_session.h"

#include "support/tls_certificates.h"

#include <gtest/gtest.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace refrain {
namespace {

using testing::TlsCertificates;

const TlsCertificates& certificates() {
  static const TlsCertificates instance;
  return instance;
}

// The other end, by OpenSSL itself. It may lack the client's certificate, unless it wants one.
class Server {
public:
  explicit Server(const std::string& name, bool wants_certificate = false)
      : context_(SSL_CTX_new(TLS_server_method())) {
    const std::string certificate = certificates().path(name + ".crt");
    const std::string key = certificates().path(name + ".key");
    if (SSL_CTX_use_certificate_chain_file(context_, certificate.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context_, key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_load_verify_file(context_, certificates().path("ca.crt").c_str()) != 1)
      throw std::runtime_error("the test's server has no certificate");
    if (wants_certificate)
      SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    session_ = SSL_new(context_);
    incoming_ = BIO_new(BIO_s_mem());
    outgoing_ = BIO_new(BIO_s_mem());
    SSL_set_bio(session_, incoming_, outgoing_);
    SSL_set_accept_state(session_);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    SSL_free(session_);
    SSL_CTX_free(context_);
  }

  void receive(const std::string& bytes) {
    BIO_write(incoming_, bytes.data(), static_cast<int>(bytes.size()));
    if (!is_done_) is_done_ = SSL_do_handshake(session_) == 1;
    ERR_clear_error();
  }
  std::string take_output() {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(outgoing_, &bytes);
    std::string output(bytes, static_cast<std::size_t>(size));
    static_cast<void>(BIO_reset(outgoing_));
    return output;
  }
  std::string read() {
    std::string plain(100'000, ' ');
    const int size = SSL_read(session_, plain.data(), static_cast<int>(plain.size()));
    plain.resize(static_cast<std::size_t>(std::max(size, 0)));
    return plain;
  }
  void write(const std::string& plain) {
    SSL_write(session_, plain.data(), static_cast<int>(plain.size()));
  }
  void say_goodbye() { SSL_shutdown(session_); }
  [[nodiscard]] std::string asked_for() const {
    const char* name = SSL_get_servername(session_, TLSEXT_NAMETYPE_host_name);
    return name == nullptr ? "" : name;
  }

private:
  SSL_CTX* context_;
  SSL* session_ = nullptr;
  BIO* incoming_ = nullptr;
  BIO* outgoing_ = nullptr;
  bool is_done_ = false;
};

TlsContext::Options trusting() {
  TlsContext::Options options;
  options.ca = certificates().path("ca.crt");
  return options;
}

std::unique_ptr<TlsSession> session_with(const std::string& host,
                                         const TlsContext::Options& options = trusting()) {
  auto session = TlsSession::create(TlsContext::create(options).value(), host);
  if (!session) throw std::runtime_error(session.error().message());
  return std::move(*session);
}

std::string output_of(TlsSession& client) {
  std::string bytes;
  client.take_output(bytes);
  return bytes;
}

// Hands bytes over until the client is done, `piece` of the server's at a time.
Result<void> shake_hands(TlsSession& client, Server& server, std::size_t piece = 100'000) {
  std::string to_client;
  for (int i = 0; i < 100'000; ++i) {
    const Result<bool> done = client.shake_hands();
    server.receive(output_of(client));
    to_client += server.take_output();
    if (!done) return fail(done.error());
    if (*done) {
      client.receive(to_client);
      return {};
    }
    if (to_client.empty()) return fail(ErrorCode::kInternal, "nobody has anything to say");
    const std::size_t size = std::min(piece, to_client.size());
    client.receive(std::span(to_client).first(size));
    to_client.erase(0, size);
  }
  return fail(ErrorCode::kInternal, "the handshake has no end");
}

std::string failure_of(TlsSession& client, Server& server) {
  const Result<void> done = shake_hands(client, server);
  return done ? "no failure" : done.error().message();
}

// Everything that has come, read in pieces of at most `piece`.
Result<std::string> read_all(TlsSession& client, std::size_t piece = 1000) {
  std::string all;
  std::string room(piece, ' ');
  while (true) {
    const Result<std::size_t> size = client.read(room);
    if (!size) return fail(size.error());
    if (*size == 0) return all;
    all.append(room, 0, *size);
  }
}

TEST(TlsSession, SealsAndOpens) {
  Server server("server");
  const auto client = session_with("localhost");
  ASSERT_TRUE(shake_hands(*client, server).has_value());

  ASSERT_TRUE(client->write("a question").has_value());
  EXPECT_TRUE(client->has_output());
  const std::string sealed = output_of(*client);
  EXPECT_FALSE(client->has_output());
  server.receive(sealed);
  EXPECT_EQ(server.read(), "a question");
  EXPECT_EQ(sealed.find("a question"), std::string::npos);
  server.write("an answer");
  client->receive(server.take_output());

  EXPECT_EQ(read_all(*client).value(), "an answer");
}

TEST(TlsSession, DoesNotCareWhereItsInputIsSplit) {
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 100U}) {
    Server server("server");
    const auto client = session_with("localhost");
    ASSERT_TRUE(shake_hands(*client, server, piece).has_value()) << piece;
    const std::string answer(40'000, 'x');
    server.write(answer);
    std::string sealed = server.take_output();

    std::string opened;
    while (!sealed.empty()) {
      const std::size_t size = std::min(piece, sealed.size());
      client->receive(std::span(sealed).first(size));
      sealed.erase(0, size);
      opened += read_all(*client).value();
    }

    ASSERT_TRUE(opened == answer) << piece;
  }
}

TEST(TlsSession, WaitsForTheRestOfEveryTruncatedRecord) {
  Server server("server");
  const auto client = session_with("localhost");
  ASSERT_TRUE(shake_hands(*client, server).has_value());
  ASSERT_TRUE(read_all(*client).has_value());
  server.write("an answer");
  const std::string sealed = server.take_output();

  for (std::size_t i = 0; i + 1 < sealed.size(); ++i) {
    client->receive(std::span(sealed).subspan(i, 1));
    ASSERT_EQ(read_all(*client).value(), "") << i;
  }
  client->receive(std::span(sealed).last(1));

  EXPECT_EQ(read_all(*client).value(), "an answer");
}

TEST(TlsSession, AsksForTheHostByName) {
  Server server("server");
  const auto client = session_with("localhost");

  ASSERT_TRUE(shake_hands(*client, server).has_value());

  EXPECT_EQ(server.asked_for(), "localhost");
}

TEST(TlsSession, ChecksAnAddressAndAsksForNone) {
  Server server("server");
  const auto client = session_with("127.0.0.1");

  ASSERT_TRUE(shake_hands(*client, server).has_value());

  EXPECT_EQ(server.asked_for(), "");
}

TEST(TlsSession, RefusesTheCertificateOfAnotherHostOrAddress) {
  for (const char* host : {"localhost", "127.0.0.1"}) {
    Server server("elsewhere");
    const auto client = session_with(host);

    EXPECT_NE(failure_of(*client, server).find("mismatch"), std::string::npos) << host;
  }
}

TEST(TlsSession, TakesTheServersNameFromItsContextIfThatHasOne) {
  Server server("elsewhere");
  TlsContext::Options options = trusting();
  options.server_name = "elsewhere.example";
  const auto client = session_with("localhost", options);

  ASSERT_TRUE(shake_hands(*client, server).has_value());

  EXPECT_EQ(server.asked_for(), "elsewhere.example");
}

TEST(TlsSession, RefusesACertificateOfAnotherAuthority) {
  Server server("server");
  TlsContext::Options options = trusting();
  options.ca = certificates().path("other-ca.crt");
  const auto client = session_with("localhost", options);

  EXPECT_NE(failure_of(*client, server).find("the server's certificate is refused"),
            std::string::npos);
}

TEST(TlsSession, FindsAuthoritiesInADirectory) {
  Server server("server");
  TlsContext::Options options;
  options.ca = certificates().ca_directory();
  const auto client = session_with("localhost", options);

  EXPECT_TRUE(shake_hands(*client, server).has_value());
}

TEST(TlsSession, DoesNotTrustTheTestsAuthorityByItself) {
  Server server("server");
  const auto client = session_with("localhost", {});

  EXPECT_NE(failure_of(*client, server).find("certificate is refused"), std::string::npos);
}

TEST(TlsSession, RefusesAnExpiredCertificate) {
  Server server("expired");
  const auto client = session_with("localhost");

  EXPECT_NE(failure_of(*client, server).find("expired"), std::string::npos);
}

TEST(TlsSession, TakesAnyCertificateIfToldTo) {
  for (const char* name : {"expired", "elsewhere"}) {
    Server server(name);
    TlsContext::Options options;
    options.verifies = false;
    const auto client = session_with("localhost", options);

    EXPECT_TRUE(shake_hands(*client, server).has_value()) << name;
  }
}

TEST(TlsSession, ShowsItsCertificate) {
  Server server("server", true);
  TlsContext::Options options = trusting();
  options.certificate = certificates().path("client.crt");
  options.key = certificates().path("client.key");
  const auto client = session_with("localhost", options);

  ASSERT_TRUE(shake_hands(*client, server).has_value());
  server.write("welcome");
  client->receive(server.take_output());

  EXPECT_EQ(read_all(*client).value(), "welcome");
}

// In TLS 1.3 the client is done before the server has looked at its certificate.
TEST(TlsSession, HearsThatItsCertificateIsMissing) {
  Server server("server", true);
  const auto client = session_with("localhost");
  ASSERT_TRUE(shake_hands(*client, server).has_value());

  const Result<std::string> read = read_all(*client);

  ASSERT_FALSE(read.has_value());
  EXPECT_NE(read.error().message().find("certificate required"), std::string::npos);
}

TEST(TlsSession, TellsAnEndFromAnError) {
  Server server("server");
  const auto client = session_with("localhost");
  ASSERT_TRUE(shake_hands(*client, server).has_value());
  server.say_goodbye();
  client->receive(server.take_output());

  const Result<std::string> read = read_all(*client);

  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().message(), "the server closed the connection");
}

TEST(TlsSession, RefusesAChangedByte) {
  Server server("server");
  const auto client = session_with("localhost");
  ASSERT_TRUE(shake_hands(*client, server).has_value());
  ASSERT_TRUE(read_all(*client).has_value());
  server.write("an answer");
  std::string sealed = server.take_output();
  sealed.back() = static_cast<char>(sealed.back() ^ 1);
  client->receive(sealed);

  const Result<std::string> read = read_all(*client);

  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code(), ErrorCode::kUnavailable);
}

TEST(TlsSession, AsksWhetherThePortSpeaksTlsWhenItDoesNot) {
  const auto client = session_with("localhost");
  EXPECT_FALSE(client->shake_hands().value());
  client->receive(std::string_view("-ERR unknown command\r\n"));

  const Result<bool> done = client->shake_hands();

  ASSERT_FALSE(done.has_value());
  EXPECT_NE(done.error().message().find("speak TLS"), std::string::npos);
}

TEST(TlsSession, CarriesMoreThanARecord) {
  Server server("server");
  const auto client = session_with("localhost");
  ASSERT_TRUE(shake_hands(*client, server).has_value());
  const std::string question(90'000, 'q');

  ASSERT_TRUE(client->write(question).has_value());
  server.receive(output_of(*client));

  std::string arrived;
  for (std::string part = server.read(); !part.empty(); part = server.read())
    arrived += part;
  EXPECT_TRUE(arrived == question);
}

TEST(TlsSession, RefusesAHostThatNoCertificateCanBeFor) {
  const auto session = TlsSession::create(TlsContext::create({}).value(), std::string(300, 'a'));

  ASSERT_FALSE(session.has_value());
  EXPECT_EQ(session.error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace refrain
