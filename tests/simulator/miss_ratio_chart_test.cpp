#include "refrain/simulator/miss_ratio_chart.h"

#include "simulator/sample_result.h"

#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <regex>
#include <string>
#include <vector>

namespace refrain {
namespace {

using testing::sample_result;

/// The reason why `text` is no well-formed XML of elements, attributes and text; empty if it is.
std::string fault_in_xml(const std::string& text) {
  static const std::regex kTag(
      R"(^<(/?)([A-Za-z]+)((?: [A-Za-z0-9:-]+="[^"<&]*(?:&(?:amp|lt|gt|quot);[^"<&]*)*")*)(/?)>)");
  static const std::regex kText(R"(^[^<&]*(?:&(?:amp|lt|gt|quot);[^<&]*)*)");
  std::vector<std::string> open;
  std::size_t place = 0;
  while (place < text.size()) {
    const auto begin = text.cbegin() + static_cast<std::ptrdiff_t>(place);
    std::smatch match;
    if (std::regex_search(begin, text.cend(), match, kTag)) {
      if (match[1].length() != 0) {
        if (open.empty() || open.back() != match[2]) return "wrong end of " + match[2].str();
        open.pop_back();
      } else if (match[4].length() == 0) {
        open.push_back(match[2]);
      }
    } else if (!std::regex_search(begin, text.cend(), match, kText) || match.length() == 0) {
      return "neither a tag nor text: " + text.substr(place, 60);
    }
    place += static_cast<std::size_t>(match.length());
    if (open.empty() && text.find_first_not_of('\n', place) != std::string::npos)
      return "more than one root";
  }
  return open.empty() ? "" : open.back() + " has no end";
}

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

TEST(MissRatioChart, IsWellFormedWithOnePathForTheOptimumAndEachPolicy) {
  for (const Metric metric : kMetrics) {
    const std::string svg = miss_ratio_chart(sample_result(), metric);

    EXPECT_EQ(fault_in_xml(svg), "");
    EXPECT_TRUE(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    EXPECT_EQ(count_of(svg, "<path "), 3U);
    EXPECT_EQ(count_of(svg, ">lru</text>"), 1U);
    EXPECT_EQ(count_of(svg, ">belady</text>"), 1U);
  }
}

TEST(MissRatioChart, PutsTheEndsOfACurveAtTheEndsOfTheAxis) {
  const std::string svg = miss_ratio_chart(sample_result(), Metric::kHits);

  // lru misses 88 % and then 60 %: the axis goes from 60 to 90 %.
  EXPECT_NE(svg.find(" d=\"M76.0 95.2 L690.0 392.0\"><title>lru</title>"), std::string::npos)
      << svg;
  EXPECT_EQ(count_of(svg, ">60 %</text>"), 1U);
  EXPECT_EQ(count_of(svg, ">90 %</text>"), 1U);
  EXPECT_EQ(count_of(svg, ">200</text>"), 1U);
  EXPECT_EQ(count_of(svg, ">1,000</text>"), 1U);
}

TEST(MissRatioChart, EscapesTheName) {
  SimulationResult result = sample_result();
  result.trace = "<a> & \"b\"\x01";

  const std::string svg = miss_ratio_chart(result, Metric::kHits);

  EXPECT_EQ(fault_in_xml(svg), "");
  EXPECT_NE(svg.find("&lt;a&gt; &amp; &quot;b&quot;?"), std::string::npos);
}

TEST(MissRatioChart, DrawsASingleSizeAndCurvesThatAreFlat) {
  SimulationResult result = sample_result();
  result.sizes = {512};
  result.optimum.resize(1);
  for (std::vector<Score>& scores : result.scores)
    scores = {result.optimum.front()};

  const std::string svg = miss_ratio_chart(result, Metric::kHits);

  EXPECT_EQ(fault_in_xml(svg), "");
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
}

TEST(MissRatioChart, HasAFewMarksOnTheAxisAtAnySpan) {
  for (const std::uint64_t largest : {110U, 300U, 900U, 9'000U, 90'000U, 900'000'000U}) {
    SimulationResult result = sample_result();
    result.sizes.back() = largest;

    const std::string svg = miss_ratio_chart(result, Metric::kHits);

    EXPECT_LE(count_of(svg, "text-anchor=\"middle\""), 12U) << largest;
    EXPECT_GE(count_of(svg, "text-anchor=\"middle\""), 3U) << largest;
  }
}

TEST(MissRatioChart, FollowsTheSchemeOfItsReader) {
  EXPECT_NE(miss_ratio_chart(sample_result(), Metric::kHits).find("prefers-color-scheme:dark"),
            std::string::npos);
}

}  // namespace
}  // namespace refrain
