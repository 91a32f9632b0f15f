#include "support/service_process.h"
#include "support/temp_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace refrain {
namespace {

namespace fs = std::filesystem;

using testing::Finished;
using ::testing::HasSubstr;
using testing::HttpReply;
using ::testing::Not;
using testing::ServiceProcess;
using testing::TempDir;

/// Stickers by the address that they were asked for.
using Stickers = std::map<std::string, std::string>;

std::string target_of(const std::string& prompt) {
  return "/v1/stickers?size=64&prompt=" + prompt;
}

std::string digest_of(const HttpReply& reply) {
  const std::string location(reply.header("Content-Location"));
  return location.substr(location.rfind('/') + 1, 64);
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_file(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// A folder for the process and, inside it, one for the cache.
class DiskTrouble : public ::testing::Test {
protected:
  [[nodiscard]] fs::path store() const { return folder_.path() / "cache"; }
  [[nodiscard]] std::string folder() const { return folder_.path().string(); }

  /// No memory tier: what is not generated comes from the disk.
  [[nodiscard]] std::vector<std::string> arguments() const {
    return {"sticker",
            "--mock-delay",
            "0",
            "--sticker-memory-items",
            "0",
            "--cleanup-interval",
            "50",
            "--disk-dir",
            store().string()};
  }

  [[nodiscard]] Finished cache(std::vector<std::string> words) const {
    words.insert(words.begin(), "cache");
    words.insert(words.end(), {"--dir", store().string()});
    return testing::run_program(words, folder());
  }

  static void stop(ServiceProcess& service) {
    service.signal(SIGTERM);
    EXPECT_EQ(service.wait().exit_code, 0);
  }

  /// Asks for `count` stickers that no cache has.
  static Stickers make(const ServiceProcess& service, int count) {
    Stickers made;
    for (int i = 0; i < count; ++i) {
      const std::string target = target_of("made+" + std::to_string(i));
      const HttpReply reply = testing::get(service.sticker_port(), target);
      EXPECT_EQ(reply.status, 200) << reply.body;
      EXPECT_EQ(reply.header("Cache-Status"), "refrain; fwd=miss; stored");
      made[target] = reply.body;
    }
    return made;
  }

  /// Asks for all of them and returns how many came from the disk. Every byte must be right.
  static int expect_the_same(const ServiceProcess& service, const Stickers& stickers) {
    int hits = 0;
    for (const auto& [target, body] : stickers) {
      const HttpReply reply = testing::get(service.sticker_port(), target);
      EXPECT_EQ(reply.status, 200) << target;
      EXPECT_TRUE(reply.body == body) << target << " has other bytes";
      if (reply.header("Cache-Status").find("detail=disk") != std::string_view::npos) ++hits;
    }
    return hits;
  }

  [[nodiscard]] std::vector<fs::path> segments() const {
    std::vector<fs::path> found;
    for (const auto& file : fs::directory_iterator(store())) {
      if (file.path().extension() == ".seg" && file.file_size() > 0) found.push_back(file.path());
    }
    return found;
  }

  /// The only segment that holds anything.
  [[nodiscard]] fs::path segment() const {
    EXPECT_EQ(segments().size(), 1U);
    return segments().at(0);
  }

  /// Turns over one bit of the first sticker's picture.
  void damage_first_picture() const {
    std::string bytes = read_file(segment());
    const std::size_t place = bytes.find("IDAT");
    ASSERT_NE(place, std::string::npos);
    bytes[place + 8] = static_cast<char>(bytes[place + 8] ^ 0x10);
    write_file(segment(), bytes);
  }

  static std::int64_t disk_number(const ServiceProcess& service, const char* name) {
    return testing::tier_status(service.sticker_port(), "disk").at(name).as_int64();
  }
  static std::int64_t corrupt_count(const ServiceProcess& service) {
    return testing::tier_status(service.sticker_port(), "disk")
        .at("removals")
        .at("corrupt")
        .as_int64();
  }
  static bool is_available(const ServiceProcess& service) {
    return testing::tier_status(service.sticker_port(), "disk").at("available").as_bool();
  }

private:
  const TempDir folder_;
};

/// Asks for new stickers from several threads until the service is gone.
class WriteLoad {
public:
  explicit WriteLoad(std::uint16_t port) : port_(port) {
    for (int i = 0; i < kThreads; ++i)
      threads_.emplace_back([this, i] { ask_until_it_fails(i); });
  }
  WriteLoad(const WriteLoad&) = delete;
  WriteLoad& operator=(const WriteLoad&) = delete;
  ~WriteLoad() {
    is_over_ = true;
    join();
  }

  [[nodiscard]] std::size_t count() {
    const std::lock_guard lock(mutex_);
    return received_.size();
  }

  /// What was received in whole before the service was gone.
  Stickers received() {
    join();
    return received_;
  }

private:
  static constexpr int kThreads = 4;

  void join() {
    for (std::thread& thread : threads_)
      if (thread.joinable()) thread.join();
  }

  void ask_until_it_fails(int thread) {
    try {
      for (int i = 0; !is_over_; ++i) {
        const std::string target =
            target_of("load+" + std::to_string(thread) + "+" + std::to_string(i));
        const HttpReply reply = testing::get(port_, target);
        EXPECT_EQ(reply.status, 200) << reply.body;
        const std::lock_guard lock(mutex_);
        received_[target] = reply.body;
      }
    } catch (const std::exception&) {
      // The service was killed, as the test wants it.
    }
  }

  const std::uint16_t port_;
  std::mutex mutex_;
  Stickers received_;
  std::atomic<bool> is_over_ = false;
  std::vector<std::thread> threads_;
};

TEST_F(DiskTrouble, ARestartedServiceAnswersFromDisk) {
  ServiceProcess first(arguments(), folder());
  const Stickers made = make(first, 5);
  stop(first);

  const ServiceProcess second(arguments(), folder());

  EXPECT_EQ(disk_number(second, "items"), 5);
  EXPECT_EQ(expect_the_same(second, made), 5);
  EXPECT_EQ(testing::cache_status(second.sticker_port()).at("generation").at("count").as_int64(),
            0);
}

TEST_F(DiskTrouble, AKillUnderLoadLosesNothingThatWasAnsweredAndInventsNothing) {
  Stickers received;
  for (int round = 1; round <= 3; ++round) {
    ServiceProcess service(arguments(), folder());
    EXPECT_EQ(expect_the_same(service, received), static_cast<int>(received.size()));
    const auto wanted = static_cast<std::size_t>(40 * round);
    WriteLoad load(service.sticker_port());
    testing::wait_until("the load is under way", [&] { return load.count() >= wanted; });

    service.signal(SIGKILL);
    EXPECT_EQ(service.wait().exit_code, 128 + SIGKILL);
    received.merge(load.received());
  }
  const ServiceProcess last(arguments(), folder());

  EXPECT_EQ(expect_the_same(last, received), static_cast<int>(received.size()));
  EXPECT_EQ(corrupt_count(last), 0);
}

TEST_F(DiskTrouble, AMissingDirectoryIsMade) {
  std::vector<std::string> words = arguments();
  words.back() = (store() / "deep" / "down").string();

  const ServiceProcess service(words, folder());

  EXPECT_EQ(expect_the_same(service, make(service, 2)), 2);
  EXPECT_TRUE(fs::exists(store() / "deep" / "down" / "META"));
}

TEST_F(DiskTrouble, AFileInPlaceOfTheDirectoryCostsTheTierAndNoAnswer) {
  write_file(store(), "not a directory");

  const ServiceProcess service(arguments(), folder());
  const HttpReply reply = testing::get(service.sticker_port(), target_of("anyway"));

  EXPECT_EQ(reply.status, 200);
  EXPECT_FALSE(is_available(service));
  EXPECT_THAT(testing::get(service.sticker_port(), "/readyz").body, HasSubstr("degraded"));
  EXPECT_EQ(testing::get(service.sticker_port(), "/readyz").status, 200);
  EXPECT_THAT(service.errors(), HasSubstr(store().string()));
  EXPECT_EQ(read_file(store()), "not a directory");
}

TEST_F(DiskTrouble, ADirectoryInUseIsLeftToItsOwner) {
  const ServiceProcess owner(arguments(), folder());
  const Stickers made = make(owner, 3);

  const TempDir other_folder;
  const ServiceProcess other(arguments(), other_folder.path().string());

  EXPECT_EQ(expect_the_same(other, made), 0);
  EXPECT_FALSE(is_available(other));
  std::string owner_number = read_file(store() / "LOCK");
  owner_number.pop_back();
  EXPECT_THAT(other.errors(), HasSubstr("in use by process " + owner_number));
  EXPECT_EQ(expect_the_same(owner, made), 3);
}

TEST_F(DiskTrouble, ForeignFilesStayAndAreHarmless) {
  const std::map<std::string, std::string> foreign = {{"notes.txt", "mine"},
                                                      {"zzz.seg", "not a segment"},
                                                      {"00000000000000ff.seg.bak", "copy"},
                                                      {"00000000000000fe.seg", "somebody's"}};
  fs::create_directories(store() / "folder.seg");
  for (const auto& [name, bytes] : foreign)
    write_file(store() / name, bytes);
  ServiceProcess first(arguments(), folder());
  const Stickers made = make(first, 3);
  stop(first);

  const ServiceProcess second(arguments(), folder());

  EXPECT_EQ(expect_the_same(second, made), 3);
  EXPECT_TRUE(fs::is_directory(store() / "folder.seg"));
  for (const auto& [name, bytes] : foreign)
    EXPECT_EQ(read_file(store() / name), bytes) << name;
}

TEST_F(DiskTrouble, FlippedBitsAreNeverServed) {
  Stickers made;
  {
    ServiceProcess service(arguments(), folder());
    made = make(service, 12);
    stop(service);
  }
  const std::string intact = read_file(segment());
  const fs::path file = segment();
  // Somewhere in a header, a type, a key, a body: the places walk through the whole file.
  for (const std::size_t step : {3U, 7U, 11U}) {
    fs::remove_all(store());
    fs::create_directories(store());
    std::string bytes = intact;
    for (std::size_t place = 48 + step * 13; place < bytes.size(); place += bytes.size() / step)
      bytes[place] = static_cast<char>(bytes[place] ^ (1 << (step % 8)));
    write_file(file, bytes);

    ServiceProcess service(arguments(), folder());
    const int hits = expect_the_same(service, made);

    EXPECT_LT(hits, 12) << "step " << step;
    EXPECT_GT(corrupt_count(service) + disk_number(service, "errors"), 0) << "step " << step;
    EXPECT_EQ(expect_the_same(service, made), 12) << "step " << step;
    stop(service);
  }
}

TEST_F(DiskTrouble, CutSegmentsAreReadUpToTheCut) {
  Stickers made;
  {
    ServiceProcess service(arguments(), folder());
    made = make(service, 8);
    stop(service);
  }
  const std::string intact = read_file(segment());
  const fs::path file = segment();
  for (const std::size_t tenths : {9U, 5U, 1U}) {
    write_file(file, intact.substr(0, intact.size() * tenths / 10));

    ServiceProcess service(arguments(), folder());
    const int hits = expect_the_same(service, made);

    EXPECT_LT(hits, 8) << tenths;
    if (tenths == 9U) {
      EXPECT_GT(hits, 0);
    }
    EXPECT_EQ(expect_the_same(service, made), 8) << tenths;
    stop(service);
    for (const fs::path& segment : segments())
      fs::remove(segment);
  }
}

TEST_F(DiskTrouble, TheCacheCommandsWorkBesideTheService) {
  const ServiceProcess service(arguments(), folder());
  const HttpReply made = testing::get(service.sticker_port(), target_of("beside"));
  const std::string digest = digest_of(made);
  const std::string picture = (folder() + "/got.png");

  const Finished status = cache({"status"});
  const Finished list = cache({"list"});
  const Finished got = cache({"get", digest, "-o", picture});
  const Finished got_to_output = cache({"get", digest});
  const Finished verified = cache({"verify"});

  EXPECT_EQ(status.exit_code, 0) << status.errors;
  EXPECT_THAT(status.output, HasSubstr("entries        1\n"));
  EXPECT_EQ(list.exit_code, 0) << list.errors;
  EXPECT_THAT(list.output, HasSubstr(digest));
  EXPECT_THAT(list.output, HasSubstr("image/png"));
  EXPECT_EQ(got.exit_code, 0) << got.errors;
  EXPECT_TRUE(read_file(picture) == made.body);
  EXPECT_EQ(got_to_output.exit_code, 0) << got_to_output.errors;
  EXPECT_TRUE(got_to_output.output == made.body);
  EXPECT_EQ(verified.exit_code, 0) << verified.errors;
}

TEST_F(DiskTrouble, CacheGetRefusesWhatIsNotThere) {
  const ServiceProcess service(arguments(), folder());

  EXPECT_EQ(cache({"get", std::string(64, 'a')}).exit_code, 1);
  EXPECT_EQ(cache({"get", "short"}).exit_code, 2);
  EXPECT_EQ(testing::run_program({"cache", "status", "--dir", "nowhere"}, folder()).exit_code, 1);
  EXPECT_FALSE(fs::exists(fs::path(folder()) / "nowhere"));
}

TEST_F(DiskTrouble, PurgeWaitsForTheServiceToEnd) {
  ServiceProcess service(arguments(), folder());
  const Stickers made = make(service, 3);
  const std::string digest = digest_of(testing::get(service.sticker_port(), made.begin()->first));

  const Finished refused = cache({"purge"});
  const Finished refused_one = cache({"purge", digest});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.errors, HasSubstr("in use by process"));
  EXPECT_EQ(refused_one.exit_code, 1);
  EXPECT_EQ(expect_the_same(service, made), 3);
  stop(service);

  EXPECT_THAT(cache({"purge", digest}).output, HasSubstr("forgot 1 entry"));
  EXPECT_THAT(cache({"list"}).output, Not(HasSubstr(digest)));
  const Finished purged = cache({"purge"});
  EXPECT_EQ(purged.exit_code, 0) << purged.errors;
  EXPECT_THAT(purged.output, HasSubstr("forgot 2 entries"));
  const ServiceProcess again(arguments(), folder());
  EXPECT_EQ(expect_the_same(again, made), 0);
}

TEST_F(DiskTrouble, VerifyFindsADamagedPictureAndRepairsIt) {
  {
    ServiceProcess service(arguments(), folder());
    static_cast<void>(make(service, 3));
    stop(service);
  }
  EXPECT_EQ(cache({"verify"}).exit_code, 0);
  damage_first_picture();

  const Finished found = cache({"verify"});
  EXPECT_EQ(found.exit_code, 1);
  EXPECT_THAT(found.output, HasSubstr("corrupt        1\n"));
  const Finished repaired = cache({"verify", "--repair"});
  EXPECT_EQ(repaired.exit_code, 0) << repaired.output << repaired.errors;
  const Finished clean = cache({"verify"});
  EXPECT_EQ(clean.exit_code, 0) << clean.output;
  EXPECT_THAT(clean.output, HasSubstr("good           2\n"));
}

}  // namespace
}  // namespace refrain
