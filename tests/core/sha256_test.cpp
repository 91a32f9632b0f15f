#include "refrain/core/sha256.h"

#include "refrain/core/hex.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace refrain {
namespace {

std::string hex_digest(std::string_view bytes) {
  return to_hex(sha256(bytes));
}

// The examples of FIPS 180-4 (NIST's "SHA_All" example values), and the digest of nothing.
TEST(Sha256, GivesThePublishedDigests) {
  EXPECT_EQ(hex_digest(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex_digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex_digest(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, TakesAViewOfNothingAtAll) {
  EXPECT_EQ(hex_digest(std::string_view()), hex_digest(""));
}

TEST(Sha256, CountsZeroBytesLikeAnyOther) {
  EXPECT_NE(hex_digest(std::string_view("a\0", 2)), hex_digest("a"));
}

TEST(Sha256, OneCallLeavesNothingForTheNext) {
  const std::string first = hex_digest("abc");
  static_cast<void>(sha256("something else"));

  EXPECT_EQ(hex_digest("abc"), first);
}

TEST(Sha256, MayBeCalledFromManyThreadsAtOnce) {
  const Sha256Digest expected = sha256("abc");
  std::vector<int> wrong(4, 0);
  {
    std::vector<std::jthread> threads;
    for (int& count : wrong) {
      threads.emplace_back([&count, &expected] {
        for (int i = 0; i < 500; ++i)
          count += sha256("abc") == expected ? 0 : 1;
      });
    }
  }

  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

}  // namespace
}  // namespace refrain
