#include "refrain/redis/client/announced_sources.h"

#include "redis/client/recording_source_listener.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace refrain {
namespace {

using testing::RecordingSourceListener;

RedisSource shard(std::uint16_t port, std::uint16_t slot) {
  RedisAddress address;
  address.host = "h";
  address.port = port;
  RedisSource source;
  source.kind = RedisSource::Kind::kShard;
  source.address = std::move(address);
  source.slot = slot;
  return source;
}

class AnnouncedSourcesTest : public ::testing::Test {
protected:
  void announce(std::vector<RedisSource> sources) {
    sources_.prepare(std::move(sources));
    sources_.finish();
  }

  RecordingSourceListener listener_;
  AnnouncedSources sources_;
};

TEST_F(AnnouncedSourcesTest, WhoBeginsToWatchHearsOfWhatThereIs) {
  announce({shard(1, 7)});

  sources_.watch(&listener_);

  EXPECT_EQ(listener_.changes, 1);
  EXPECT_EQ(listener_.sources, std::vector{shard(1, 7)});
}

TEST_F(AnnouncedSourcesTest, SaysThatThereWillBeAnotherOneBeforeItIs) {
  announce({shard(1, 7)});
  sources_.watch(&listener_);

  sources_.prepare({shard(1, 7), shard(2, 8)});
  EXPECT_EQ(listener_.changes, 2);
  EXPECT_EQ(listener_.sources.size(), 1U);
  sources_.finish();

  EXPECT_EQ(listener_.sources.size(), 2U);
}

TEST_F(AnnouncedSourcesTest, OneFewerIsAChangeToo) {
  announce({shard(1, 7), shard(2, 8)});
  sources_.watch(&listener_);

  announce({shard(2, 8)});

  EXPECT_EQ(listener_.changes, 2);
  EXPECT_EQ(listener_.sources.size(), 1U);
}

TEST_F(AnnouncedSourcesTest, WhatIsKnownOfTheSameOnesMayChange) {
  announce({shard(1, 7)});
  sources_.watch(&listener_);

  announce({shard(1, 9)});

  EXPECT_EQ(listener_.changes, 1);
  EXPECT_EQ(listener_.sources.front().slot, 9);
}

TEST_F(AnnouncedSourcesTest, SaysNothingWhenNothingHasChanged) {
  announce({shard(1, 7)});
  sources_.watch(&listener_);

  announce({shard(1, 7)});

  EXPECT_EQ(listener_.changes, 1);
  EXPECT_EQ(listener_.told, 1);
}

TEST_F(AnnouncedSourcesTest, NobodyHearsOfAnythingAfterTheWatchHasEnded) {
  sources_.watch(&listener_);
  sources_.watch(nullptr);

  announce({shard(1, 7)});

  EXPECT_EQ(listener_.changes, 1);
  EXPECT_TRUE(listener_.sources.empty());
}

}  // namespace
}  // namespace refrain
