#include "refrain/app/cache_list.h"

#include "app/captured.h"
#include "app/stored_entries.h"
#include "support/manual_clock.h"
#include "support/sample_entry.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace refrain::app {
namespace {

using std::chrono::minutes;
using testing::Captured;
using testing::key_beginning_with;

/// An entry as a test tells it from others: its digest begins with this byte.
struct Sample {
  std::uint8_t name;
  minutes age;
  minutes fresh_for;
  std::size_t size;
  const char* type = "image/png";
  std::chrono::milliseconds cost{};
};

/// Entries 0x01, 0x02 and 0x03, written in this order.
class CacheList : public ::testing::Test {
protected:
  CacheList() {
    insert({0x01, minutes(10), minutes(50), 300, "image/png", std::chrono::milliseconds(500)});
    insert({0x02, minutes(30), minutes(-5), 100, "image/webp", std::chrono::milliseconds(1500)});
    insert({0x03, minutes(20), minutes(60), 200, "image/png", std::chrono::milliseconds(1000)});
  }

  void insert(const Sample& sample) {
    EntryMetadata metadata;
    metadata.key = key_beginning_with({sample.name});
    metadata.created = clock_.now() - sample.age;
    metadata.fresh_until = clock_.now() + sample.fresh_for;
    metadata.usable_until = metadata.fresh_until + minutes(10);
    metadata.cost = sample.cost;
    const Entry entry = Entry::make(metadata, sample.type, std::string(sample.size, 'x'));
    ASSERT_TRUE(store_->insert(entry));
  }

  void read(std::uint8_t name) { ASSERT_TRUE(store_->find(key_beginning_with({name})).value()); }

  Captured list() {
    return testing::captured([this] {
      list_cache(*store_, query_, clock_.now(), Terminal());
      return 0;
    });
  }

  /// The objects that were printed.
  std::vector<boost::json::value> objects() {
    query_.is_json = true;
    std::istringstream lines(list().out);
    std::vector<boost::json::value> objects;
    for (std::string line; std::getline(lines, line);)
      objects.push_back(boost::json::parse(line));
    return objects;
  }

  /// The last digits of the first bytes of the digests that were listed, in their order: `123`.
  std::string listed() {
    std::string names;
    for (const boost::json::value& object : objects())
      names.push_back(object.at("digest").as_string().at(1));
    return names;
  }

  std::string sorted(CacheListOrder order) {
    query_.order = order;
    return listed();
  }

  testing::TempDir dir_;
  testing::ManualClock clock_;
  std::unique_ptr<SegmentStore> store_ = testing::open_store(dir_.path(), clock_);
  CacheListQuery query_;
};

TEST_F(CacheList, IsInTheOrderInWhichEntriesWereWritten) {
  EXPECT_EQ(listed(), "123");
  query_.is_reversed = true;
  EXPECT_EQ(listed(), "321");
}

TEST_F(CacheList, IsSortedAsAskedFor) {
  read(0x03);
  clock_.advance(minutes(1));
  read(0x01);
  read(0x01);

  EXPECT_EQ(sorted(CacheListOrder::kCreated), "231");
  EXPECT_EQ(sorted(CacheListOrder::kExpires), "213");
  EXPECT_EQ(sorted(CacheListOrder::kLastRead), "231");
  EXPECT_EQ(sorted(CacheListOrder::kReads), "231");
  EXPECT_EQ(sorted(CacheListOrder::kSize), "231");
  EXPECT_EQ(sorted(CacheListOrder::kCost), "132");
  query_.is_reversed = true;
  EXPECT_EQ(sorted(CacheListOrder::kCost), "231");
}

TEST_F(CacheList, ShowsTheFirstOfTheOrder) {
  query_.limit = 2;
  EXPECT_EQ(listed(), "12");
  EXPECT_EQ(sorted(CacheListOrder::kSize), "23");
  query_.is_reversed = true;
  EXPECT_EQ(sorted(CacheListOrder::kSize), "13");
  query_.limit = 0;
  EXPECT_EQ(sorted(CacheListOrder::kSize), "132");
}

TEST_F(CacheList, KeepsTheBestOfMany) {
  constexpr std::size_t kMany = 9000;
  std::array<std::uint8_t, CacheKey::kSize> digest{};
  for (std::size_t i = 0; i < kMany; ++i) {
    digest[1] = static_cast<std::uint8_t>(i >> 8U);
    digest[2] = static_cast<std::uint8_t>(i);
    // Every size once, in no order of theirs.
    const std::size_t size = 400 + i * 7919 % kMany;
    ASSERT_TRUE(store_->insert(
        testing::sample_entry(CacheKey(digest), clock_.now(), std::string(size, 'x'))));
  }
  query_.order = CacheListOrder::kSize;
  query_.is_reversed = true;
  query_.limit = 3;

  const std::vector<boost::json::value> largest = objects();

  ASSERT_EQ(largest.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(largest[i].at("size_bytes").to_number<std::size_t>(), 400 + kMany - 1 - i);
}

TEST_F(CacheList, TakesTheLargestLimitForAll) {
  query_.limit = std::numeric_limits<std::size_t>::max();

  EXPECT_EQ(listed(), "123");
  EXPECT_EQ(sorted(CacheListOrder::kSize), "231");
}

TEST_F(CacheList, HasOnlyWhatMatches) {
  const auto listed_with = [this](auto change) {
    query_ = {};
    change(query_);
    return listed();
  };
  read(0x01);

  EXPECT_EQ(listed_with([](CacheListQuery& query) { query.content_type = "image/png"; }), "13");
  EXPECT_EQ(listed_with([](CacheListQuery& query) { query.min_bytes = 200; }), "13");
  EXPECT_EQ(listed_with([](CacheListQuery& query) { query.max_bytes = 200; }), "23");
  EXPECT_EQ(listed_with([](CacheListQuery& query) { query.is_unread = true; }), "23");
  EXPECT_EQ(listed_with([](CacheListQuery& query) { query.is_stale = true; }), "2");
  EXPECT_EQ(listed_with([](CacheListQuery& query) {
              query.content_type = "image/png";
              query.is_unread = true;
            }),
            "3");
}

TEST_F(CacheList, SaysHowManyMoreMatch) {
  const std::string more = "… and 1 more; --limit 0 lists all\n";
  query_.limit = 2;
  EXPECT_TRUE(list().out.ends_with(more));
  query_.order = CacheListOrder::kSize;
  EXPECT_TRUE(list().out.ends_with(more));

  query_ = {};
  query_.limit = 1;
  query_.content_type = "image/png";
  EXPECT_TRUE(list().out.ends_with(more));
  query_.content_type = "image/webp";
  EXPECT_EQ(list().out.find("more"), std::string::npos);
}

TEST_F(CacheList, IsATableForPeople) {
  read(0x01);
  clock_.advance(minutes(1));

  std::istringstream lines(list().out);
  std::string head;
  std::string first;
  std::string second;
  std::getline(lines, head);
  std::getline(lines, first);
  std::getline(lines, second);

  EXPECT_EQ(head.substr(66),
            "bytes     type        age         expires in  last read   reads   cost");
  EXPECT_EQ(first,
            "01" + std::string(62, '0') +
                "  300       image/png   11 min      59 min      60 s ago    1       0.50 s");
  EXPECT_EQ(second,
            "02" + std::string(62, '0') +
                "  100       image/webp  31 min      4 min       never       0       1.50 s");
}

TEST_F(CacheList, IsAnObjectALineForPrograms) {
  read(0x03);

  const std::vector<boost::json::value> all = objects();

  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(boost::json::serialize(all[0]),
            R"({"digest":"01)" + std::string(62, '0') +
                R"(","content_type":"image/png","size_bytes":300,)"
                R"("created":"2023-11-14T22:03:20.000Z","fresh_until":"2023-11-14T23:03:20.000Z",)"
                R"("usable_until":"2023-11-14T23:13:20.000Z","expires":"2023-11-14T23:13:20.000Z",)"
                R"("inserted":"2023-11-14T22:13:20.000Z","last_read":null,"reads":0,)"
                R"("cost_seconds":5E-1})");
  EXPECT_EQ(all[2].at("last_read").as_string(), "2023-11-14T22:13:20.000Z");
  EXPECT_EQ(all[2].at("reads").as_int64(), 1);
}

TEST_F(CacheList, LeavesNothingButObjectsToPrograms) {
  query_.limit = 1;
  query_.is_json = true;

  const Captured said = list();

  EXPECT_EQ(said.out.find("more"), std::string::npos);
  EXPECT_EQ(said.err, "refrain: … and 2 more; --limit 0 lists all\n");
}

TEST_F(CacheList, IsEmptyForAnEmptyCache) {
  ASSERT_TRUE(store_->clear(2));

  EXPECT_EQ(listed(), "");
}

}  // namespace
}  // namespace refrain::app
