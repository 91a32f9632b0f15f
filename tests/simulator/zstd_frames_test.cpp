#include "refrain/simulator/zstd_frames.h"

#include "simulator/sample_trace.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace refrain {
namespace {

using namespace std::string_literals;

bool is_whole(const std::string& bytes) {
  std::istringstream file(bytes);
  return are_whole_zstd_frames(file);
}

TEST(ZstdFrames, AreWholeUpToTheLastByte) {
  std::string text;
  for (int i = 0; i < 50'000; ++i)
    text += std::to_string(i * 31);
  const std::string frame = testing::zstd_compressed(text);

  EXPECT_TRUE(is_whole(frame));
  EXPECT_TRUE(is_whole(frame + frame));
  for (std::size_t size = 0; size < frame.size(); size += 97)
    EXPECT_FALSE(is_whole(frame.substr(0, size))) << size;
  EXPECT_FALSE(is_whole(frame + frame.substr(0, frame.size() - 1)));
  EXPECT_FALSE(is_whole(frame + "x"));
}

TEST(ZstdFrames, MayHaveSizesChecksumsAndRepeatedBytes) {
  const std::string magic = "\x28\xB5\x2F\xFD";
  // A single segment with a size of one byte and a checksum; one raw block, the last, of two bytes.
  EXPECT_TRUE(is_whole(magic + "\x24\x02" + "\x11\0\0"s + "ab" + "1234"));
  EXPECT_FALSE(is_whole(magic + "\x24\x02" + "\x11\0\0"s + "ab" + "123"));
  // A window, no checksum; a byte that stands for nine, the last block.
  EXPECT_TRUE(is_whole(magic + "\0\x40"s + "\x4B\0\0"s + "a"));
  EXPECT_FALSE(is_whole(magic + "\0\x40"s + "\x4B\0\0"s));
}

TEST(ZstdFrames, MayBeSkippable) {
  const std::string skippable = "\x5A\x2A\x4D\x18\x03\0\0\0"s;

  EXPECT_TRUE(is_whole(skippable + "abc"));
  EXPECT_FALSE(is_whole(skippable + "ab"));
}

}  // namespace
}  // namespace refrain
