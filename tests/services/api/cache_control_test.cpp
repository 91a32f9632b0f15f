#include "refrain/services/api/cache_control.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace refrain {
namespace {

using std::chrono::seconds;

/// The directives as one word: `no-cache no-store only-if-cached max-age=5`.
std::string described(std::string_view header) {
  const CacheDirectives directives = parse_cache_control(header);
  std::string text;
  if (directives.no_cache) text += "no-cache ";
  if (directives.no_store) text += "no-store ";
  if (directives.only_if_cached) text += "only-if-cached ";
  if (directives.max_age) text += "max-age=" + std::to_string(directives.max_age->count()) + " ";
  return text;
}

TEST(CacheControl, KnowsItsDirectives) {
  EXPECT_EQ(described("no-cache"), "no-cache ");
  EXPECT_EQ(described("no-store"), "no-store ");
  EXPECT_EQ(described("only-if-cached"), "only-if-cached ");
  EXPECT_EQ(described("max-age=60"), "max-age=60 ");
  EXPECT_EQ(described("max-age=0"), "max-age=0 ");
}

TEST(CacheControl, ReadsAList) {
  EXPECT_EQ(described("no-cache,no-store"), "no-cache no-store ");
  EXPECT_EQ(described(" max-age=5 ,\tonly-if-cached , "), "only-if-cached max-age=5 ");
}

TEST(CacheControl, DoesNotMindTheCase) {
  EXPECT_EQ(described("No-Cache, MAX-AGE=7"), "no-cache max-age=7 ");
}

TEST(CacheControl, TakesAQuotedNumber) {
  EXPECT_EQ(described("max-age=\"12\""), "max-age=12 ");
}

TEST(CacheControl, TakesATooLargeNumberForTheLargest) {
  EXPECT_EQ(parse_cache_control("max-age=99999999999999").max_age, seconds(UINT32_MAX));
}

TEST(CacheControl, IgnoresWhatItDoesNotKnowAndWhatIsMalformed) {
  for (const char* header : {"",
                             ",",
                             "max-age",
                             "max-age=",
                             "max-age=-1",
                             "max-age=1x",
                             "max-age=1.5",
                             "max-age=\"",
                             "max-stale=5",
                             "private",
                             "no-cache-please",
                             "xno-store",
                             "s-maxage=3"})
    EXPECT_EQ(described(header), "") << header;
}

}  // namespace
}  // namespace refrain
