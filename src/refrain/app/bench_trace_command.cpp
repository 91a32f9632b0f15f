#include "refrain/app/bench_trace_command.h"

#include "refrain/app/option_values.h"
#include "refrain/app/progress_bar.h"
#include "refrain/core/result.h"
#include "refrain/memory/policy/policy_kind.h"
#include "refrain/simulator/metric.h"
#include "refrain/simulator/miss_ratio_chart.h"
#include "refrain/simulator/ratio_table.h"
#include "refrain/simulator/result_json.h"
#include "refrain/simulator/simulation.h"
#include "refrain/simulator/synthetic_workload.h"
#include "refrain/simulator/trace_parser.h"
#include "refrain/simulator/trace_reader.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <limits>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

namespace refrain::app {
namespace {

constexpr std::size_t kDefaultRequests = 1'000'000;
constexpr std::int64_t kLargestSize = std::int64_t{1} << 50U;

/// The options as they are meant.
struct BenchTracePlan {
  std::vector<std::filesystem::path> files;
  std::optional<TraceFormat> format;
  std::optional<SyntheticWorkload> synthetic;
  std::optional<std::size_t> requests;
  std::uint64_t seed = 1;
  std::optional<CacheUnit> unit;
  std::vector<std::uint64_t> sizes;  // none: the default ones
  std::vector<PolicyKind> policies;
  std::optional<Metric> metric;
  std::filesystem::path svg;
  bool is_json = false;
};

/// What to do, or a sentence that names the option.
Result<void> refuse(std::string_view option, std::string_view what) {
  return fail(ErrorCode::kInvalidArgument, std::string(option) + " " + std::string(what));
}

std::vector<std::string_view> items_of(std::string_view list) {
  std::vector<std::string_view> items;
  for (;;) {
    const std::size_t end = list.find(',');
    items.push_back(list.substr(0, end));
    if (end == std::string_view::npos) return items;
    list.remove_prefix(end + 1);
  }
}

/// `a, b or c`: the names of all values.
template <class Values>
std::string names_of(const Values& values) {
  std::string names;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) names += i + 1 < values.size() ? ", " : " or ";
    names += name_of(values[i]);
  }
  return names;
}

/// Reads an option whose values have names; an empty one stays as it is.
template <class Value, class Values>
Result<void> read_name(std::string_view option,
                       std::string_view text,
                       const Values& values,
                       std::optional<Value>& value) {
  if (text.empty()) return {};
  for (const Value one : values)
    if (text == name_of(one)) value = one;
  return value ? Result<void>() : refuse(option, "must be " + names_of(values));
}

Result<void> read_policies(std::string_view text, std::vector<PolicyKind>& policies) {
  for (const std::string_view name : items_of(text)) {
    const std::optional<PolicyKind> kind = policy_kind(name);
    if (!kind) {
      return refuse("--policies", "must be a list, with commas, of " + names_of(kPolicyKinds));
    }
    if (std::find(policies.begin(), policies.end(), *kind) == policies.end())
      policies.push_back(*kind);
  }
  return {};
}

Result<void> read_sizes(std::string_view text, std::vector<std::uint64_t>& sizes) {
  if (text.empty()) return {};
  for (const std::string_view item : items_of(text)) {
    const Result<std::int64_t> size = read_bytes(item);
    if (!size || *size < 1 || *size > kLargestSize) {
      return refuse("--sizes",
                    "must be a list, with commas, of numbers from 1 to 1125899906842624, with KB, "
                    "MB, GB, KiB, MiB or GiB if wanted: 250,500 or 64MB,1GiB");
    }
    sizes.push_back(static_cast<std::uint64_t>(*size));
  }
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return {};
}

Result<void> read_unit(std::string_view text, std::optional<CacheUnit>& unit) {
  if (text.empty()) return {};
  if (text != "items" && text != "bytes") return refuse("--by", "must be items or bytes");
  unit = text == "items" ? CacheUnit::kItems : CacheUnit::kBytes;
  return {};
}

Result<void> read_numbers(const BenchTraceRequest& request, BenchTracePlan& plan) {
  if (!request.requests.empty()) {
    const Result<std::int64_t> number =
        read_integer(request.requests, 1, static_cast<std::int64_t>(TraceParser::kMostRequests));
    if (!number) return refuse("--requests", number.error().message());
    plan.requests = static_cast<std::size_t>(*number);
  }
  const Result<std::int64_t> seed =
      read_integer(request.seed, 0, std::numeric_limits<std::int64_t>::max());
  if (!seed) return refuse("--seed", seed.error().message());
  plan.seed = static_cast<std::uint64_t>(*seed);
  return {};
}

/// Where the picture of one trace goes.
std::filesystem::path picture_path(const BenchTracePlan& plan, std::string_view trace) {
  const bool is_only = plan.files.size() + (plan.synthetic ? 1U : 0U) == 1;
  if (is_only) return plan.svg;
  std::filesystem::path path = plan.svg;
  path.replace_filename(plan.svg.stem().string() + "-" + std::string(trace) +
                        plan.svg.extension().string());
  return path;
}

Result<void> check_sources(const BenchTracePlan& plan) {
  if (plan.files.empty() && !plan.synthetic) {
    return refuse("FILE",
                  "or --synthetic is needed: name a trace, or a workload of " +
                      names_of(kSyntheticWorkloads));
  }
  if (plan.svg.empty()) return {};
  std::set<std::filesystem::path> pictures;
  if (plan.synthetic) pictures.insert(picture_path(plan, name_of(*plan.synthetic)));
  for (const std::filesystem::path& file : plan.files) {
    const std::filesystem::path picture = picture_path(plan, trace_name(file));
    if (!pictures.insert(picture).second)
      return refuse("--svg", "would write " + picture.string() + " twice; run one trace at a time");
  }
  return {};
}

Result<BenchTracePlan> read_plan(const BenchTraceRequest& request) {
  BenchTracePlan plan;
  plan.files = request.files;
  plan.svg = request.svg;
  std::optional<bool> is_json;
  if (request.output == "table" || request.output == "json") is_json = request.output == "json";
  const Result<void> output =
      is_json ? Result<void>() : refuse("--output", "must be table or json");
  plan.is_json = is_json.value_or(false);
  for (const Result<void>& read :
       {output,
        read_name("--format", request.format, kTraceFormats, plan.format),
        read_name("--synthetic", request.synthetic, kSyntheticWorkloads, plan.synthetic),
        read_name("--metric", request.metric, kMetrics, plan.metric),
        read_unit(request.by, plan.unit),
        read_policies(request.policies, plan.policies),
        read_sizes(request.sizes, plan.sizes),
        read_numbers(request, plan)}) {
    if (!read) return fail(read.error());
  }
  if (const Result<void> sources = check_sources(plan); !sources) return fail(sources.error());
  return plan;
}

/// Runs one trace after the other.
class BenchTrace {
public:
  BenchTrace(const BenchTracePlan& plan, const Terminal& terminal)
      : plan_(plan),
        terminal_(terminal) {}

  int run() {
    if (plan_.synthetic) {
      const std::size_t requests = plan_.requests.value_or(kDefaultRequests);
      const int code = run_trace(make_trace(*plan_.synthetic, requests, plan_.seed));
      if (code != 0) return code;
    }
    for (const std::filesystem::path& file : plan_.files) {
      const Result<Trace> trace = read_trace(file, {plan_.format, plan_.requests});
      if (!trace) return complain(trace.error().message(), 1);
      const int code = run_trace(*trace);
      if (code != 0) return code;
    }
    if (plan_.is_json) terminal_.print(result_json(results_));
    return 0;
  }

private:
  [[nodiscard]] int complain(const std::string& message, int code) const {
    terminal_.complain(message);
    return code;
  }

  int run_trace(const Trace& trace) {
    const std::string suffix = ": " + trace.name() + " has no ";
    if (plan_.unit == CacheUnit::kBytes && !trace.has_sizes())
      return complain("--by bytes" + suffix + "sizes; items is possible", 2);
    if (plan_.metric == Metric::kBytes && !trace.has_sizes())
      return complain("--metric bytes" + suffix + "sizes; hits is possible", 2);
    if (plan_.metric == Metric::kSeconds && !trace.has_seconds())
      return complain("--metric seconds" + suffix + "seconds; hits is possible", 2);
    const SimulationResult result = simulate(trace);
    if (!plan_.svg.empty()) {
      const int code = write_picture(result);
      if (code != 0) return code;
    }
    if (plan_.is_json) {
      results_.push_back(result);
    } else {
      print(result);
    }
    return 0;
  }

  [[nodiscard]] SimulationResult simulate(const Trace& trace) const {
    SimulationPlan plan;
    plan.unit = plan_.unit.value_or(trace.has_sizes() ? CacheUnit::kBytes : CacheUnit::kItems);
    plan.sizes =
        plan_.sizes.empty() ? SimulationPlan::default_sizes(trace, plan.unit) : plan_.sizes;
    plan.policies = plan_.policies;
    plan.threads = std::max(1U, std::thread::hardware_concurrency());
    ProgressBar bar;
    return Simulation(trace, std::move(plan)).run([&bar](std::size_t done, std::size_t all) {
      bar.show(done, all);
    });
  }

  void print(const SimulationResult& result) {
    if (std::exchange(has_printed_, true)) terminal_.print("");
    terminal_.print(terminal_.bold(trace_line(result)));
    for (const Metric metric : kMetrics) {
      const bool is_known = metric == Metric::kHits ||
                            (metric == Metric::kBytes && result.has_sizes) ||
                            (metric == Metric::kSeconds && result.has_seconds);
      if (!is_known || plan_.metric.value_or(metric) != metric) continue;
      std::string table = "\n" + ratio_table(result, metric);
      table.pop_back();
      terminal_.print(table);
    }
  }

  [[nodiscard]] int write_picture(const SimulationResult& result) const {
    const Metric usual = result.has_seconds ? Metric::kSeconds : Metric::kHits;
    const std::filesystem::path path = picture_path(plan_, result.trace);
    std::ofstream file(path, std::ios::binary);
    file << miss_ratio_chart(result, plan_.metric.value_or(usual));
    if (!file.flush()) return complain("--svg: cannot write " + path.string(), 1);
    return 0;
  }

  const BenchTracePlan& plan_;
  const Terminal& terminal_;
  std::vector<SimulationResult> results_;
  bool has_printed_ = false;
};

}  // namespace

int run_bench_trace(const BenchTraceRequest& request, const Terminal& terminal) {
  const Result<BenchTracePlan> plan = read_plan(request);
  if (!plan) {
    terminal.complain(plan.error().message());
    return 2;
  }
  return BenchTrace(*plan, terminal).run();
}

}  // namespace refrain::app
