#include "refrain/simulator/trace_reader.h"

#include "simulator/sample_trace.h"
#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <string>

namespace refrain {
namespace {

using namespace std::string_literals;
using testing::TempDir;
using testing::write_file;

TEST(TraceReader, ReadsEachFormatByNameAndBytes) {
  const TempDir dir;
  write_file(dir.path() / "a.trace.gz", testing::gzipped("1\n*\n2\n1\n"));
  write_file(dir.path() / "b.lis.zst", testing::zstd_compressed("1 2 0 0\n1 1 0 0\n"));
  write_file(dir.path() / "c.trace.xz", testing::xzipped("\0\0\0\1\0\0\0\2\0\0\0\1"s));
  write_file(dir.path() / "d.csv", "key,size\na,1\nb,1\na,1\n");
  write_file(dir.path() / "e", "\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\1"s);

  for (const char* file : {"a.trace.gz", "b.lis.zst", "c.trace.xz", "d.csv", "e"}) {
    const Result<Trace> trace = read_trace(dir.path() / file);
    ASSERT_TRUE(trace) << trace.error().message();
    EXPECT_EQ(trace->name(), std::string(file, 1));
    EXPECT_EQ(trace->requests().size(), 3U) << file;
    EXPECT_EQ(trace->unique_keys(), 2U) << file;
  }
}

TEST(TraceReader, FollowsTheFormatThatItIsTold) {
  const TempDir dir;
  write_file(dir.path() / "a.csv", "12345678");

  const Result<Trace> trace = read_trace(dir.path() / "a.csv", {TraceFormat::kInt32, std::nullopt});

  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->requests().size(), 2U);
}

TEST(TraceReader, ReadsTheFirstRequestsAlone) {
  const TempDir dir;
  write_file(dir.path() / "a.trace", "1\n2\n3\ncat\n");

  const Result<Trace> trace = read_trace(dir.path() / "a.trace", {std::nullopt, 2});

  ASSERT_TRUE(trace) << trace.error().message();
  EXPECT_EQ(trace->requests().size(), 2U);
}

TEST(TraceReader, NamesTheFileAndTheLineOfAnError) {
  const TempDir dir;
  const std::filesystem::path path = dir.path() / "a.trace";
  write_file(path, "1\ncat\n");

  const Result<Trace> trace = read_trace(path);

  ASSERT_FALSE(trace);
  EXPECT_EQ(trace.error().message(),
            path.string() + ":2: must be one whole number of 64 bits (format lirs)");
}

TEST(TraceReader, RefusesGarbageAndNothing) {
  const TempDir dir;
  std::string garbage;
  for (int i = 0; i < 4099; ++i)
    garbage.push_back(static_cast<char>(i * i * 31 + i));
  write_file(dir.path() / "garbage", garbage);
  write_file(dir.path() / "garbage.csv", garbage);
  write_file(dir.path() / "garbage.lis", garbage);
  write_file(dir.path() / "empty", "");

  for (const char* file : {"garbage", "garbage.csv", "garbage.lis", "empty", "none"})
    EXPECT_FALSE(read_trace(dir.path() / file)) << file;
}

TEST(TraceReader, NamesATraceAfterItsFile) {
  EXPECT_EQ(trace_name("a/OLTP.lis.zst"), "OLTP");
  EXPECT_EQ(trace_name("web07.trace.xz"), "web07");
  EXPECT_EQ(trace_name("2024.01.log"), "2024.01.log");
  EXPECT_EQ(trace_name("a\nb\xFF.csv"), "a?b?");
  EXPECT_EQ(trace_name("häger.csv"), "häger");
}

}  // namespace
}  // namespace refrain
