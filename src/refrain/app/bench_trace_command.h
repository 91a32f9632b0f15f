#pragma once

/// @file
/// `refrain bench trace`.

#include "refrain/app/terminal.h"

#include <array>
#include <filesystem>
#include <string>
#include <vector>

namespace refrain::app {

/// The options as they were written; empty where none was.
struct BenchTraceRequest {
  std::vector<std::filesystem::path> files;
  std::string format;
  std::string synthetic;
  std::string requests;
  std::string seed = "1";
  std::string sizes;
  std::string by;
  std::string policies = "lru,s3fifo,tinylfu,cost,adaptive";
  std::string metric;
  std::string svg;
  std::string output = "table";
};

/// An option as help shows it.
struct BenchTraceOption {
  const char* flag;
  const char* placeholder;
  std::string BenchTraceRequest::* value;
  const char* help;
};

inline constexpr std::array kBenchTraceOptions{
    BenchTraceOption{"--synthetic",
                     "NAME",
                     &BenchTraceRequest::synthetic,
                     "A workload made here: zipf, stickers, loop, flood"},
    BenchTraceOption{"--requests",
                     "NUMBER",
                     &BenchTraceRequest::requests,
                     "Of a file the first so many; of a made workload, 1000000 if not given"},
    BenchTraceOption{"--seed",
                     "NUMBER",
                     &BenchTraceRequest::seed,
                     "Another one makes another workload of the same kind"},
    BenchTraceOption{"--sizes",
                     "LIST",
                     &BenchTraceRequest::sizes,
                     "Of the caches: 250,500 or 64MB,1GiB;\n"
                     "if not given, eight from 0.5 % to 80 % of what the trace takes"},
    BenchTraceOption{"--by",
                     "UNIT",
                     &BenchTraceRequest::by,
                     "What limits a cache: items or bytes;\n"
                     "if not given, bytes if the trace has sizes"},
    BenchTraceOption{"--policies",
                     "LIST",
                     &BenchTraceRequest::policies,
                     "Of lru, s3fifo, tinylfu, cost, adaptive"},
    BenchTraceOption{"--metric",
                     "NAME",
                     &BenchTraceRequest::metric,
                     "What counts: hits, bytes or seconds;\n"
                     "if not given, a table for each that the trace tells of"},
    BenchTraceOption{"--svg",
                     "FILE",
                     &BenchTraceRequest::svg,
                     "Draw miss ratio curves; of several traces,\n"
                     "each into a file with the trace's name added"},
    BenchTraceOption{"--output",
                     "FORM",
                     &BenchTraceRequest::output,
                     "table, or json for one object"},
    BenchTraceOption{"--format",
                     "NAME",
                     &BenchTraceRequest::format,
                     "Of the files: lirs, arc, int32, int64, csv;\n"
                     "if not given, their names and first bytes tell"},
};

inline constexpr const char* kBenchTraceHelp =
    "Run a trace of requests through every eviction policy";

/// What help adds below the options.
inline constexpr const char* kBenchTraceNotes =
    R"(The policies are those of the memory tier, the same code. `belady` knows the future: with equal sizes no cache
has more hits; with sizes it is a strong bound for hits and bytes, and none for seconds. The best policy of a row
is marked with *.

Files:
  lirs          text, one whole number a line (lines with * are skipped)
  arc           text, `start_block n_blocks ignored request_no`, for n_blocks keys each (*.lis)
  int32, int64  big-endian numbers (cache2k's *.trace.xz)
  csv           text, `key[,size[,seconds]]` with any text as key, bytes as size, and how long the
                answer takes to generate (*.csv)

Made workloads:
  zipf          100,000 keys, Zipf 0.99
  stickers      20,000 prompts, Zipf 0.9, and every fifth request for a prompt of its own; 5 to 300 KB and
                0.1 to 30 s each
  loop          10,000 keys, one after the other, again and again
  flood         zipf; from the middle on, half of the requests are a hostile client's, each for a new key

Examples:
  refrain bench trace --synthetic stickers
  refrain bench trace requests.csv --sizes 64MB,256MB,1GB --svg requests.svg
  refrain bench trace OLTP.lis.zst --sizes 250,500,1000,2000 --policies lru,adaptive
)";

/// Prints what every policy would have made of the traces. Returns the exit code: 1 if a trace
/// cannot be read or the picture not be written, 2 if an option's value is wrong.
int run_bench_trace(const BenchTraceRequest& request, const Terminal& terminal);

}  // namespace refrain::app
