#include "refrain/cache/canonical_request.h"

#include "refrain/cache/epoch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <limits>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace refrain {
namespace {

using Parts = std::vector<std::pair<std::string, std::string>>;

KeySpace sample_space() {
  KeySpace space;
  space.service = "text";
  space.model = "ngram";
  space.model_version = "2";
  space.epoch = 1;
  return space;
}

CacheKey key_in(const KeySpace& space) {
  return CanonicalRequest(space).key();
}

CacheKey key_of(const Parts& parts) {
  CanonicalRequest request(sample_space());
  for (const auto& [name, value] : parts)
    request.add(name, value);
  return request.key();
}

/// Every way to cut `text` into an even number of pieces, as name and value pairs.
std::vector<Parts> every_cut(const std::string& text, std::size_t parts) {
  std::vector<Parts> cuts;
  const std::size_t pieces = 2 * parts;
  std::vector<std::size_t> ends(pieces, 0);
  ends.back() = text.size();
  while (true) {
    if (std::ranges::is_sorted(ends)) {
      Parts cut;
      std::size_t begin = 0;
      for (std::size_t i = 0; i < pieces; i += 2) {
        cut.emplace_back(text.substr(begin, ends[i] - begin),
                         text.substr(ends[i], ends[i + 1] - ends[i]));
        begin = ends[i + 1];
      }
      cuts.push_back(cut);
    }
    std::size_t i = 0;
    while (i + 1 < pieces && ++ends[i] > text.size())
      ends[i++] = 0;
    if (i + 1 == pieces) return cuts;
  }
}

// Computed independently:
//   import hashlib, struct
//   def part(name, value):
//       return b"".join(struct.pack("<Q", len(s)) + s for s in (name.encode(), value.encode()))
//   parts = [("schema", "1"), ("service", "text"), ("tenant", ""), ("model", "ngram"),
//            ("model_version", "2"), ("epoch", "1"), ("text", "I would like"), ("count", "3")]
//   print(hashlib.sha256(b"".join(part(*p) for p in parts)).hexdigest())
constexpr std::string_view kGolden =
    "aafb0117e0bd7914e328b6a4bde02e9e3b6c176d9a44d1c10b87fd3ca1c4d044";

CacheKey golden_key() {
  CanonicalRequest request(sample_space());
  request.add("text", "I would like");
  request.add("count", std::int64_t{3});
  return request.key();
}

TEST(CanonicalRequest, HasTheDigestThatThisSchemaAlwaysHad) {
  ASSERT_EQ(CanonicalRequest::kSchema, 1U);

  EXPECT_EQ(golden_key().to_hex(), kGolden);
}

TEST(CanonicalRequest, IsTheWorkedExampleOfItsFormatPage) {
  std::ifstream file(std::string(REFRAIN_SOURCE_DIR) + "/docs/formats/cache-key.md");
  std::stringstream page;
  page << file.rdbuf();

  EXPECT_NE(page.str().find(golden_key().to_hex()), std::string::npos);
  EXPECT_NE(page.str().find("I would like"), std::string::npos);
}

TEST(CanonicalRequest, EqualRequestsHaveEqualKeys) {
  const Parts parts{{"text", "thank"}, {"count", "3"}};

  EXPECT_EQ(key_of(parts), key_of(parts));
}

TEST(CanonicalRequest, NoTwoWaysToCutTheSameTextShareAKey) {
  std::map<std::string, Parts> seen;
  for (const std::size_t parts : {1U, 2U}) {
    for (const Parts& cut : every_cut("abab\1a", parts)) {
      const auto [place, is_new] = seen.emplace(key_of(cut).to_hex(), cut);
      ASSERT_TRUE(is_new || place->second == cut);
    }
  }
  EXPECT_GT(seen.size(), 80U);
}

TEST(CanonicalRequest, AValueCannotImitateAnotherPart) {
  const std::string length_of_one("\1\0\0\0\0\0\0\0", 8);
  const std::string forged = "x" + length_of_one + "b" + length_of_one + "y";

  EXPECT_NE(key_of({{"a", "x"}, {"b", "y"}}), key_of({{"a", forged}}));
  EXPECT_NE(key_of({{"a", "x"}, {"b", "y"}}), key_of({{"a" + length_of_one + forged, ""}}));
}

TEST(CanonicalRequest, NoTwoRandomPartListsShareAKey) {
  std::mt19937 random(20261122);
  const auto up_to = [&random](unsigned limit) {
    return random() % (limit + 1);
  };
  const auto random_text = [&up_to] {
    std::string text(up_to(4), ' ');
    // Few letters, and bytes that look like lengths: collisions would come soon.
    for (char& letter : text)
      letter = "ab\0\1\2"[up_to(4)];
    return text;
  };
  std::map<std::string, Parts> seen;

  for (int i = 0; i < 20'000; ++i) {
    Parts parts(up_to(3));
    for (auto& [name, value] : parts) {
      name = random_text();
      value = random_text();
    }
    const auto [place, is_new] = seen.emplace(key_of(parts).to_hex(), parts);
    ASSERT_TRUE(is_new || place->second == parts);
  }
}

TEST(CanonicalRequest, TheOrderOfPartsCounts) {
  EXPECT_NE(key_of({{"a", "1"}, {"b", "2"}}), key_of({{"b", "2"}, {"a", "1"}}));
}

TEST(CanonicalRequest, AnEmptyPartIsNotAMissingOne) {
  EXPECT_NE(key_of({{"a", ""}}), key_of(Parts()));
  EXPECT_NE(key_of({{"", ""}}), key_of(Parts()));
  EXPECT_NE(key_of({{"", ""}}), key_of({{"", ""}, {"", ""}}));
}

TEST(CanonicalRequest, ANumberIsItsDecimalText) {
  const auto key_of_number = [](std::int64_t number) {
    CanonicalRequest request(sample_space());
    request.add("n", number);
    return request.key();
  };

  EXPECT_EQ(key_of_number(-12), key_of({{"n", "-12"}}));
  EXPECT_EQ(key_of_number(std::numeric_limits<std::int64_t>::min()),
            key_of({{"n", "-9223372036854775808"}}));
  EXPECT_NE(key_of_number(1), key_of_number(10));
}

TEST(CanonicalRequest, EveryFieldOfTheKeySpaceChangesTheKey) {
  const CacheKey base = key_in(sample_space());
  KeySpace service = sample_space();
  service.service = "sticker";
  KeySpace tenant = sample_space();
  tenant.tenant = "acme";
  KeySpace model = sample_space();
  model.model = "upstream";
  KeySpace version = sample_space();
  version.model_version = "3";
  KeySpace epoch = sample_space();
  epoch.epoch = 2;

  for (const KeySpace& space : {service, tenant, model, version, epoch})
    EXPECT_NE(key_in(space), base);
}

TEST(CanonicalRequest, FieldsOfTheKeySpaceCannotFlowIntoEachOther) {
  KeySpace one = sample_space();
  one.model = "ab";
  one.model_version = "c";
  KeySpace other = sample_space();
  other.model = "a";
  other.model_version = "bc";

  EXPECT_NE(key_in(one), key_in(other));
}

TEST(CanonicalRequest, EveryEpochHasKeysOfItsOwn) {
  KeySpace low = sample_space();
  KeySpace high = sample_space();
  high.epoch = std::numeric_limits<std::uint64_t>::max();
  KeySpace middle = sample_space();
  middle.epoch = std::uint64_t{1} << 63U;

  EXPECT_NE(key_in(low), key_in(high));
  EXPECT_NE(key_in(middle), key_in(high));
}

TEST(CanonicalRequest, MayBeAskedForItsKeyAsItGrows) {
  CanonicalRequest request(sample_space());
  request.add("a", "1");
  const CacheKey before = request.key();

  request.add("b", "2");

  EXPECT_EQ(before, key_of({{"a", "1"}}));
  EXPECT_EQ(request.key(), key_of({{"a", "1"}, {"b", "2"}}));
}

}  // namespace
}  // namespace refrain
