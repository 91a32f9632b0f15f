#include "refrain/disk/segment_store.h"

#include "store_fixture.h"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <string>

namespace refrain::testing {
namespace {

constexpr int kKeys = 64;
constexpr std::int64_t kLimit = 3 << 20;

/// How often the writer is killed: `./check --only crash` asks for more.
int cycles() {
  constexpr int kDefault = 20;
  const char* const wanted = std::getenv("REFRAIN_CRASH_CYCLES");  // NOLINT(concurrency-mt-unsafe)
  return wanted == nullptr ? kDefault : std::max(1, std::atoi(wanted));
}

/// What the writer tells over the pipe, before and after each operation.
struct Message {
  enum class Kind : std::uint32_t { kInserting, kInserted, kErasing, kErased, kFailed };
  Kind kind = Kind::kFailed;
  std::uint32_t key = 0;
  std::uint64_t version = 0;
};

std::string key_name(std::uint32_t key) {
  return "key " + std::to_string(key);
}

/// The one body that `version` of `key` has.
std::string body_for(std::uint32_t key, std::uint64_t version) {
  std::string body = std::to_string(version) + " of " + key_name(key) + ":";
  std::minstd_rand bytes(static_cast<std::uint_fast32_t>(version * 64 + key + 1));
  const std::size_t size = body.size() + bytes() % 30'000;
  while (body.size() < size)
    body.push_back(static_cast<char>(bytes()));
  return body;
}

/// What is known of a key: the last acknowledged state and what was going on when the writer died.
struct KeyState {
  std::optional<std::uint64_t> version;  // nothing: erased, or never inserted
  std::optional<std::uint64_t> inserting;
  bool is_erasing = false;
};

class SegmentStoreCrashTest : public StoreFixture {
protected:
  [[nodiscard]] SegmentStore::Options crash_options() const {
    SegmentStore::Options tight = options();
    tight.max_size_bytes = kLimit;
    tight.segment_size_bytes = 200'000;
    tight.ttl = std::chrono::hours(24 * 365);
    return tight;
  }

  /// The child: writes until it is killed. Never returns, never touches GoogleTest.
  [[noreturn]] void write_forever(int pipe, unsigned seed, std::uint64_t first_version) {
    const Result<std::unique_ptr<SegmentStore>> store = try_open(crash_options());
    const auto tell = [pipe](Message::Kind kind, std::uint32_t key, std::uint64_t version) {
      const Message message{kind, key, version};
      if (::write(pipe, &message, sizeof message) != sizeof message) ::_exit(1);
    };
    if (!store) {
      tell(Message::Kind::kFailed, 0, 0);
      ::_exit(2);
    }
    std::mt19937 random(seed);
    for (std::uint64_t version = first_version;; ++version) {
      const auto key = static_cast<std::uint32_t>(random() % kKeys);
      const bool is_erase = random() % 10 == 0;
      tell(is_erase ? Message::Kind::kErasing : Message::Kind::kInserting, key, version);
      const bool is_done =
          is_erase ? (*store)->erase(sample_key(key_name(key))).has_value()
                   : (*store)->insert(lasting(key_name(key), body_for(key, version))).has_value();
      if (!is_done) tell(Message::Kind::kFailed, key, version);
      tell(is_erase ? Message::Kind::kErased : Message::Kind::kInserted, key, version);
      // Reads let entries outlive their segments; a sweep after a while writes a snapshot.
      static_cast<void>((*store)->find(sample_key(key_name(version % kKeys))));
      if (random() % 20 == 0) clock_.advance(std::chrono::minutes(6));
      if (random() % 20 == 0 && !(*store)->sweep()) tell(Message::Kind::kFailed, key, version);
    }
  }

  /// Nothing here is to expire.
  [[nodiscard]] Entry lasting(const std::string& name, const std::string& body) const {
    EntryMetadata metadata = entry(name, body).metadata();
    metadata.fresh_until = clock_.now() + std::chrono::hours(24 * 365);
    metadata.usable_until = metadata.fresh_until;
    return Entry::make(metadata, "text/plain", body);
  }

  void apply(const Message& message) {
    KeyState& state = states_[message.key];
    next_version_ = std::max(next_version_, message.version + 1);
    switch (message.kind) {
      case Message::Kind::kInserting:
        state.inserting = message.version;
        break;
      case Message::Kind::kInserted:
        state = KeyState{message.version, std::nullopt, false};
        last_inserted_ = message.key;
        break;
      case Message::Kind::kErasing:
        state.is_erasing = true;
        break;
      case Message::Kind::kErased:
        state = KeyState{};
        ++erasures_;
        break;
      case Message::Kind::kFailed:
        ADD_FAILURE() << "the writer failed";
    }
  }

  /// Lets a child write until `messages` have come, kills it and hears it out.
  void run_and_kill(unsigned seed, int messages) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      write_forever(ends[1], seed, next_version_);
    }
    ::close(ends[1]);
    Message message;
    for (int count = 0; ::read(ends[0], &message, sizeof message) == sizeof message; ++count) {
      apply(message);
      if (count == messages) ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself";
  }

  void check_key(SegmentStore& store, std::uint32_t key, KeyState& state) {
    const std::optional<std::string> body = body_of(store, key_name(key));
    const bool is_last = state.version && body == body_for(key, *state.version);
    const bool is_new = state.inserting && body == body_for(key, *state.inserting);
    EXPECT_TRUE(!body || is_last || is_new)
        << key_name(key) << ": a body that was erased, superseded or never written";
    if (body) ++hits_;
    // What was going on has happened or not: from here on it is one of the two.
    if (!body) state.version.reset();
    if (is_new) state.version = state.inserting;
    state.inserting.reset();
    state.is_erasing = false;
  }

  void check_store() {
    const std::optional<std::uint32_t> last = last_inserted_;
    const bool is_settled = last && !states_[*last].inserting && !states_[*last].is_erasing &&
                            states_[*last].version.has_value();
    EXPECT_LE(bytes_on_disk(), static_cast<std::uint64_t>(kLimit));
    if (std::filesystem::exists(snapshot()) && read_file(snapshot()) != own_snapshot_) ++snapshots_;
    const auto store = open(crash_options());
    EXPECT_LE(store->stats().size_bytes, kLimit);
    EXPECT_LE(bytes_on_disk(), static_cast<std::uint64_t>(kLimit));
    EXPECT_FALSE(std::filesystem::exists(directory() / StoreDirectory::kMetaDraftName));
    EXPECT_FALSE(std::filesystem::exists(directory() / StoreDirectory::kIndexDraftName));
    EXPECT_EQ(store->stats().damaged, 0);
    EXPECT_EQ(store->stats().foreign_files, 0);
    for (auto& [key, state] : states_)
      check_key(*store, key, state);
    const Result<SegmentStore::VerifyReport> report = store->verify(SegmentStore::Repair::kNo);
    ASSERT_TRUE(report.has_value());
    EXPECT_EQ(report->entries, store->stats().items);
    EXPECT_EQ(report->corrupt + report->unreadable, 0);
    EXPECT_EQ(store->stats().removals.corrupt, 0);
    if (is_settled) {
      EXPECT_TRUE(states_[*last].version.has_value()) << "the last acknowledged entry is lost";
    }
    expect_sums_hold(*store);
  }

  /// Bytes of everything in the directory.
  [[nodiscard]] std::uint64_t bytes_on_disk() const {
    std::uint64_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(directory()))
      bytes += file.file_size();
    return bytes;
  }

  std::map<std::uint32_t, KeyState> states_;
  std::uint64_t next_version_ = 1;
  std::optional<std::uint32_t> last_inserted_;
  int hits_ = 0;
  int erasures_ = 0;
  int snapshots_ = 0;  // that a killed writer left
  std::string own_snapshot_;
};

TEST_F(SegmentStoreCrashTest, Case08KilledAtAnyMomentItServesOnlyWhatWasWrittenAndNotErased) {
  const int all = cycles();
  std::mt19937 random(99);

  for (int cycle = 0; cycle < all; ++cycle) {
    run_and_kill(static_cast<unsigned>(cycle), static_cast<int>(random() % 400));
    // Later than the writer's clock: a snapshot from the future would not be used.
    clock_.advance(std::chrono::hours(10));
    check_store();
    own_snapshot_ = read_file(snapshot());
    ASSERT_FALSE(HasFailure()) << "in cycle " << cycle;
  }

  EXPECT_GT(hits_, all);
  EXPECT_GT(erasures_, all);
  EXPECT_GT(snapshots_, all / 4);
}

}  // namespace
}  // namespace refrain::testing
