#include "refrain/services/api/exchange.h"

#include "services/service_rig.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace refrain::testing {
namespace {

class ExchangeTest : public ServiceRig {
protected:
  ExchangeTest() : ServiceRig("text") {}

  /// The problem that `accept_body` writes; "ok" if it writes none.
  std::string refusal(std::string text) {
    const ParsedRequest request(std::move(text));
    http::Response response;
    Exchange exchange(context_, *request, response);
    if (exchange.accept_body()) return "ok";
    Reply reply;
    reply.status = response.status();
    reply.body = std::string(response.body());
    return problem(reply);
  }

  static std::string with_content_type(const std::string& type) {
    return "POST /p HTTP/1.1\r\nHost: x\r\nContent-Type: " + type +
           "\r\nContent-Length: 2\r\n\r\n{}";
  }

  std::string tenant(const std::string& fields) {
    const ParsedRequest request(get("/p", fields));
    http::Response response;
    return std::string(Exchange(context_, *request, response).tenant());
  }
};

TEST_F(ExchangeTest, AsksForABodyThatIsNotThere) {
  EXPECT_EQ(refusal("POST /p HTTP/1.1\r\nHost: x\r\n\r\n"), "411 length_required -");
  EXPECT_EQ(refusal("QUERY /p HTTP/1.1\r\nHost: x\r\n\r\n"), "411 length_required -");
}

TEST_F(ExchangeTest, TakesAnEmptyBodyThatWasAnnouncedForOneThatIsThere) {
  EXPECT_EQ(refusal("POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"), "ok");
}

TEST_F(ExchangeTest, AsksNoBodyOfAGet) {
  EXPECT_EQ(refusal(get("/p")), "ok");
  EXPECT_EQ(refusal("HEAD /p HTTP/1.1\r\nHost: x\r\n\r\n"), "ok");
}

TEST_F(ExchangeTest, TakesNothingButJson) {
  for (const char* type : {"text/plain",
                           "application/x-www-form-urlencoded",
                           "multipart/form-data; boundary=x",
                           "application/jsonx",
                           "application",
                           "json"})
    EXPECT_EQ(refusal(with_content_type(type)), "415 unsupported_media_type Content-Type") << type;
}

TEST_F(ExchangeTest, TakesJsonHoweverItIsSpelt) {
  for (const char* type : {"application/json",
                           "Application/JSON",
                           "application/json; charset=utf-8",
                           "application/json ;charset=utf-8"})
    EXPECT_EQ(refusal(with_content_type(type)), "ok") << type;
}

TEST_F(ExchangeTest, TakesABodyWithoutATypeForJson) {
  EXPECT_EQ(refusal("POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"), "ok");
}

TEST_F(ExchangeTest, HasOneTenantUntilAHeaderIsNamed) {
  EXPECT_EQ(tenant("X-Tenant: acme\r\n"), "");

  context_.tenant_header = "x-tenant";

  EXPECT_EQ(tenant("X-Tenant: acme\r\n"), "acme");
  EXPECT_EQ(tenant(""), "");
}

TEST_F(ExchangeTest, ReadsTheDirectives) {
  const ParsedRequest request(get("/p", "cache-control: no-store, max-age=3\r\n"));
  http::Response response;

  const CacheDirectives directives = Exchange(context_, *request, response).directives();

  EXPECT_TRUE(directives.no_store);
  EXPECT_EQ(directives.max_age, std::chrono::seconds(3));
  EXPECT_FALSE(directives.no_cache);
}

TEST_F(ExchangeTest, ReadsFieldsFromTheQueryOfAGetAndTheBodyOfAPost) {
  const ParsedRequest by_get(get("/p?text=a"));
  const ParsedRequest by_post(post("/p?text=b", R"({"text":"c"})"));
  http::Response response;

  EXPECT_EQ(*Exchange(context_, *by_get, response).read_fields()->take_text("text"), "a");
  EXPECT_EQ(*Exchange(context_, *by_post, response).read_fields()->take_text("text"), "c");
}

TEST_F(ExchangeTest, LogsItsOwnFailuresAndNotTheClients) {
  const ParsedRequest request(get("/p?text=secret"));
  http::Response response;
  Exchange exchange(context_, *request, response);

  exchange.refuse(Error(ErrorCode::kInvalidArgument, "bad", "text"));
  EXPECT_EQ(response.status(), 400U);
  EXPECT_EQ(log_.records().size(), 0U);

  exchange.refuse(Error(ErrorCode::kUnavailable, "secret is down"));
  EXPECT_EQ(response.status(), 503U);
  EXPECT_EQ(log_.count(LogLevel::kWarning), 1U);
}

TEST_F(ExchangeTest, LogsNothingOfWhatWasAsked) {
  const ParsedRequest request(get("/p?text=secret"));
  http::Response response;
  Exchange exchange(context_, *request, response);

  exchange.refuse(Error(ErrorCode::kInternal, "cannot predict secret"));
  exchange.send_entry(Answer(sample_entry(sample_key("a"), clock_.now()), Disposition::kMiss));

  ASSERT_EQ(log_.records().size(), 2U);
  for (const LogSpy::Record& record : log_.records()) {
    EXPECT_EQ(record.message.find("secret"), std::string::npos);
    for (const LogField& field : record.fields)
      EXPECT_EQ(field.value().find("secret"), std::string::npos) << field.name();
  }
}

TEST_F(ExchangeTest, SendsTheBytesOfTheEntryAsTheyLie) {
  const Entry entry = sample_entry(sample_key("a"), clock_.now(), "bytes", "image/png");
  const ParsedRequest request(get("/p"));
  http::Response response;

  Exchange(context_, *request, response).send_entry(Answer(entry, Disposition::kHit, "memory"));

  EXPECT_EQ(response.body().data(), entry.body().data());
  EXPECT_EQ(response.content_type(), "image/png");
  EXPECT_NE(response.header_lines().find("Cache-Status: refrain; hit"), std::string::npos);
}

TEST_F(ExchangeTest, SendsABodyInAFileFromThere) {
  const auto owner = std::make_shared<int>(0);
  FileBody body;
  body.owner = owner;
  body.descriptor = 42;
  body.offset = 7;
  const EntryMetadata metadata = sample_entry(sample_key("a"), clock_.now()).metadata();
  const ParsedRequest request(get("/p"));
  http::Response response;

  Exchange(context_, *request, response)
      .send_entry(Answer(Entry::in_file(metadata, "image/png", 123, 0, std::move(body)),
                         Disposition::kHit,
                         "disk"));

  ASSERT_NE(response.file(), nullptr);
  EXPECT_EQ(response.file()->descriptor, 42);
  EXPECT_EQ(response.file()->offset, 7U);
  EXPECT_EQ(response.body_size(), 123U);
  EXPECT_EQ(response.content_type(), "image/png");
  EXPECT_EQ(owner.use_count(), 2);
  response.clear();
  EXPECT_EQ(owner.use_count(), 1);
}

TEST_F(ExchangeTest, LogsOneLineForAGenerationAndNoneForAHit) {
  const Entry entry = sample_entry(sample_key("a"), clock_.now());
  const ParsedRequest request(get("/p"));
  http::Response response;
  Exchange exchange(context_, *request, response);

  exchange.send_entry(Answer(entry, Disposition::kHit, "memory"));
  exchange.send_entry(Answer(entry, Disposition::kStale, "memory"));
  exchange.send_entry(Answer(entry, Disposition::kMiss).coalesced());
  EXPECT_EQ(log_.records().size(), 0U);

  exchange.send_entry(Answer(entry, Disposition::kMiss).stored());
  exchange.send_entry(Answer(entry, Disposition::kBypass));
  EXPECT_EQ(log_.count(LogLevel::kInfo), 2U);
}

}  // namespace
}  // namespace refrain::testing
