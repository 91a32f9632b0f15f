#include "refrain/services/sticker/sticker_service.h"

#include "refrain/core/base64.h"

#include "http/running_server.h"
#include "services/service_rig.h"
#include "services/sticker/counting_generator.h"
#include "support/http_client.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

namespace refrain::testing {
namespace {

const std::string kGetCat = get("/v1/stickers?prompt=cat");

class StickerServiceTest : public ServiceRig {
protected:
  StickerServiceTest() : ServiceRig("sticker") { service_.add_routes(router_); }

  static std::string cat() { return CountingGenerator::picture_of("cat"); }

  CountingGenerator generator_{clock_};
  CachedStickerGenerator cached_{generator_, cache_};
  StickerService service_{context_, cached_, 100};
};

TEST_F(StickerServiceTest, DrawsOnceAndRemembers) {
  const Reply first = ask(kGetCat);
  const Reply second = ask(kGetCat);

  EXPECT_EQ(first.status, 200U);
  EXPECT_EQ(first.content_type, "image/png");
  EXPECT_EQ(first.body, cat());
  EXPECT_EQ(first.header("Cache-Status"), "refrain; fwd=miss; stored");
  EXPECT_EQ(first.header("Server-Timing"), "cache;dur=0.000, gen;dur=2000.000");
  EXPECT_EQ(second.body, cat());
  EXPECT_EQ(second.header("Cache-Status"), "refrain; hit; ttl=3600; detail=memory");
  EXPECT_EQ(generator_.calls, 1);
}

TEST_F(StickerServiceTest, SaysWhereThePictureStaysAndHowLongItIsGood) {
  ask(kGetCat);
  clock_.advance(std::chrono::seconds(100));

  const Reply reply = ask(kGetCat);

  EXPECT_EQ(reply.header("Cache-Control"), "max-age=3500");
  EXPECT_EQ(reply.header("X-Content-Type-Options"), "nosniff");
  const std::string location = reply.header("Content-Location");
  EXPECT_TRUE(location.starts_with("/v1/stickers/"));
  EXPECT_TRUE(location.ends_with(".png"));
  EXPECT_EQ(location.size(), 13U + 64U + 4U);
  EXPECT_FALSE(reply.header("ETag").empty());
}

TEST_F(StickerServiceTest, AnswersGetAndQueryAndPostAndBase64FromOneEntry) {
  ask(post("/v1/stickers", R"({"prompt":"cat","size":512})"));
  ask(with_body("QUERY", "/v1/stickers", R"({"prompt":"cat"})"));
  ask(kGetCat);
  ask(post("/generate-sticker", R"({"prompt":"cat"})"));

  EXPECT_EQ(generator_.calls, 1);
}

TEST_F(StickerServiceTest, GivesThePictureInBase64) {
  const Reply reply = ask(post("/generate-sticker", R"({"prompt":"cat"})"));

  EXPECT_EQ(reply.content_type, "application/json");
  EXPECT_EQ(json(reply).at("format").as_string(), "png");
  EXPECT_EQ(decode_base64(json(reply).at("image").as_string().c_str()), cat());
  EXPECT_EQ(json(reply).as_object().size(), 2U);
  EXPECT_EQ(reply.header("Cache-Status"), "refrain; fwd=miss; stored");
  EXPECT_EQ(ask(post("/generate-sticker", R"({"prompt":"cat"})")).body, reply.body);
}

TEST_F(StickerServiceTest, NamesTheFormatThatItGives) {
  const Reply image = ask(get("/v1/stickers?prompt=cat&format=webp"));
  const Reply base64 = ask(post("/generate-sticker", R"({"prompt":"cat","format":"webp"})"));

  EXPECT_EQ(image.content_type, "image/webp");
  EXPECT_TRUE(image.header("Content-Location").ends_with(".webp"));
  EXPECT_EQ(json(base64).at("format").as_string(), "webp");
}

TEST_F(StickerServiceTest, SendsNoPictureThatTheClientHas) {
  const std::string tag = ask(kGetCat).header("ETag");
  const std::string target = "/v1/stickers?prompt=cat";

  EXPECT_EQ(ask(get(target, "If-None-Match: " + tag + "\r\n")).status, 304U);
  EXPECT_EQ(ask(get(target, "If-None-Match: \"x\", W/" + tag + "\r\n")).status, 304U);
  EXPECT_EQ(ask(get(target, "If-None-Match: *\r\n")).status, 304U);
  EXPECT_EQ(ask(get(target, "If-None-Match: \"x\"\r\n")).status, 200U);
  EXPECT_EQ(
      ask(post("/v1/stickers", R"({"prompt":"cat"})", "If-None-Match: " + tag + "\r\n")).status,
      200U);
}

TEST_F(StickerServiceTest, KeepsTheTagWhenItDrawsTheSameAgain) {
  const std::string tag = ask(kGetCat).header("ETag");

  const Reply again = ask(
      get("/v1/stickers?prompt=cat", "Cache-Control: no-cache\r\nIf-None-Match: " + tag + "\r\n"));

  EXPECT_EQ(again.status, 304U);
  EXPECT_EQ(generator_.calls, 2);
}

TEST_F(StickerServiceTest, GivesAPictureByItsDigestForEver) {
  const std::string location = ask(kGetCat).header("Content-Location");

  const Reply reply = ask(get(location));

  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.content_type, "image/png");
  EXPECT_EQ(reply.body, cat());
  EXPECT_EQ(reply.header("Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(reply.header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(reply.header("ETag"), ask(kGetCat).header("ETag"));
  EXPECT_EQ(ask(get(location, "If-None-Match: " + reply.header("ETag") + "\r\n")).status, 304U);
}

TEST_F(StickerServiceTest, AnswersHeadWithTheFieldsAndNoContent) {
  const std::string location = ask(kGetCat).header("Content-Location");
  RunningServer server(router_);

  const std::string request = "HEAD " + location + " HTTP/1.1\r\nHost: x\r\n\r\n";
  HttpClient client(server.port());
  client.send(request);
  const HttpReply reply = client.read_reply(Content::kIsAbsent);

  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.header("Content-Length"), std::to_string(cat().size()));
  EXPECT_EQ(reply.header("Content-Type"), "image/png");
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(client.exchange("GET " + location + " HTTP/1.1\r\nHost: x\r\n\r\n").body, cat());
}

TEST_F(StickerServiceTest, DoesNotGiveAPictureUnderAnotherExtension) {
  std::string location = ask(kGetCat).header("Content-Location");
  location.replace(location.size() - 3, 3, "webp");

  EXPECT_EQ(problem(ask(get(location))), "404 not_found -");
}

TEST_F(StickerServiceTest, DoesNotDrawForADigest) {
  EXPECT_EQ(problem(ask(get("/v1/stickers/" + sample_key("x").to_hex() + ".png"))),
            "404 not_found -");
  EXPECT_EQ(generator_.calls, 0);
}

TEST_F(StickerServiceTest, KnowsNoPictureUnderWhatIsNoDigest) {
  const std::string location = ask(kGetCat).header("Content-Location");
  const std::string stem = location.substr(0, location.size() - 4);

  for (const std::string& target : {std::string("/v1/stickers/"),
                                    std::string("/v1/stickers/.png"),
                                    std::string("/v1/stickers/abc.png"),
                                    std::string("/v1/stickers/../../etc/passwd"),
                                    std::string("/v1/stickers/..%2f..%2fetc%2fpasswd.png"),
                                    std::string("/v1/stickers/%00.png"),
                                    stem,
                                    stem + ".",
                                    stem + ".gif",
                                    stem + ".PNG",
                                    stem + ".png.png",
                                    stem + ".png/",
                                    stem + "/.png",
                                    stem + "0.png",
                                    "/v1/stickers//" + stem.substr(13) + ".png"})
    EXPECT_EQ(problem(ask(get(target))), "404 not_found -") << target;
}

TEST_F(StickerServiceTest, DoesNotGiveAPictureWhoseTimeIsOver) {
  const std::string location = ask(kGetCat).header("Content-Location");
  clock_.advance(std::chrono::hours(2));

  EXPECT_EQ(problem(ask(get(location))), "404 not_found -");
}

TEST_F(StickerServiceTest, NamesTheFieldThatIsWrong) {
  EXPECT_EQ(problem(ask(get("/v1/stickers"))), "400 invalid_argument prompt");
  EXPECT_EQ(problem(ask(get("/v1/stickers?prompt=cat&size=2000"))), "422 unprocessable size");
  EXPECT_EQ(problem(ask(post("/generate-sticker", R"({"prompt":"a","platform":"x"})"))),
            "422 unprocessable platform");
  EXPECT_EQ(problem(ask(post("/v1/stickers", R"({"prompt":"a","prompt":"b"})"))),
            "400 invalid_argument prompt");
  EXPECT_EQ(generator_.calls, 0);
}

TEST_F(StickerServiceTest, HonoursTheDirectivesOfTheRequest) {
  EXPECT_EQ(problem(ask(get("/v1/stickers?prompt=cat", "Cache-Control: only-if-cached\r\n"))),
            "504 timeout -");
  EXPECT_EQ(
      ask(get("/v1/stickers?prompt=cat", "Cache-Control: no-store\r\n")).header("Cache-Status"),
      "refrain; fwd=bypass");
  EXPECT_EQ(cache_.stats().tiers.at(0).items, 0);
  EXPECT_EQ(ask(kGetCat).header("Cache-Status"), "refrain; fwd=miss; stored");
  EXPECT_EQ(
      ask(get("/v1/stickers?prompt=cat", "Cache-Control: no-cache\r\n")).header("Cache-Status"),
      "refrain; fwd=miss; stored");
}

TEST_F(StickerServiceTest, SaysThatTheGeneratorFailedAndKeepsNothing) {
  generator_.failure = Error(ErrorCode::kUnavailable, "down");
  const Reply down = ask(kGetCat);
  generator_.failure = Error(ErrorCode::kInternal, "oops");
  const Reply broken = ask(post("/generate-sticker", R"({"prompt":"cat"})"));

  EXPECT_EQ(problem(down), "503 unavailable -");
  EXPECT_EQ(down.header("Retry-After"), "1");
  EXPECT_EQ(down.header("ETag"), "");
  EXPECT_EQ(problem(broken), "500 internal -");
  EXPECT_EQ(cache_.stats().tiers.at(0).insertions, 0);
}

TEST_F(StickerServiceTest, TurnsAwayWhatWouldBeTooManyGenerations) {
  generator_.gate.close();
  Exchanging one(router_, get("/v1/stickers?prompt=a"), loop_);
  Exchanging two(router_, get("/v1/stickers?prompt=b"), loop_);
  settle();

  const Reply reply = ask(kGetCat);
  generator_.gate.open();

  EXPECT_EQ(problem(reply), "503 unavailable -");
  EXPECT_EQ(reply.header("Retry-After"), "1");
  EXPECT_EQ(one.finish().status, 200U);
  EXPECT_EQ(two.finish().status, 200U);
  EXPECT_EQ(ask(kGetCat).status, 200U);
}

TEST_F(StickerServiceTest, DoesNotShareBetweenTenants) {
  context_.tenant_header = "X-Tenant";

  const Reply one = ask(get("/v1/stickers?prompt=cat", "X-Tenant: a\r\n"));
  const Reply other = ask(get("/v1/stickers?prompt=cat", "X-Tenant: b\r\n"));

  EXPECT_EQ(generator_.calls, 2);
  EXPECT_NE(one.header("Content-Location"), other.header("Content-Location"));
}

}  // namespace
}  // namespace refrain::testing
