#include "refrain/app/cache_status.h"

#include "refrain/app/time_text.h"
#include "refrain/disk/corruption.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace refrain::app {
namespace {

std::string line(std::string_view label, const std::string& value) {
  constexpr std::size_t kLabelWidth = 15;
  std::string text(label);
  text.resize(std::max(kLabelWidth, text.size() + 1), ' ');
  return text + value;
}

template <class Number>
std::string number_or_unknown(const std::optional<Number>& number) {
  return number ? std::to_string(*number) : "unknown";
}

std::string owner_text(const std::optional<std::int64_t>& owner) {
  if (!owner) return "nobody";
  return *owner == 0 ? "another process" : "process " + std::to_string(*owner);
}

std::string snapshot_text(const CacheStatus& status) {
  if (!status.snapshot) return "none";
  return std::to_string(status.snapshot->entries) + " entries at " +
         rfc3339(status.snapshot->written);
}

}  // namespace

std::vector<std::string> to_lines(const CacheStatus& status) {
  return {line("directory", status.directory.string()),
          line("format", number_or_unknown(status.format_version)),
          line("owner", owner_text(status.owner)),
          line("entries", std::to_string(status.store.items)),
          line("bytes", std::to_string(status.store.size_bytes)),
          line("free bytes", number_or_unknown(status.free_bytes)),
          line("segments", std::to_string(status.store.segments)),
          line("index bytes", std::to_string(status.store.index_bytes)),
          line("snapshot", snapshot_text(status)),
          line("scanned", std::to_string(status.store.scanned) + " records that it lacks"),
          line("epoch", std::to_string(status.epoch)),
          line("damaged", std::to_string(status.store.damaged)),
          line("foreign files", std::to_string(status.store.foreign_files))};
}

std::string to_json(const CacheStatus& status) {
  boost::json::object json;
  const auto put = [&json](const char* name, const auto& number) {
    json[name] = nullptr;
    if (number) json[name] = *number;
  };
  json["directory"] = status.directory.string();
  put("format_version", status.format_version);
  json["is_owned"] = status.owner.has_value();
  put("owner_process", status.owner.value_or(0) == 0 ? std::nullopt : status.owner);
  json["entries"] = status.store.items;
  json["size_bytes"] = status.store.size_bytes;
  put("free_bytes", status.free_bytes);
  json["segments"] = status.store.segments;
  json["index_bytes"] = status.store.index_bytes;
  json["snapshot"] = nullptr;
  if (status.snapshot) {
    boost::json::object snapshot;
    snapshot["written"] = rfc3339(status.snapshot->written);
    snapshot["entries"] = status.snapshot->entries;
    json["snapshot"] = std::move(snapshot);
  }
  json["scanned_records"] = status.store.scanned;
  json["epoch"] = status.epoch;
  json["damaged_files"] = status.store.damaged;
  json["foreign_files"] = status.store.foreign_files;
  boost::json::object corruptions;
  for (std::size_t i = 0; i < Corruption::kKinds; ++i)
    corruptions[to_string(static_cast<Corruption::Kind>(i))] = status.store.corruptions.at(i);
  json["corruptions"] = std::move(corruptions);
  return boost::json::serialize(json);
}

}  // namespace refrain::app
