#include "refrain/memory/policy/ghost_table.h"

#include "memory/policy/workloads.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>

namespace refrain {
namespace {

using testing::hash_of;

TEST(GhostTable, RemembersMostOfTheLastAndNoneOfTheOlder) {
  constexpr std::uint64_t kCapacity = 10'000;
  constexpr std::uint64_t kAdded = 5 * kCapacity;
  GhostTable ghosts(kCapacity);
  for (std::uint64_t key = 0; key < kAdded; ++key)
    ghosts.add(hash_of(key));

  std::uint64_t remembered = 0;
  std::uint64_t older = 0;
  for (std::uint64_t key = 0; key < kAdded; ++key)
    if (ghosts.take(hash_of(key))) ++(key < kAdded - kCapacity ? older : remembered);

  EXPECT_GT(remembered, kCapacity * 9 / 10);
  EXPECT_EQ(older, 0);
}

TEST(GhostTable, RemembersTheNewerHalfAlmostWhole) {
  constexpr std::uint64_t kCapacity = 10'000;
  GhostTable ghosts(kCapacity);
  for (std::uint64_t key = 0; key < 5 * kCapacity; ++key)
    ghosts.add(hash_of(key));

  std::uint64_t remembered = 0;
  for (std::uint64_t key = 5 * kCapacity - kCapacity / 2; key < 5 * kCapacity; ++key)
    if (ghosts.take(hash_of(key))) ++remembered;

  EXPECT_GT(remembered, kCapacity / 2 * 99 / 100);
}

TEST(GhostTable, RemembersAsManyOfTheKeysOfOneShard) {
  // Keys whose hashes have some bits in common, as all those of a shard or of a sample have.
  for (const unsigned shift : {0U, 8U, 32U, 40U, 56U}) {
    constexpr std::uint64_t kCapacity = 4000;
    const auto in_shard = [shift](std::uint64_t key) {
      return hash_of(key) & ~(std::uint64_t{63} << shift);
    };
    GhostTable ghosts(kCapacity);
    for (std::uint64_t key = 0; key < kCapacity; ++key)
      ghosts.add(in_shard(key));

    std::uint64_t remembered = 0;
    for (std::uint64_t key = 0; key < kCapacity; ++key)
      if (ghosts.take(in_shard(key))) ++remembered;

    EXPECT_GT(remembered, kCapacity * 9 / 10) << "bits from " << shift;
  }
}

TEST(GhostTable, AKeyIsTakenOnce) {
  GhostTable ghosts(100);
  ghosts.add(hash_of(1));

  EXPECT_TRUE(ghosts.take(hash_of(1)));
  EXPECT_FALSE(ghosts.take(hash_of(1)));
}

TEST(GhostTable, AKeyThatWasAddedTwiceIsTakenOnce) {
  // One row: keys that were taken leave free places before the others'.
  GhostTable ghosts(4);
  for (std::uint64_t key = 0; key < 4; ++key)
    ghosts.add(hash_of(key));
  ASSERT_TRUE(ghosts.take(hash_of(0)));

  ghosts.add(hash_of(3));

  EXPECT_TRUE(ghosts.take(hash_of(3)));
  EXPECT_FALSE(ghosts.take(hash_of(3)));
}

TEST(GhostTable, AKeyThatIsAddedAgainIsYoungAgain) {
  GhostTable ghosts(4);
  for (const std::uint64_t key : {0U, 1U, 2U, 0U, 3U, 4U})
    ghosts.add(hash_of(key));

  EXPECT_TRUE(ghosts.take(hash_of(0)));
  EXPECT_FALSE(ghosts.take(hash_of(1)));
  EXPECT_TRUE(ghosts.take(hash_of(2)));
}

TEST(GhostTable, WithoutCapacityRemembersNothing) {
  GhostTable ghosts(0);

  ghosts.add(hash_of(1));

  EXPECT_FALSE(ghosts.take(hash_of(1)));
  EXPECT_LE(ghosts.bytes(), 64);
}

TEST(GhostTable, TakesTenBytesAKeyWhateverTheNumber) {
  for (const std::size_t capacity : {1000U, 1025U, 70'000U, 131'073U})
    EXPECT_LE(GhostTable(capacity).bytes(), capacity * 10 + 64) << capacity;
}

TEST(GhostTable, AResizedOneHasForgottenEverything) {
  GhostTable ghosts(100);
  ghosts.add(hash_of(1));

  ghosts.resize(200);

  EXPECT_FALSE(ghosts.take(hash_of(1)));
}

}  // namespace
}  // namespace refrain
