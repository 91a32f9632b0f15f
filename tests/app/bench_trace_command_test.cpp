#include "refrain/app/bench_trace_command.h"

#include "app/captured.h"
#include "support/temp_dir.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace refrain::app {
namespace {

using testing::Captured;
using testing::TempDir;

Captured bench(const BenchTraceRequest& request) {
  return testing::captured([&] { return run_bench_trace(request, Terminal()); });
}

/// A short loop that takes no time.
BenchTraceRequest loop() {
  BenchTraceRequest request;
  request.synthetic = "loop";
  request.requests = "20000";
  request.sizes = "100,20000";
  request.policies = "lru,tinylfu";
  return request;
}

std::filesystem::path written(const TempDir& dir, const char* name, const char* text) {
  std::ofstream(dir.path() / name) << text;
  return dir.path() / name;
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What is said of a wrong option; its exit code must be 2.
std::string refusal(const BenchTraceRequest& request) {
  const Captured said = bench(request);
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_EQ(said.out, "");
  return said.err;
}

TEST(BenchTraceCommand, PrintsATableOfAMadeWorkload) {
  const Captured said = bench(loop());

  EXPECT_EQ(said.exit_code, 0);
  EXPECT_EQ(said.err, "");
  EXPECT_TRUE(said.out.starts_with("loop: 20,000 requests for 10,000 keys\n\nhits, percent of"))
      << said.out;
  EXPECT_NE(said.out.find("\n20,000      50.00       50.00       50.00\n"), std::string::npos)
      << said.out;
}

TEST(BenchTraceCommand, PrintsATableForEachMetricThatTheTraceTellsOf) {
  const TempDir dir;
  BenchTraceRequest request;
  request.files = {written(dir, "a.csv", "cat,10,1\ndog,20,2\ncat,10,1\n")};

  const std::string all = bench(request).out;
  request.metric = "bytes";
  const std::string bytes = bench(request).out;

  EXPECT_NE(all.find("hits, percent of 3 requests"), std::string::npos) << all;
  EXPECT_NE(all.find("bytes answered, percent of 40 B"), std::string::npos);
  EXPECT_NE(all.find("seconds of generation saved, percent of 4 s"), std::string::npos);
  EXPECT_EQ(bytes.find("hits"), std::string::npos);
  EXPECT_NE(bytes.find("bytes answered"), std::string::npos);
}

TEST(BenchTraceCommand, LimitsByBytesWhereThereAreSizesAndByItemsOtherwise) {
  const TempDir dir;
  BenchTraceRequest request;
  request.files = {written(dir, "a.csv", "cat,10\ndog,20\ncat,10\n")};
  request.sizes = "1KiB";

  const std::string bytes = bench(request).out;
  request.by = "items";
  const std::string items = bench(request).out;

  EXPECT_NE(bytes.find("\n1.02 kB  "), std::string::npos) << bytes;
  EXPECT_NE(items.find("\n1,024  "), std::string::npos) << items;
}

TEST(BenchTraceCommand, PrintsOneTableForEachFile) {
  const TempDir dir;
  BenchTraceRequest request;
  request.files = {written(dir, "a.trace", "1\n2\n1\n"), written(dir, "b.trace", "1\n2\n3\n")};
  request.sizes = "2";

  const Captured said = bench(request);

  EXPECT_EQ(said.exit_code, 0);
  EXPECT_NE(said.out.find("a: 3 requests for 2 keys"), std::string::npos);
  EXPECT_NE(said.out.find("b: 3 requests for 3 keys"), std::string::npos);
}

TEST(BenchTraceCommand, PrintsJson) {
  BenchTraceRequest request = loop();
  request.output = "json";

  const Captured said = bench(request);

  EXPECT_EQ(said.exit_code, 0);
  const boost::json::value document = boost::json::parse(said.out);
  const boost::json::value& trace = document.at("traces").as_array().at(0);
  EXPECT_EQ(trace.at("trace").as_string(), "loop");
  EXPECT_EQ(trace.at("results").as_array().size(), 6U);
}

TEST(BenchTraceCommand, DrawsAPictureOfEachTrace) {
  const TempDir dir;
  BenchTraceRequest request = loop();
  request.svg = (dir.path() / "x.svg").string();

  const Captured one = bench(request);
  request.files = {written(dir, "a.trace", "1\n2\n1\n")};
  const Captured two = bench(request);

  EXPECT_EQ(one.exit_code, 0);
  EXPECT_EQ(two.exit_code, 0);
  EXPECT_TRUE(text_of(dir.path() / "x.svg").starts_with("<svg"));
  EXPECT_TRUE(text_of(dir.path() / "x-loop.svg").starts_with("<svg"));
  EXPECT_TRUE(text_of(dir.path() / "x-a.svg").starts_with("<svg"));
}

TEST(BenchTraceCommand, ReadsTheFirstRequestsOfAFileAlone) {
  const TempDir dir;
  BenchTraceRequest request;
  request.files = {written(dir, "a.trace", "1\n2\n1\n")};
  request.requests = "2";

  EXPECT_NE(bench(request).out.find("a: 2 requests"), std::string::npos);
}

TEST(BenchTraceCommand, NeedsATrace) {
  EXPECT_EQ(
      refusal({}),
      "refrain: FILE or --synthetic is needed: name a trace, or a workload of zipf, stickers, "
      "loop or flood\n");
}

TEST(BenchTraceCommand, NamesTheOptionThatIsWrongAndWhatIsAllowed) {
  const auto with = [](std::string BenchTraceRequest::* option, const char* value) {
    BenchTraceRequest request = loop();
    request.*option = value;
    return refusal(request);
  };

  EXPECT_EQ(with(&BenchTraceRequest::synthetic, "zip"),
            "refrain: --synthetic must be zipf, stickers, loop or flood\n");
  EXPECT_EQ(with(&BenchTraceRequest::format, "text"),
            "refrain: --format must be lirs, arc, int32, int64 or csv\n");
  EXPECT_EQ(with(&BenchTraceRequest::metric, "hit"),
            "refrain: --metric must be hits, bytes or seconds\n");
  EXPECT_EQ(with(&BenchTraceRequest::by, "entries"), "refrain: --by must be items or bytes\n");
  EXPECT_EQ(with(&BenchTraceRequest::output, "xml"), "refrain: --output must be table or json\n");
  EXPECT_EQ(with(&BenchTraceRequest::policies, "lru,,cost"),
            "refrain: --policies must be a list, with commas, of lru, s3fifo, tinylfu, cost or "
            "adaptive\n");
  EXPECT_EQ(with(&BenchTraceRequest::requests, "0"),
            "refrain: --requests must be a whole number from 1 to 200000000\n");
  EXPECT_TRUE(with(&BenchTraceRequest::seed, "-1").starts_with("refrain: --seed must be"));
  for (const char* sizes : {"0", "-1", "1,", "x", "1125899906842625", "10%"})
    EXPECT_TRUE(with(&BenchTraceRequest::sizes, sizes).starts_with("refrain: --sizes must be"))
        << sizes;
}

TEST(BenchTraceCommand, RefusesWhatATraceDoesNotTell) {
  BenchTraceRequest bytes = loop();
  bytes.by = "bytes";
  BenchTraceRequest metric = loop();
  metric.metric = "bytes";
  BenchTraceRequest seconds = loop();
  seconds.metric = "seconds";

  EXPECT_EQ(refusal(bytes), "refrain: --by bytes: loop has no sizes; items is possible\n");
  EXPECT_EQ(refusal(metric), "refrain: --metric bytes: loop has no sizes; hits is possible\n");
  EXPECT_EQ(refusal(seconds), "refrain: --metric seconds: loop has no seconds; hits is possible\n");
}

TEST(BenchTraceCommand, SaysWhatIsWrongWithAFile) {
  const TempDir dir;
  BenchTraceRequest request;
  request.files = {written(dir, "a.trace", "1\ncat\n")};

  const Captured said = bench(request);

  EXPECT_EQ(said.exit_code, 1);
  EXPECT_EQ(said.err,
            "refrain: " + request.files[0].string() +
                ":2: must be one whole number of 64 bits (format lirs)\n");
}

TEST(BenchTraceCommand, SaysThatAPictureCannotBeWritten) {
  BenchTraceRequest request = loop();
  request.svg = "/dev/null/x.svg";

  const Captured said = bench(request);

  EXPECT_EQ(said.exit_code, 1);
  EXPECT_EQ(said.err, "refrain: --svg: cannot write /dev/null/x.svg\n");
}

TEST(BenchTraceCommand, DrawsNoPictureOverAnother) {
  const TempDir dir;
  BenchTraceRequest request;
  request.files = {dir.path() / "a.trace", dir.path() / "a.csv"};
  request.svg = "x.svg";

  EXPECT_EQ(refusal(request),
            "refrain: --svg would write x-a.svg twice; run one trace at a time\n");
}

}  // namespace
}  // namespace refrain::app
