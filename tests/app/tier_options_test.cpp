#include "app/option_rig.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace refrain::app {
namespace {

TEST(TierOptions, HaveTheMissionsSizes) {
  const Settings defaults;

  EXPECT_EQ(defaults.text_memory_items, 1000U);
  EXPECT_EQ(defaults.text_memory_ttl, std::chrono::seconds(3600));
  EXPECT_EQ(defaults.sticker_memory_items, 100U);
  EXPECT_EQ(defaults.sticker_memory_bytes, 100U << 20U);
  EXPECT_EQ(defaults.sticker_memory_ttl, std::chrono::seconds(3600));
  EXPECT_EQ(defaults.disk_directory, "sticker_cache");
  EXPECT_EQ(defaults.disk_bytes, std::int64_t{1} << 30U);
  EXPECT_EQ(defaults.disk_ttl, std::chrono::seconds(86400));
}

TEST(TierOptions, LeaveRoomOnTheDiskAndLoseLittleByDefault) {
  EXPECT_EQ(option("REFRAIN_DISK_DURABILITY").show(Settings()), "interval");
  EXPECT_EQ(option("REFRAIN_DISK_TRANSFER").show(Settings()), "sendfile");
  EXPECT_EQ(option("REFRAIN_DISK_FREE_FLOOR").show(Settings()), "104857600");
  EXPECT_EQ(option("REFRAIN_DISK_THREADS").show(Settings()), "4");
  EXPECT_EQ(option("REFRAIN_DISK_READ_BUDGET").show(Settings()), "1000");
  EXPECT_EQ(option("REFRAIN_DISK_QUEUE_BYTES").show(Settings()), "67108864");
}

TEST(TierOptions, RefuseADiskThatHoldsNothingUnlessItIsOff) {
  const auto read = [](std::string_view value) {
    Settings settings;
    const Result<void> done = option("REFRAIN_DISK_BYTES").read(settings, value);
    return done ? std::to_string(settings.disk_bytes) : done.error().message();
  };

  EXPECT_EQ(read("0"), "0");
  EXPECT_EQ(read("1"), "must be 0 (off) or at least 65536 bytes");
  EXPECT_EQ(read("65535"), "must be 0 (off) or at least 65536 bytes");
  EXPECT_EQ(read("64KiB"), "65536");
  EXPECT_EQ(read("2GB"), "2000000000");
  EXPECT_EQ(read("many"), "must be a number of bytes such as 500000, 100MB or 1GiB");
}

TEST(TierOptions, SayWhatIsAllowed) {
  EXPECT_EQ(complaint("REFRAIN_DISK", "maybe"), "must be on or off");
  EXPECT_EQ(complaint("REFRAIN_DISK_DURABILITY", "often"), "must be one of none, interval, always");
  EXPECT_EQ(complaint("REFRAIN_DISK_TRANSFER", "mmap"), "must be one of sendfile, copy");
  EXPECT_EQ(complaint("REFRAIN_DISK_THREADS", "0"), "must be a whole number from 1 to 1024");
  EXPECT_EQ(complaint("REFRAIN_DISK_READ_BUDGET", "0"), "must be a whole number from 1 to 60000");
  EXPECT_EQ(complaint("REFRAIN_DISK_FREE_FLOOR", "-1"),
            "must be a number of bytes such as 500000, 100MB or 1GiB");
  EXPECT_EQ(complaint("REFRAIN_DISK_QUEUE_BYTES", "0"),
            "must be from 65536 to 1099511627776 bytes");
}

}  // namespace
}  // namespace refrain::app
