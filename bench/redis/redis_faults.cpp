// Runs each fault of Redis that the tests know, under load, against the real program, and draws
// what clients saw.
//
// usage: redis_faults FOLDER [NAME…]
//
// Writes FOLDER/redis_fault_NAME.svg for each fault, or for those that are named, and prints a line
// of a Markdown table for each. 64 connections ask for one text after another, with a pause of 10
// ms after each answer; one in ten texts is new. 4 s before the fault, 4 s of it (or as long as a
// cluster or sentinels take to end it), 6 s after it; with REFRAIN_FAULT_SECONDS another number in
// the place of 4. Exits with 1 if any request failed.

#include "app/tea_model_file.h"
#include "redis/fault_chart.h"
#include "redis/fault_timeline.h"
#include "support/http_load.h"
#include "support/redis_fault.h"
#include "support/service_process.h"
#include "support/sick_redis.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"

#include <boost/json/object.hpp>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace refrain::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::HttpLoad;
using testing::RedisFault;
using testing::ServiceProcess;
using testing::SickRedis;
using testing::TempDir;

constexpr seconds kAfter{2};  // longer than before: the breaker probes at growing intervals

seconds phase() {
  const char* const text = std::getenv("REFRAIN_FAULT_SECONDS");
  return seconds(text == nullptr ? 4 : std::strtol(text, nullptr, 10));
}

std::string file_name(const std::string& name) {
  std::string file = "redis_fault";
  for (const char letter : name) {
    if (std::isupper(static_cast<unsigned char>(letter)) != 0) file += '_';
    file += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return file + ".svg";
}

std::string milliseconds_text(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), value < 10 ? "%.2f" : "%.0f", value);
  return text.data();
}

std::string triple(const FaultTimeline::Latency& latency) {
  return milliseconds_text(latency.p50) + " / " + milliseconds_text(latency.p99) + " / " +
         milliseconds_text(latency.longest);
}

struct Run {
  FaultTimeline timeline;
  std::size_t requests = 0;
  std::size_t failures = 0;
};

Run run(const RedisFault& fault) {
  const std::unique_ptr<SickRedis> redis = fault.make();
  const TempDir folder;
  std::vector<std::string> arguments = redis->arguments();
  arguments.insert(arguments.begin(),
                   {"text", "--text-model", testing::write_tea_model(folder.path()).string()});
  const ServiceProcess service(arguments, folder.path().string());
  testing::wait_until("Redis is used", [&] {
    return testing::tier_status(service.text_port(), "redis").at("available").as_bool();
  });
  HttpLoad::Options options;
  options.port = service.text_port();
  options.pause = milliseconds(10);
  options.frame = HttpLoad::frame_of(service.text_port());
  {
    HttpLoad warm(options);  // the hot texts are there, and the program is in memory
    warm.wait_for(5000);
    warm.stop();
  }
  options.label = "x";  // other new texts; these become hot at once
  FaultTimeline::Span span;
  HttpLoad load(options);
  load.wait_for(2000);
  span.load = steady_clock::now();
  std::this_thread::sleep_for(phase());
  span.begin = steady_clock::now();
  fault.begin(*redis, phase());
  if (!fault.is_self_ending) std::this_thread::sleep_until(span.begin + phase());
  fault.end(*redis);
  span.end = steady_clock::now();
  std::this_thread::sleep_for(phase() + kAfter);
  load.stop();
  for (const std::string& failure : load.failures())
    std::cerr << fault.name << ": " << failure << '\n';
  std::vector<HttpLoad::Sample> samples = load.samples();
  std::erase_if(samples, [&](const HttpLoad::Sample& sample) { return sample.begin < span.load; });
  return {FaultTimeline(samples, span), load.count(), load.failure_count()};
}

void report(const RedisFault& fault, const Run& run, const std::filesystem::path& folder) {
  const std::string subtitle = std::to_string(run.requests) + " requests on 64 connections, " +
                               std::to_string(run.failures) + " failed";
  std::ofstream file(folder / file_name(fault.name));
  file << fault_chart(run.timeline, fault.title, subtitle);
  if (!file.flush()) throw std::runtime_error("cannot write into " + folder.string());
  const double recovery = run.timeline.seconds_to_recover();
  std::cout << "| " << fault.name << " | " << run.requests << " | " << run.failures << " | "
            << triple(run.timeline.before()) << " | " << triple(run.timeline.during()) << " | "
            << triple(run.timeline.after()) << " | "
            << (recovery < 0 ? "not yet" : milliseconds_text(recovery) + " s") << " |" << std::endl;
}

int run_all(const std::filesystem::path& folder, const std::vector<std::string>& names) {
  std::cout << "| fault | requests | failed | before: p50 / p99 / longest, ms | during | after | "
               "Redis answers again |\n| --- | --: | --: | --: | --: | --: | --: |\n";
  std::size_t failures = 0;
  std::size_t runs = 0;
  for (const RedisFault& fault : testing::redis_faults()) {
    if (!names.empty() && std::find(names.begin(), names.end(), fault.name) == names.end())
      continue;
    const Run one = run(fault);
    report(fault, one, folder);
    failures += one.failures;
    ++runs;
  }
  if (runs == 0) throw std::runtime_error("there is no such fault");
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace refrain::bench

int main(int count, char** words) {
  if (count < 2) {
    std::cerr << "usage: redis_faults FOLDER [NAME…]\n";
    return 2;
  }
  try {
    return refrain::bench::run_all(words[1], std::vector<std::string>(words + 2, words + count));
  } catch (const std::exception& failure) {
    std::cerr << "redis_faults: " << failure.what() << '\n';
    return 1;
  }
}
