#include "refrain/app/cache_verify.h"

#include "refrain/app/progress_bar.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <string>
#include <utility>

namespace refrain::app {
namespace {

using Report = SegmentStore::VerifyReport;

bool is_good(const Report& report) {
  return report.corrupt == 0 && report.unreadable == 0 && report.damaged == 0;
}

/// Whether all that was found is out of the way: what cannot be read stays.
bool is_repaired(const Report& report, SegmentStore::Repair repair) {
  return repair == SegmentStore::Repair::kYes && report.unreadable == 0;
}

std::string line_of(const Corruption& found) {
  return std::string(to_string(found.kind)) + "  " + found.file + " at " +
         std::to_string(found.offset) + ": " + found.reason;
}

std::string json_of(const Report& report,
                    const std::vector<Corruption>& corruptions,
                    SegmentStore::Repair repair) {
  boost::json::array list;
  for (const Corruption& found : corruptions) {
    boost::json::object one;
    one["kind"] = to_string(found.kind);
    one["file"] = found.file;
    one["offset"] = found.offset;
    one["reason"] = found.reason;
    list.emplace_back(std::move(one));
  }
  boost::json::object json;
  json["good"] = report.entries;
  json["corrupt"] = report.corrupt;
  json["unreadable"] = report.unreadable;
  json["damaged_files"] = report.damaged;
  json["foreign_files"] = report.foreign_files;
  json["bytes_read"] = report.bytes;
  json["is_good"] = is_good(report);
  json["is_repaired"] = !is_good(report) && is_repaired(report, repair);
  json["corruptions"] = std::move(list);
  return boost::json::serialize(json);
}

void print_text(const Report& report,
                const std::vector<Corruption>& corruptions,
                SegmentStore::Repair repair,
                const Terminal& terminal) {
  for (const Corruption& found : corruptions)
    terminal.print(line_of(found));
  terminal.print("good           " + std::to_string(report.entries));
  terminal.print("corrupt        " + std::to_string(report.corrupt));
  terminal.print("unreadable     " + std::to_string(report.unreadable));
  terminal.print("damaged files  " + std::to_string(report.damaged));
  terminal.print("foreign files  " + std::to_string(report.foreign_files));
  terminal.print("bytes read     " + std::to_string(report.bytes));
  if (is_good(report)) {
    terminal.print(terminal.green("every entry is as it was written"));
  } else if (is_repaired(report, repair)) {
    terminal.print(terminal.yellow("what was corrupt has been removed"));
  } else if (report.unreadable > 0) {
    terminal.print(terminal.red(
        "the system could not read all; see its log, and consider another disk for the cache"));
  } else {
    terminal.print(
        terminal.red("what is corrupt is never served; refrain cache verify --repair removes it"));
  }
}

}  // namespace

void CorruptionList::report(const Corruption& found) {
  const MutexLock lock(mutex_);
  found_.push_back(found);
}

std::vector<Corruption> CorruptionList::take() {
  const MutexLock lock(mutex_);
  return std::exchange(found_, {});
}

int verify_cache(SegmentStore& store,
                 CorruptionList& found,
                 SegmentStore::Repair repair,
                 VerifyOutput output,
                 const Terminal& terminal) {
  Result<Report> report = [&] {
    ProgressBar bar;
    return store.verify(repair, [&bar](std::size_t done, std::size_t all) { bar.show(done, all); });
  }();
  if (!report) {
    terminal.complain(report.error().message());
    return 1;
  }
  const std::vector<Corruption> corruptions = found.take();
  if (output == VerifyOutput::kJson) {
    terminal.print(json_of(*report, corruptions, repair));
  } else {
    print_text(*report, corruptions, repair, terminal);
  }
  return is_good(*report) || is_repaired(*report, repair) ? 0 : 1;
}

}  // namespace refrain::app
