#include "refrain/simulator/trace_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace refrain {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

Result<Trace> parsed(TraceFormat format,
                     std::string_view bytes,
                     const TraceParser::Limit& limit = {}) {
  TraceParser parser("file", format, limit);
  if (const Result<void> fed = parser.feed(bytes); !fed) return fail(fed.error());
  return parser.finish("name");
}

std::string refusal(TraceFormat format, std::string_view bytes) {
  const Result<Trace> trace = parsed(format, bytes);
  return trace ? "accepted" : trace.error().message();
}

std::vector<std::uint64_t> hashes(const Trace& trace) {
  std::vector<std::uint64_t> all;
  for (const Trace::Request& request : trace.requests())
    all.push_back(request.hash);
  return all;
}

std::vector<std::uint64_t> hashes_of(std::initializer_list<std::uint64_t> keys) {
  std::vector<std::uint64_t> all;
  for (const std::uint64_t key : keys)
    all.push_back(hash_of_key(key));
  return all;
}

TEST(TraceParser, ReadsOneNumberALineAndSkipsStars) {
  const Result<Trace> trace =
      parsed(TraceFormat::kLirs, "1\n*\n 22 \r\n\n-3\n18446744073709551615");

  ASSERT_TRUE(trace) << trace.error().message();
  EXPECT_EQ(hashes(*trace), hashes_of({1, 22, ~std::uint64_t{2}, ~std::uint64_t{0}}));
  EXPECT_EQ(trace->name(), "name");
  EXPECT_FALSE(trace->has_sizes());
}

TEST(TraceParser, ExpandsTheBlocksOfAnArcTrace) {
  const Result<Trace> trace = parsed(TraceFormat::kArc, "10 3 0 0\n7\t1  0 1\n5 0 0 2\n");

  ASSERT_TRUE(trace) << trace.error().message();
  EXPECT_EQ(hashes(*trace), hashes_of({10, 11, 12, 7}));
}

TEST(TraceParser, ReadsBigEndianNumbers) {
  const Result<Trace> narrow = parsed(TraceFormat::kInt32, "\0\0\1\2\0\0\0\3"sv);
  const Result<Trace> wide = parsed(TraceFormat::kInt64, "\0\0\0\0\0\0\1\2"sv);

  ASSERT_TRUE(narrow && wide);
  EXPECT_EQ(hashes(*narrow), hashes_of({258, 3}));
  EXPECT_EQ(hashes(*wide), hashes_of({258}));
}

TEST(TraceParser, ReadsKeysSizesAndSeconds) {
  const Result<Trace> trace =
      parsed(TraceFormat::kCsv,
             "key,size,seconds\ncat,100,0.5\n\"a \"\"b\"\", c\", 20 ,3\ncat,100,1e-1\n");

  ASSERT_TRUE(trace) << trace.error().message();
  ASSERT_EQ(trace->requests().size(), 3U);
  EXPECT_TRUE(trace->has_sizes());
  EXPECT_TRUE(trace->has_seconds());
  EXPECT_EQ(trace->unique_keys(), 2U);
  EXPECT_EQ(trace->requests()[1].size, 20U);
  EXPECT_FLOAT_EQ(trace->requests()[2].seconds, 0.1F);
  EXPECT_EQ(trace->requests()[0].hash, trace->requests()[2].hash);
}

TEST(TraceParser, NeedsNeitherHeaderNorSizesNorSeconds) {
  const Result<Trace> keys = parsed(TraceFormat::kCsv, "\xEF\xBB\xBFkey\ncat\ndog\n");
  const Result<Trace> sizes = parsed(TraceFormat::kCsv, "cat,5\ndog,6");

  ASSERT_TRUE(keys && sizes);
  EXPECT_EQ(keys->requests().size(), 2U);
  EXPECT_FALSE(keys->has_sizes());
  EXPECT_EQ(sizes->footprint_bytes(), 11U);
  EXPECT_FALSE(sizes->has_seconds());
}

TEST(TraceParser, SaysWhichLineIsWrongAndWhatIsAllowed) {
  EXPECT_EQ(refusal(TraceFormat::kLirs, "1\n\ncat\n"),
            "file:3: must be one whole number of 64 bits (format lirs)");
  EXPECT_EQ(refusal(TraceFormat::kLirs, "18446744073709551616\n").substr(0, 7), "file:1:");
  EXPECT_EQ(
      refusal(TraceFormat::kArc, "1 2 3\n"),
      "file:1: must be four whole numbers, start_block n_blocks ignored request_no (format arc)");
  EXPECT_EQ(refusal(TraceFormat::kArc, "1 -2 3 4\n").substr(0, 7), "file:1:");
  EXPECT_EQ(refusal(TraceFormat::kCsv, "a,1\nb,0\n").substr(0, 36),
            "file:2: the size must be a whole num");
  EXPECT_EQ(refusal(TraceFormat::kCsv, "a,1,nan\n"),
            "file:1: the seconds must be a number from 0 to 1000000");
  EXPECT_EQ(refusal(TraceFormat::kCsv, "a,1,-1\n").substr(0, 7), "file:1:");
  EXPECT_EQ(refusal(TraceFormat::kCsv, "a,1,2\nb,1\n"),
            "file:2: must have as many columns as the first line: 3");
  EXPECT_EQ(refusal(TraceFormat::kCsv, "a,1,2,3\n").substr(0, 7), "file:1:");
  EXPECT_EQ(refusal(TraceFormat::kCsv, "\"a,1\n").substr(0, 16), "file:1: a quoted");
  EXPECT_EQ(refusal(TraceFormat::kCsv, "\"a\"b,1\n").substr(0, 16), "file:1: a quoted");
}

TEST(TraceParser, RefusesATraceWithoutRequests) {
  EXPECT_EQ(refusal(TraceFormat::kLirs, ""), "file: there is no request in it");
  EXPECT_EQ(refusal(TraceFormat::kCsv, "key,size\n"), "file: there is no request in it");
  EXPECT_EQ(refusal(TraceFormat::kInt32, ""), "file: there is no request in it");
}

TEST(TraceParser, RefusesATornNumber) {
  EXPECT_EQ(refusal(TraceFormat::kInt32, "\0\0\0\1\0"sv),
            "file:byte 5: ends within a number; the length must be a multiple of 4 (format int32)");
}

TEST(TraceParser, RefusesALineWithoutEnd) {
  const std::string line(TraceParser::kLongestLine + 1, 'x');

  EXPECT_EQ(refusal(TraceFormat::kCsv, line), "file:1: a line may have 65536 bytes at most");
  EXPECT_EQ(refusal(TraceFormat::kCsv, line.substr(1)), "accepted");
}

TEST(TraceParser, RefusesMoreRequestsThanItHolds) {
  const Result<Trace> blocks =
      parsed(TraceFormat::kArc, "1 18446744073709551615 0 0\n", {10, false});
  const Result<Trace> lines = parsed(TraceFormat::kLirs, "1\n2\n3\n", {2, false});

  ASSERT_FALSE(blocks);
  EXPECT_EQ(blocks.error().message().substr(0, 30), "file:1: has more than 10 reque");
  EXPECT_FALSE(lines);
}

TEST(TraceParser, IgnoresTheRestIfTold) {
  TraceParser parser("file", TraceFormat::kArc, {10, true});

  ASSERT_TRUE(parser.feed("1 18446744073709551615 0 0\n2 1 0"));
  const Result<Trace> trace = parser.finish("name");

  ASSERT_TRUE(trace) << trace.error().message();
  EXPECT_EQ(trace->requests().size(), 10U);
}

TEST(TraceParser, ReadsTheSameInAnyTwoPieces) {
  const std::vector<std::pair<TraceFormat, std::string>> all{
      {TraceFormat::kLirs, "12\n*\n345\r\n6"},
      {TraceFormat::kArc, "1 2 3 4\n50 6 7 8\n"},
      {TraceFormat::kCsv, "key,size\n\"a,b\",12\nc,3"},
      {TraceFormat::kInt64, "\0\0\0\0\0\0\1\2\0\0\0\0\0\0\0\3"s}};
  for (const auto& [format, bytes] : all) {
    const Result<Trace> whole = parsed(format, bytes);
    ASSERT_TRUE(whole);
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      TraceParser parser("file", format, {});
      ASSERT_TRUE(parser.feed(std::string_view(bytes).substr(0, cut)));
      ASSERT_TRUE(parser.feed(std::string_view(bytes).substr(cut)));
      const Result<Trace> trace = parser.finish("name");
      ASSERT_TRUE(trace) << cut;
      EXPECT_EQ(hashes(*trace), hashes(*whole)) << cut;
    }
  }
}

}  // namespace
}  // namespace refrain
