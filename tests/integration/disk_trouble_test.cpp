#include "support/service_process.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
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
#include <sstream>
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
  /// Of what waits to be written: `entries`, `size_bytes` or `dropped`.
  static std::int64_t queue_number(const ServiceProcess& service, const char* name) {
    return testing::tier_status(service.sticker_port(), "disk").at("queue").at(name).as_int64();
  }
  /// Returns when everything that was answered before lies on the disk.
  static void wait_until_written(const ServiceProcess& service) {
    testing::wait_until("the queue of the disk tier is empty",
                        [&service] { return queue_number(service, "entries") == 0; });
    EXPECT_EQ(queue_number(service, "dropped"), 0);
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

  Stickers so_far() {
    const std::lock_guard lock(mutex_);
    return received_;
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

TEST_F(DiskTrouble, AKillUnderLoadLosesNothingThatWasWrittenAndInventsNothing) {
  Stickers written;   // must be there after the kill
  Stickers answered;  // may be there, and must be right
  for (int round = 1; round <= 3; ++round) {
    ServiceProcess service(arguments(), folder());
    EXPECT_EQ(expect_the_same(service, written), static_cast<int>(written.size()));
    static_cast<void>(expect_the_same(service, answered));
    const auto wanted = static_cast<std::size_t>(40 * round);
    WriteLoad load(service.sticker_port());
    testing::wait_until("the load is under way", [&] { return load.count() >= wanted; });
    Stickers before = load.so_far();
    wait_until_written(service);
    written.merge(before);
    // They were asked for again, and so are written by now, too.
    written.merge(answered);
    testing::wait_until("more is answered", [&] { return load.count() >= wanted + 10; });

    service.signal(SIGKILL);
    EXPECT_EQ(service.wait().exit_code, 128 + SIGKILL);
    answered = load.received();
    std::erase_if(answered, [&written](const auto& one) { return written.contains(one.first); });
  }
  const ServiceProcess last(arguments(), folder());

  EXPECT_EQ(expect_the_same(last, written), static_cast<int>(written.size()));
  static_cast<void>(expect_the_same(last, answered));
  EXPECT_EQ(corrupt_count(last), 0);
}

TEST_F(DiskTrouble, AStopWritesWhatWaits) {
  std::vector<std::string> slow = arguments();
  // Every write waits for the disk, so that some wait in the queue.
  slow.insert(slow.end(), {"--disk-durability", "always"});
  ServiceProcess first(slow, folder());
  const Stickers made = make(first, 30);
  stop(first);

  const ServiceProcess second(arguments(), folder());

  EXPECT_EQ(disk_number(second, "items"), 30);
  EXPECT_EQ(expect_the_same(second, made), 30);
}

TEST_F(DiskTrouble, ADiskWithTooLittleRoomCostsWhatIsNewAndNoAnswer) {
  std::vector<std::string> words = {"sticker",
                                    "--mock-delay",
                                    "0",
                                    "--cleanup-interval",
                                    "50",
                                    "--disk-dir",
                                    store().string(),
                                    "--disk-free-floor",
                                    "9000000000GB"};
  const ServiceProcess service(words, folder());
  const Stickers made = make(service, 5);
  testing::wait_until("writing is given up", [&service] {
    return testing::get(service.sticker_port(), "/readyz").body.find("degraded") !=
           std::string::npos;
  });

  for (const auto& [target, body] : made) {
    const HttpReply reply = testing::get(service.sticker_port(), target);
    EXPECT_EQ(reply.status, 200);
    EXPECT_TRUE(reply.body == body);
    EXPECT_THAT(std::string(reply.header("Cache-Status")), HasSubstr("detail=memory"));
  }
  const HttpReply fresh = testing::get(service.sticker_port(), target_of("one+more"));
  EXPECT_EQ(fresh.status, 200);
  const HttpReply ready = testing::get(service.sticker_port(), "/readyz");
  EXPECT_EQ(ready.status, 200);
  EXPECT_THAT(ready.body, HasSubstr(R"("unwritable_tiers":["disk"])"));
  EXPECT_TRUE(is_available(service));
  testing::wait_until("what is new is dropped",
                      [&service] { return queue_number(service, "dropped") == 6; });
  EXPECT_EQ(disk_number(service, "items"), 0);
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
  wait_until_written(service);

  const Finished status = cache({"status"});
  const Finished list = cache({"list"});
  const Finished got = cache({"get", digest, "-o", picture});
  const Finished got_to_output = cache({"get", digest});
  const Finished got_by_prefix = cache({"get", digest.substr(0, 8)});
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
  EXPECT_TRUE(got_by_prefix.output == made.body);
  EXPECT_EQ(verified.exit_code, 0) << verified.errors;
}

TEST_F(DiskTrouble, TheCacheCommandsSpeakJsonBesideTheService) {
  const ServiceProcess service(arguments(), folder());
  const Stickers made = make(service, 3);
  wait_until_written(service);

  const Finished list = cache({"list", "--json", "--sort", "size", "--type", "image/png"});
  const Finished status = cache({"status", "--json"});
  const Finished verified = cache({"verify", "--json"});

  std::istringstream lines(list.output);
  std::int64_t last_size = 0;
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const boost::json::value entry = boost::json::parse(line);
    const HttpReply sticker =
        testing::get(service.sticker_port(),
                     "/v1/stickers/" + std::string(entry.at("digest").as_string()) + ".png");
    EXPECT_EQ(sticker.status, 200);
    EXPECT_EQ(entry.at("size_bytes").as_int64(), static_cast<std::int64_t>(sticker.body.size()));
    EXPECT_GE(entry.at("size_bytes").as_int64(), last_size);
    last_size = entry.at("size_bytes").as_int64();
  }
  EXPECT_EQ(count, 3);
  std::string owner = read_file(store() / "LOCK");
  owner.pop_back();
  EXPECT_EQ(std::to_string(boost::json::parse(status.output).at("owner_process").as_int64()),
            owner);
  EXPECT_EQ(boost::json::parse(verified.output).at("good").as_int64(), 3);
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
