#include "refrain/app/cache_status.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <string>

namespace refrain::app {
namespace {

/// No two of its numbers are equal.
CacheStatus sample() {
  CacheStatus status;
  status.directory = "a \"cache\"";
  status.format_version = 2;
  status.owner = 4711;
  status.free_bytes = 31;
  status.snapshot = {WallTime(std::chrono::milliseconds(1'700'000'000'000)), 32};
  status.epoch = 33;
  status.store.items = 34;
  status.store.size_bytes = 35;
  status.store.segments = 36;
  status.store.index_bytes = 37;
  status.store.scanned = 38;
  status.store.damaged = 39;
  status.store.foreign_files = 40;
  status.store.corruptions = {41, 42, 43, 44, 45, 46};
  return status;
}

std::string text(const CacheStatus& status) {
  std::string text;
  for (const std::string& line : to_lines(status))
    text += line + "\n";
  return text;
}

TEST(CacheStatus, IsLinesForPeople) {
  EXPECT_EQ(text(sample()),
            "directory      a \"cache\"\n"
            "format         2\n"
            "owner          process 4711\n"
            "entries        34\n"
            "bytes          35\n"
            "free bytes     31\n"
            "segments       36\n"
            "index bytes    37\n"
            "snapshot       32 entries at 2023-11-14T22:13:20.000Z\n"
            "scanned        38 records that it lacks\n"
            "epoch          33\n"
            "damaged        39\n"
            "foreign files  40\n");
}

TEST(CacheStatus, IsAnObjectForPrograms) {
  EXPECT_EQ(to_json(sample()),
            R"({"directory":"a \"cache\"","format_version":2,"is_owned":true,)"
            R"("owner_process":4711,"entries":34,"size_bytes":35,"free_bytes":31,"segments":36,)"
            R"("index_bytes":37,)"
            R"("snapshot":{"written":"2023-11-14T22:13:20.000Z","entries":32},)"
            R"("scanned_records":38,"epoch":33,"damaged_files":39,"foreign_files":40,)"
            R"("corruptions":{"meta":41,"index":42,"segment":43,"record":44,"payload":45,)"
            R"("cut":46}})");
}

TEST(CacheStatus, SaysWhatItDoesNotKnow) {
  const CacheStatus nothing;

  EXPECT_NE(text(nothing).find("format         unknown\n"), std::string::npos);
  EXPECT_NE(text(nothing).find("owner          nobody\n"), std::string::npos);
  EXPECT_NE(text(nothing).find("free bytes     unknown\n"), std::string::npos);
  EXPECT_NE(text(nothing).find("snapshot       none\n"), std::string::npos);
  const boost::json::value json = boost::json::parse(to_json(nothing));
  for (const char* name : {"format_version", "owner_process", "free_bytes", "snapshot"})
    EXPECT_TRUE(json.at(name).is_null()) << name;
  EXPECT_FALSE(json.at("is_owned").as_bool());
}

TEST(CacheStatus, KnowsOfAnOwnerWithoutAName) {
  CacheStatus status = sample();
  status.owner = 0;

  EXPECT_NE(text(status).find("owner          another process\n"), std::string::npos);
  const boost::json::value json = boost::json::parse(to_json(status));
  EXPECT_TRUE(json.at("is_owned").as_bool());
  EXPECT_TRUE(json.at("owner_process").is_null());
}

}  // namespace
}  // namespace refrain::app
