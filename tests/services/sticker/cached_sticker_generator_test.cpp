#include "refrain/services/sticker/cached_sticker_generator.h"

#include "services/service_rig.h"
#include "services/sticker/counting_generator.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

namespace refrain::testing {
namespace {

class CachedStickerGeneratorTest : public ServiceRig {
protected:
  CachedStickerGeneratorTest() : ServiceRig("sticker") {}

  std::string key(Result<RequestFields> fields, std::string_view tenant = "") {
    if (!fields) throw std::invalid_argument(fields.error().message());
    const auto query = StickerQuery::read(std::move(*fields), 100);
    if (!query) throw std::invalid_argument(query.error().message());
    return cached_.key(*query, tenant).to_hex();
  }

  std::string body_key(std::string_view body, std::string_view tenant = "") {
    return key(RequestFields::from_json(body), tenant);
  }

  CountingGenerator generator_{clock_};
  CachedStickerGenerator cached_{generator_, cache_};
};

TEST_F(CachedStickerGeneratorTest, GivesEveryDifferentRequestItsOwnKey) {
  std::set<std::string> keys;
  const std::initializer_list<const char*> bodies = {
      R"({"prompt":"cat"})",
      R"({"prompt":"cat "})",
      R"({"prompt":"Cat"})",
      R"({"prompt":"cat","style":"badge"})",
      R"({"prompt":"cat","style":"mascot"})",
      R"({"prompt":"cat","size":256})",
      R"({"prompt":"cat","format":"webp"})",
      R"({"prompt":"cat","variant":1})",
      R"({"prompt":"cat","seed":0})",
      R"({"prompt":"cat","seed":1})",
      R"({"prompt":"cat","seed":18446744073709551615})",
      R"({"prompt":"cat","mood":"calm"})",
      R"({"prompt":"cat","mood":"angry"})"};

  for (const char* body : bodies)
    keys.insert(body_key(body));

  EXPECT_EQ(keys.size(), bodies.size());
}

TEST_F(CachedStickerGeneratorTest, GivesEqualRequestsOneKeyHoweverTheyAreWritten) {
  const std::string one = body_key(R"({"prompt":"a cat","size":512,"format":"png"})");

  EXPECT_EQ(body_key(R"({"format":"png","size":512,"prompt":"a cat"})"), one);
  EXPECT_EQ(body_key(R"({"prompt":"a\u0020cat","style":"auto","variant":0,"user":"me"})"), one);
  EXPECT_EQ(key(RequestFields::from_query("prompt=a+cat")), one);
  EXPECT_EQ(key(RequestFields::from_query("size=512&prompt=a%20cat&variant=0")), one);
}

TEST_F(CachedStickerGeneratorTest, GivesEachTenantModelVersionAndEpochItsOwnKey) {
  std::set<std::string> keys{body_key(R"({"prompt":"cat"})"), body_key(R"({"prompt":"cat"})", "a")};
  generator_.name = "other";
  keys.insert(body_key(R"({"prompt":"cat"})"));
  generator_.version = "2";
  keys.insert(body_key(R"({"prompt":"cat"})"));
  epoch_.adopt(9);
  keys.insert(body_key(R"({"prompt":"cat"})"));

  EXPECT_EQ(keys.size(), 5U);
}

TEST_F(CachedStickerGeneratorTest, StoresThePictureFileWithItsType) {
  StickerRequest request("cat");
  request.format = ImageFormat::kWebp;
  const StickerQuery query(request, "");
  const CacheKey key = cached_.key(query, "");

  const auto answer = run(loop_, cached_.generate(cache_.probe(key, CacheDirectives()), query));

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->entry().body(), CountingGenerator::picture_of("cat"));
  EXPECT_EQ(answer->entry().content_type(), "image/webp");
  EXPECT_EQ(answer->entry().metadata().cost, std::chrono::seconds(2));
}

}  // namespace
}  // namespace refrain::testing
