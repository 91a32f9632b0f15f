#include "refrain/services/sticker/sticker_service.h"

#include "refrain/core/base64.h"

#include "http/running_server.h"
#include "services/service_rig.h"
#include "services/sticker/counting_generator.h"
#include "support/flaky_tier.h"
#include "support/http_client.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

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

/// A base, since it is there before the rig makes its cache.
class DiskInHand {
protected:
  std::unique_ptr<Tier> make_disk(const Clock& clock) {
    FlakyTier::Config config;
    config.name = "disk";
    auto tier = std::make_unique<FlakyTier>(config, clock);
    disk_ = tier.get();
    disk_->set_giving_files(true);
    return tier;
  }
  auto maker() {
    return [this](const Clock& clock) {
      return make_disk(clock);
    };
  }

  FlakyTier* disk_ = nullptr;  // owned by the rig's cache
};

/// Over `[memory, disk]`, where the disk gives bodies in files.
class StickerFileTest : private DiskInHand, public ServiceRig {
protected:
  StickerFileTest() : ServiceRig("sticker", maker()) { service_.add_routes(router_); }

  /// Draws a cat, which only the disk remembers then. Returns its path by digest.
  std::string draw_onto_disk() {
    const std::string location = ask(kGetCat).header("Content-Location");
    forget_in_memory(location);
    return location;
  }
  void forget_in_memory(const std::string& location) {
    EXPECT_TRUE(memory_->erase_now(*CacheKey::from_hex(location.substr(13, 64))));
  }
  [[nodiscard]] std::int64_t items_in_memory() const { return memory_->stats().items; }

  /// What the disk answers, without its file and with it.
  std::pair<Reply, Reply> both_ways(const std::string& request, const std::string& location) {
    disk_->set_giving_files(false);
    Reply from_memory = ask(request);
    forget_in_memory(location);  // where that answer was filled
    disk_->set_giving_files(true);
    return {std::move(from_memory), ask(request)};
  }

  static std::string cat() { return CountingGenerator::picture_of("cat"); }

  CountingGenerator generator_{clock_};
  CachedStickerGenerator cached_{generator_, cache_};
  StickerService service_{context_, cached_, 100};
};

TEST_F(StickerFileTest, AFileAnswersAsMemoryDoes) {
  const std::string location = draw_onto_disk();

  for (const std::string& target : {std::string("/v1/stickers?prompt=cat"), location}) {
    const auto [from_memory, from_file] = both_ways(get(target), location);

    EXPECT_FALSE(from_memory.is_from_file);
    EXPECT_TRUE(from_file.is_from_file);
    EXPECT_EQ(from_file.status, 200U);
    EXPECT_EQ(from_file.body, cat());
    EXPECT_EQ(from_file.content_type, from_memory.content_type);
    EXPECT_EQ(from_file.head, from_memory.head);
    EXPECT_EQ(from_file.header("Cache-Status"), "refrain; hit; ttl=3600; detail=disk");
  }
  EXPECT_EQ(generator_.calls, 1);
}

TEST_F(StickerFileTest, AFileIsSentToTheLastByte) {
  const std::string location = draw_onto_disk();
  RunningServer server(router_);
  HttpClient client(server.port());
  const std::string get_it = "GET " + location + " HTTP/1.1\r\nHost: x\r\n\r\n";

  client.send(get_it + "HEAD " + location + " HTTP/1.1\r\nHost: x\r\n\r\n");
  const HttpReply whole = client.read_reply();
  const HttpReply head = client.read_reply(Content::kIsAbsent);
  const HttpReply again = client.exchange(get_it);

  EXPECT_EQ(whole.body, cat());
  EXPECT_EQ(whole.header("Content-Length"), std::to_string(cat().size()));
  EXPECT_EQ(head.header("Content-Length"), std::to_string(cat().size()));
  EXPECT_EQ(again.body, cat());
  EXPECT_EQ(items_in_memory(), 0);
}

TEST_F(StickerFileTest, AFileIsNotSentToAClientThatHasIt) {
  const std::string location = draw_onto_disk();
  const std::string tag = ask(get(location)).header("ETag");

  EXPECT_EQ(ask(get(location, "If-None-Match: " + tag + "\r\n")).status, 304U);
  EXPECT_EQ(ask(get("/v1/stickers?prompt=cat", "If-None-Match: " + tag + "\r\n")).status, 304U);
}

TEST_F(StickerFileTest, AFileIsNoUseForBase64) {
  draw_onto_disk();

  const Reply reply = ask(post("/generate-sticker", R"({"prompt":"cat"})"));

  EXPECT_EQ(decode_base64(json(reply).at("image").as_string().c_str()), cat());
  EXPECT_EQ(reply.header("Cache-Status"), "refrain; hit; ttl=3600; detail=disk");
  EXPECT_EQ(items_in_memory(), 1);
}

TEST_F(StickerFileTest, AStalePictureIsSentFromMemoryWhileItIsDrawnAnew) {
  const std::string location = draw_onto_disk();
  clock_.advance(std::chrono::hours(1));

  const Reply by_digest = ask(get(location));
  const Reply by_prompt = ask(kGetCat);
  settle();

  EXPECT_FALSE(by_digest.is_from_file);
  EXPECT_EQ(by_digest.body, cat());
  EXPECT_FALSE(by_prompt.is_from_file);
  EXPECT_EQ(by_prompt.body, cat());
  EXPECT_TRUE(by_prompt.header("Cache-Status").ends_with("detail=stale"));
  EXPECT_EQ(generator_.calls, 2);
}

TEST_F(StickerFileTest, AFileOfTheOtherFormatIsNotGiven) {
  std::string location = draw_onto_disk();
  location.replace(location.size() - 3, 3, "webp");

  EXPECT_EQ(problem(ask(get(location))), "404 not_found -");
}

}  // namespace
}  // namespace refrain::testing
