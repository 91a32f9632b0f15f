#include "refrain/app/cache_command.h"

#include "refrain/core/clock.h"
#include "refrain/core/log.h"
#include "refrain/disk/segment_store.h"

#include "app/captured.h"
#include "app/stored_entries.h"
#include "support/sample_entry.h"
#include "support/temp_dir.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>

namespace refrain::app {
namespace {

using testing::Captured;
using testing::sample_key;

const std::string kHello = "the body of hello";

std::string read_all(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

/// A store with the entries `hello` and `world`, closed.
class CacheCommandTest : public ::testing::Test {
protected:
  CacheCommandTest() {
    request_.directory = dir_.path() / "cache";
    const auto store = open();
    for (const char* name : {"hello", "world"}) {
      const Entry entry = testing::sample_entry(
          sample_key(name), clock_.now(), "the body of " + std::string(name), "text/plain");
      if (!store->insert(entry)) throw std::runtime_error("cannot insert");
    }
  }

  [[nodiscard]] std::unique_ptr<SegmentStore> open() {
    SegmentStore::Options options;
    options.directory = request_.directory;
    auto store = SegmentStore::open(options, clock_, log_);
    if (!store) throw std::runtime_error(store.error().message());
    return std::move(*store);
  }

  Captured run(CacheAction action) {
    request_.action = action;
    return testing::captured([this] { return run_cache_command(request_, Terminal()); });
  }

  [[nodiscard]] std::int64_t items() { return open()->stats().items; }

  /// Changes one byte of the body of `hello`.
  void damage() {
    for (const auto& file : std::filesystem::directory_iterator(request_.directory)) {
      std::string bytes = read_all(file.path());
      const std::size_t place = bytes.find(kHello);
      if (place == std::string::npos) continue;
      bytes[place + 4] = 'B';
      std::ofstream(file.path(), std::ios::binary) << bytes;
      return;
    }
    throw std::runtime_error("nothing to damage");
  }

  testing::TempDir dir_;
  CacheRequest request_;
  const SystemClock clock_;
  NullLog log_;
};

TEST_F(CacheCommandTest, ShowsTheStatus) {
  const Captured said = run(CacheAction::kStatus);

  EXPECT_EQ(said.exit_code, 0);
  EXPECT_NE(said.out.find("directory      " + request_.directory.string() + "\n"),
            std::string::npos);
  EXPECT_NE(said.out.find("entries        2\n"), std::string::npos) << said.out;
  EXPECT_NE(said.out.find("epoch          1\n"), std::string::npos);
  EXPECT_NE(said.out.find("format         2\n"), std::string::npos);
  EXPECT_NE(said.out.find("owner          nobody\n"), std::string::npos);
  EXPECT_NE(said.out.find("segments       1\n"), std::string::npos);
  EXPECT_NE(said.out.find("snapshot       2 entries at 2"), std::string::npos);
  EXPECT_NE(said.out.find("scanned        0 records"), std::string::npos);
  for (const char* label : {"bytes ", "free bytes ", "index bytes ", "damaged ", "foreign files "})
    EXPECT_NE(said.out.find("\n" + std::string(label)), std::string::npos) << label;
}

TEST_F(CacheCommandTest, ShowsTheStatusAsJson) {
  request_.is_json = true;

  const boost::json::value status = boost::json::parse(run(CacheAction::kStatus).out);

  EXPECT_EQ(status.at("directory").as_string(), request_.directory.string());
  EXPECT_EQ(status.at("format_version").as_int64(), 2);
  EXPECT_FALSE(status.at("is_owned").as_bool());
  EXPECT_TRUE(status.at("owner_process").is_null());
  EXPECT_EQ(status.at("entries").as_int64(), 2);
  EXPECT_GT(status.at("size_bytes").as_int64(), 0);
  EXPECT_GT(status.at("free_bytes").as_int64(), 0);
  EXPECT_EQ(status.at("segments").as_int64(), 1);
  EXPECT_GT(status.at("index_bytes").as_int64(), 0);
  EXPECT_EQ(status.at("snapshot").at("entries").as_int64(), 2);
  EXPECT_EQ(status.at("scanned_records").as_int64(), 0);
  EXPECT_EQ(status.at("epoch").as_int64(), 1);
  EXPECT_EQ(status.at("corruptions").at("payload").as_int64(), 0);
}

TEST_F(CacheCommandTest, ShowsWhoOwnsTheDirectoryAndWhatNoSnapshotHas) {
  request_.is_json = true;
  std::filesystem::remove(request_.directory / "INDEX");
  const auto service = open();

  const boost::json::value status = boost::json::parse(run(CacheAction::kStatus).out);

  EXPECT_TRUE(status.at("is_owned").as_bool());
  EXPECT_EQ(status.at("owner_process").as_int64(), ::getpid());
  EXPECT_TRUE(status.at("snapshot").is_null());
  EXPECT_EQ(status.at("scanned_records").as_int64(), 2);
}

TEST_F(CacheCommandTest, ListsTheEntriesOldestFirst) {
  const Captured said = run(CacheAction::kList);

  EXPECT_EQ(said.exit_code, 0);
  const std::size_t hello = said.out.find(sample_key("hello").to_hex());
  const std::size_t world = said.out.find(sample_key("world").to_hex());
  ASSERT_NE(hello, std::string::npos) << said.out;
  ASSERT_NE(world, std::string::npos);
  EXPECT_LT(hello, world);
  EXPECT_NE(said.out.find("text/plain"), std::string::npos);
}

TEST_F(CacheCommandTest, ListsNoMoreThanAskedForAndSaysThatThereIsMore) {
  request_.list.limit = 1;

  const Captured said = run(CacheAction::kList);

  EXPECT_EQ(said.out.find(sample_key("world").to_hex()), std::string::npos);
  EXPECT_NE(said.out.find("… and 1 more"), std::string::npos) << said.out;
}

TEST_F(CacheCommandTest, WritesAnEntryToStandardOutputAndNothingElse) {
  request_.digest = sample_key("hello").to_hex();

  const Captured said = run(CacheAction::kGet);

  EXPECT_EQ(said.exit_code, 0);
  EXPECT_EQ(said.out, kHello);
}

TEST_F(CacheCommandTest, WritesAnEntryToAFile) {
  request_.digest = sample_key("hello").to_hex();
  request_.output = dir_.path() / "out.txt";

  const Captured said = run(CacheAction::kGet);

  EXPECT_EQ(said.exit_code, 0);
  EXPECT_EQ(read_all(request_.output), kHello);
  EXPECT_NE(said.out.find("17 bytes of text/plain"), std::string::npos);
}

TEST_F(CacheCommandTest, SaysWhyItCannotGet) {
  request_.digest = sample_key("absent").to_hex();
  EXPECT_EQ(run(CacheAction::kGet).exit_code, 1);

  request_.digest = "short";
  EXPECT_EQ(run(CacheAction::kGet).exit_code, 2);

  request_.digest = sample_key("hello").to_hex();
  request_.output = dir_.path() / "no such folder" / "out";
  const Captured said = run(CacheAction::kGet);
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_NE(said.err.find("cannot write"), std::string::npos);
}

TEST_F(CacheCommandTest, TakesTheFirstDigitsForTheDigest) {
  request_.digest = sample_key("hello").to_hex().substr(0, 8);
  EXPECT_EQ(run(CacheAction::kGet).out, kHello);

  EXPECT_EQ(run(CacheAction::kPurge).out, "forgot 1 entry\n");
  EXPECT_EQ(items(), 1);
  const Captured again = run(CacheAction::kGet);
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_NE(again.err.find("no digest begins with " + request_.digest), std::string::npos);
}

TEST_F(CacheCommandTest, ForgetsNothingForDigitsThatStandForTwo) {
  for (const std::uint8_t last : std::initializer_list<std::uint8_t>{1, 2}) {
    const CacheKey key = testing::key_beginning_with({1, 2, 3, 4, last});
    static_cast<void>(open()->insert(testing::sample_entry(key, clock_.now())));
  }
  request_.digest = "01020304";

  const Captured said = run(CacheAction::kPurge);

  EXPECT_EQ(said.exit_code, 1);
  EXPECT_NE(said.err.find("more than one digest begins with"), std::string::npos) << said.err;
  EXPECT_EQ(items(), 4);
}

TEST_F(CacheCommandTest, ForgetsOneEntry) {
  request_.digest = sample_key("hello").to_hex();

  const Captured said = run(CacheAction::kPurge);

  EXPECT_EQ(said.exit_code, 0);
  EXPECT_EQ(said.out, "forgot 1 entry\n");
  EXPECT_EQ(items(), 1);
  EXPECT_EQ(run(CacheAction::kPurge).exit_code, 1);
}

TEST_F(CacheCommandTest, ForgetsAllWithoutADigest) {
  const std::uint64_t epoch = open()->epoch();

  const Captured said = run(CacheAction::kPurge);

  EXPECT_EQ(said.exit_code, 0);
  EXPECT_EQ(said.out, "forgot 2 entries\n");
  EXPECT_EQ(items(), 0);
  EXPECT_EQ(open()->epoch(), epoch + 1);
}

TEST_F(CacheCommandTest, ForgetsNothingForADigestThatIsNone) {
  request_.digest = "short";

  EXPECT_EQ(run(CacheAction::kPurge).exit_code, 2);
  EXPECT_EQ(items(), 2);
}

TEST_F(CacheCommandTest, FindsEverythingGood) {
  const Captured said = run(CacheAction::kVerify);

  EXPECT_EQ(said.exit_code, 0);
  EXPECT_NE(said.out.find("good           2\n"), std::string::npos) << said.out;
  EXPECT_NE(said.out.find("corrupt        0\n"), std::string::npos);
}

TEST_F(CacheCommandTest, FindsAChangedByteAndLeavesItThere) {
  damage();

  const Captured said = run(CacheAction::kVerify);

  EXPECT_EQ(said.exit_code, 1);
  EXPECT_NE(said.out.find("good           1\n"), std::string::npos) << said.out;
  EXPECT_NE(said.out.find("corrupt        1\n"), std::string::npos);
  EXPECT_EQ(run(CacheAction::kVerify).exit_code, 1);
}

TEST_F(CacheCommandTest, RemovesWhatIsCorruptIfAskedTo) {
  damage();
  request_.is_repair = true;
  EXPECT_EQ(run(CacheAction::kVerify).exit_code, 0);

  request_.is_repair = false;
  const Captured said = run(CacheAction::kVerify);

  EXPECT_EQ(said.exit_code, 0);
  EXPECT_NE(said.out.find("good           1\n"), std::string::npos) << said.out;
}

TEST_F(CacheCommandTest, ListsWhatIsDamagedAndWhere) {
  damage();

  const Captured said = run(CacheAction::kVerify);

  EXPECT_TRUE(said.out.starts_with("payload  0000000000000001.seg at 48: ")) << said.out;
  EXPECT_EQ(said.err, "");
}

TEST_F(CacheCommandTest, SumsUpWhatItFoundAsJson) {
  damage();
  request_.is_json = true;

  const Captured said = run(CacheAction::kVerify);
  const boost::json::value found = boost::json::parse(said.out);

  EXPECT_EQ(said.exit_code, 1);
  EXPECT_EQ(found.at("good").as_int64(), 1);
  EXPECT_EQ(found.at("corrupt").as_int64(), 1);
  EXPECT_FALSE(found.at("is_good").as_bool());
  EXPECT_FALSE(found.at("is_repaired").as_bool());
  ASSERT_EQ(found.at("corruptions").as_array().size(), 1U);
  EXPECT_EQ(found.at("corruptions").at(0).at("kind").as_string(), "payload");
  EXPECT_EQ(found.at("corruptions").at(0).at("file").as_string(), "0000000000000001.seg");
  EXPECT_EQ(found.at("corruptions").at(0).at("offset").as_int64(), 48);

  request_.is_repair = true;
  EXPECT_TRUE(boost::json::parse(run(CacheAction::kVerify).out).at("is_repaired").as_bool());
  EXPECT_TRUE(boost::json::parse(run(CacheAction::kVerify).out).at("is_good").as_bool());
}

TEST_F(CacheCommandTest, LeavesTheServiceTheIndexThatItCanUse) {
  request_.digest = sample_key("hello").to_hex();
  ASSERT_EQ(run(CacheAction::kPurge).exit_code, 0);

  EXPECT_EQ(open()->stats().scanned, 0);
}

TEST_F(CacheCommandTest, SaysHowToGoOnBesideARunningService) {
  const auto service = open();

  EXPECT_NE(run(CacheAction::kPurge).err.find("ask a running service: DELETE /v1/cache"),
            std::string::npos);
  request_.is_repair = true;
  EXPECT_NE(run(CacheAction::kVerify).err.find("look without --repair"), std::string::npos);
}

TEST_F(CacheCommandTest, DoesNotGetACorruptEntry) {
  damage();
  request_.digest = sample_key("hello").to_hex();

  const Captured said = run(CacheAction::kGet);

  EXPECT_EQ(said.exit_code, 1);
  EXPECT_EQ(said.out, "");
}

TEST_F(CacheCommandTest, ReadsBesideARunningServiceAndChangesNothingThere) {
  const auto service = open();

  EXPECT_EQ(run(CacheAction::kStatus).exit_code, 0);
  EXPECT_EQ(run(CacheAction::kList).exit_code, 0);
  EXPECT_EQ(run(CacheAction::kVerify).exit_code, 0);
  EXPECT_EQ(run(CacheAction::kPurge).exit_code, 1);
  EXPECT_EQ(service->stats().items, 2);
}

TEST_F(CacheCommandTest, SaysThatTheDirectoryIsNotThereAndDoesNotMakeIt) {
  request_.directory = dir_.path() / "absent";

  for (const CacheAction action : {CacheAction::kStatus,
                                   CacheAction::kList,
                                   CacheAction::kGet,
                                   CacheAction::kPurge,
                                   CacheAction::kVerify}) {
    const Captured said = run(action);
    EXPECT_EQ(said.exit_code, 1);
    EXPECT_NE(said.err.find("is not a directory"), std::string::npos);
    EXPECT_NE(said.err.find("--dir"), std::string::npos);
  }
  EXPECT_FALSE(std::filesystem::exists(request_.directory));
}

}  // namespace
}  // namespace refrain::app
