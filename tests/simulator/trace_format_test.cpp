#include "refrain/simulator/trace_format.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace refrain {
namespace {

using namespace std::string_view_literals;

TEST(TraceFormat, HasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const TraceFormat format : kTraceFormats)
    names.insert(name_of(format));

  EXPECT_EQ(names.size(), kTraceFormats.size());
  EXPECT_FALSE(names.contains(""));
}

TEST(TraceFormat, IsToldByTheNameOfTheFile) {
  EXPECT_EQ(detect_trace_format("OLTP.lis", "1 2"), TraceFormat::kArc);
  EXPECT_EQ(detect_trace_format("OLTP.lis.zst", "1 2"), TraceFormat::kArc);
  EXPECT_EQ(detect_trace_format("a.csv.gz", "1"), TraceFormat::kCsv);
  EXPECT_EQ(detect_trace_format("a.csv", "1"), TraceFormat::kCsv);
  EXPECT_EQ(detect_trace_format("a.list", "1"), TraceFormat::kLirs);
}

TEST(TraceFormat, IsToldByTheFirstBytes) {
  EXPECT_EQ(detect_trace_format("x.trace", "1\n*\r\n2\n"), TraceFormat::kLirs);
  EXPECT_EQ(detect_trace_format("x.trace", ""), TraceFormat::kLirs);
  EXPECT_EQ(detect_trace_format("x.trace", "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4"sv),
            TraceFormat::kInt32);
  EXPECT_EQ(detect_trace_format("x.trace", "\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\4"sv),
            TraceFormat::kInt64);
}

}  // namespace
}  // namespace refrain
