#include "refrain/redis/client/cluster_slot.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace refrain {
namespace {

// The check value of CRC-16/XMODEM, which the specification of Redis Cluster names.
TEST(ClusterSlot, IsTheCrcOfTheKey) {
  EXPECT_EQ(cluster_slot("123456789"), 0x31c3);
}

// As a server answers CLUSTER KEYSLOT.
TEST(ClusterSlot, IsWhatServersSay) {
  EXPECT_EQ(cluster_slot(""), 0);
  EXPECT_EQ(cluster_slot("foo"), 12182);
  EXPECT_EQ(cluster_slot("bar"), 5061);
  EXPECT_EQ(cluster_slot("hello"), 866);
}

TEST(ClusterSlot, IsBelowTheNumberOfSlots) {
  for (int i = 0; i < 100'000; ++i)
    ASSERT_LT(cluster_slot(std::to_string(i)), kClusterSlots);
}

TEST(ClusterSlot, CountsOnlyTheHashTag) {
  EXPECT_EQ(cluster_slot("{user1000}.following"), cluster_slot("user1000"));
  EXPECT_EQ(cluster_slot("a{user1000}.followers"), cluster_slot("user1000"));
}

TEST(ClusterSlot, EndsTheHashTagAtTheFirstBraceThatCloses) {
  EXPECT_EQ(cluster_slot("foo{bar}{zap}"), cluster_slot("bar"));
  EXPECT_EQ(cluster_slot("foo{{bar}}zap"), cluster_slot("{bar"));
}

TEST(ClusterSlot, CountsTheWholeKeyWithoutATag) {
  EXPECT_NE(cluster_slot("foo{}{bar}"), cluster_slot("bar"));
  EXPECT_NE(cluster_slot("foo{bar"), cluster_slot("bar"));
  EXPECT_NE(cluster_slot("}foo{bar"), cluster_slot("bar"));
}

TEST(ClusterSlot, HasATagForEverySlot) {
  for (std::size_t slot = 0; slot < kClusterSlots; slot += 1 + slot / 7) {
    const auto number = static_cast<std::uint16_t>(slot);
    EXPECT_EQ(cluster_slot("a{" + cluster_tag(number) + "}"), number);
  }
  EXPECT_EQ(cluster_slot(cluster_tag(kClusterSlots - 1)), kClusterSlots - 1);
}

}  // namespace
}  // namespace refrain
