#include "refrain/app/cache_verify.h"

#include "app/captured.h"
#include "app/stored_entries.h"
#include "support/manual_clock.h"
#include "support/sample_entry.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace refrain::app {
namespace {

using testing::Captured;

/// A closed store with two entries in one segment.
class CacheVerify : public ::testing::Test {
protected:
  CacheVerify() {
    const auto store = testing::open_store(dir_.path(), clock_);
    for (const char* name : {"first", "second"}) {
      static_cast<void>(
          store->insert(testing::sample_entry(testing::sample_key(name), clock_.now())));
    }
  }

  /// Turns over one bit.
  void damage(const char* file, std::size_t offset) {
    std::fstream stream(dir_.path() / file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(offset));
    const int byte = stream.get();
    stream.seekp(static_cast<std::streamoff>(offset));
    stream.put(static_cast<char>(byte ^ 1));
    ASSERT_TRUE(stream.flush());
  }

  /// What is said by `verify_cache`.
  Captured verify(VerifyOutput output, SegmentStore::Repair repair = SegmentStore::Repair::kNo) {
    NullLog log;
    const auto found = std::make_shared<CorruptionList>();
    SegmentStore::Options options;
    options.directory = dir_.path();
    options.mode = repair == SegmentStore::Repair::kYes ? OpenMode::kOwner : OpenMode::kReadOnly;
    options.reporter = found;
    const auto store = SegmentStore::open(options, clock_, log);
    return testing::captured(
        [&] { return verify_cache(**store, *found, repair, output, Terminal()); });
  }

  static constexpr const char* kSegment = "0000000000000001.seg";

  testing::TempDir dir_;
  testing::ManualClock clock_;
};

TEST_F(CacheVerify, SaysThatAllIsGood) {
  const Captured said = verify(VerifyOutput::kText);

  EXPECT_EQ(said.exit_code, 0);
  EXPECT_TRUE(said.out.starts_with("good           2\ncorrupt        0\n")) << said.out;
  EXPECT_TRUE(said.out.ends_with("every entry is as it was written\n"));
  EXPECT_EQ(said.err, "");
}

TEST_F(CacheVerify, NamesKindFileAndPlaceOfWhatIsDamaged) {
  const auto size = std::filesystem::file_size(dir_.path() / kSegment);
  damage(kSegment, size - 1);
  damage("INDEX", 90);

  const Captured said = verify(VerifyOutput::kText);

  EXPECT_EQ(said.exit_code, 1);
  EXPECT_TRUE(said.out.starts_with("index  INDEX at 0: ")) << said.out;
  EXPECT_NE(said.out.find("\npayload  0000000000000001.seg at "), std::string::npos) << said.out;
  EXPECT_NE(said.out.find("verify --repair removes it"), std::string::npos);
}

TEST_F(CacheVerify, NamesASegmentThatIsNone) {
  damage(kSegment, 9);

  const Captured said = verify(VerifyOutput::kText);

  EXPECT_EQ(said.exit_code, 1);
  EXPECT_TRUE(said.out.starts_with("segment  0000000000000001.seg at 0: ")) << said.out;
  EXPECT_NE(said.out.find("damaged files  1\n"), std::string::npos) << said.out;
}

TEST_F(CacheVerify, IsGoodAgainAfterARepair) {
  damage(kSegment, std::filesystem::file_size(dir_.path() / kSegment) - 1);

  const Captured repaired = verify(VerifyOutput::kText, SegmentStore::Repair::kYes);
  const Captured again = verify(VerifyOutput::kText);

  EXPECT_EQ(repaired.exit_code, 0);
  EXPECT_TRUE(repaired.out.ends_with("what was corrupt has been removed\n")) << repaired.out;
  EXPECT_EQ(again.exit_code, 0) << again.out;
}

TEST_F(CacheVerify, SumsUpAsAnObject) {
  damage(kSegment, std::filesystem::file_size(dir_.path() / kSegment) - 1);

  const Captured said = verify(VerifyOutput::kJson);
  const boost::json::value sum = boost::json::parse(said.out);

  EXPECT_EQ(said.exit_code, 1);
  EXPECT_EQ(sum.at("good").as_int64(), 1);
  EXPECT_EQ(sum.at("corrupt").as_int64(), 1);
  EXPECT_EQ(sum.at("unreadable").as_int64(), 0);
  EXPECT_EQ(sum.at("damaged_files").as_int64(), 0);
  EXPECT_EQ(sum.at("foreign_files").as_int64(), 0);
  EXPECT_GT(sum.at("bytes_read").as_int64(), 0);
  EXPECT_FALSE(sum.at("is_good").as_bool());
  EXPECT_FALSE(sum.at("is_repaired").as_bool());
  const boost::json::value& one = sum.at("corruptions").as_array().at(0);
  EXPECT_EQ(one.at("kind").as_string(), "payload");
  EXPECT_EQ(one.at("file").as_string(), kSegment);
  EXPECT_GT(one.at("offset").as_int64(), 40);
  EXPECT_FALSE(one.at("reason").as_string().empty());
}

}  // namespace
}  // namespace refrain::app
