#include "refrain/simulator/synthetic_workload.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <vector>

namespace refrain {
namespace {

using Values = std::vector<std::tuple<std::uint64_t, std::uint32_t, float>>;

Values values(const Trace& trace) {
  Values all;
  for (const Trace::Request& request : trace.requests())
    all.emplace_back(request.hash, request.size, request.seconds);
  return all;
}

/// How often each key comes, from `begin` on.
std::map<std::uint64_t, std::size_t> counts(const Trace& trace, std::size_t begin = 0) {
  std::map<std::uint64_t, std::size_t> all;
  for (std::size_t i = begin; i < trace.requests().size(); ++i)
    ++all[trace.requests()[i].hash];
  return all;
}

TEST(SyntheticWorkload, IsFoundByItsName) {
  for (const SyntheticWorkload workload : kSyntheticWorkloads)
    EXPECT_EQ(synthetic_workload(name_of(workload)), workload);

  EXPECT_EQ(synthetic_workload("sticker"), std::nullopt);
}

TEST(SyntheticWorkload, IsTheSameForTheSameSeedAlone) {
  for (const SyntheticWorkload workload : kSyntheticWorkloads) {
    const Trace trace = make_trace(workload, 2000, 5);
    EXPECT_EQ(trace.requests().size(), 2000U);
    EXPECT_EQ(values(trace), values(make_trace(workload, 2000, 5)));
    const bool is_random = workload != SyntheticWorkload::kLoop;
    EXPECT_EQ(values(trace) != values(make_trace(workload, 2000, 6)), is_random);
  }
}

TEST(SyntheticWorkload, IsTheSameOnEveryMachine) {
  const Trace zipf = make_trace(SyntheticWorkload::kZipf, 4, 1);
  const Trace stickers = make_trace(SyntheticWorkload::kStickers, 4, 1);

  const Values golden_zipf{{10905525725756348110U, 1, 1},
                           {10905525725756348110U, 1, 1},
                           {16294208416658607535U, 1, 1},
                           {8308505138408314485U, 1, 1}};
  const Values golden_stickers{{14135772400868000056U, 68340, 0.208F},
                               {2324861979054413167U, 62360, 0.11F},
                               {16294208416658607535U, 214232, 1.419F},
                               {5537258298819676054U, 77147, 1.271F}};
  EXPECT_EQ(values(zipf), golden_zipf);
  EXPECT_EQ(values(stickers), golden_stickers);
}

TEST(SyntheticWorkload, ZipfAsksForTheFirstKeyInItsProportion) {
  const Trace trace = make_trace(SyntheticWorkload::kZipf, 200'000, 1);

  const auto found = counts(trace);

  // The first rank's share is 1 / H(100000, 0.99) = 7.86 %; the second has half of that.
  EXPECT_NEAR(static_cast<double>(found.at(hash_of_key(0))) / 200'000, 0.0786, 0.004);
  EXPECT_NEAR(static_cast<double>(found.at(hash_of_key(1))) / 200'000, 0.0396, 0.003);
  EXPECT_LE(found.size(), 100'000U);
}

TEST(SyntheticWorkload, StickersAreInTheirRanges) {
  const Trace trace = make_trace(SyntheticWorkload::kStickers, 100'000, 1);

  std::map<std::uint64_t, std::pair<std::uint32_t, float>> by_key;
  for (const Trace::Request& request : trace.requests()) {
    EXPECT_GE(request.size, 5'000U);
    EXPECT_LE(request.size, 300'000U);
    EXPECT_GE(request.seconds, 0.1F);
    EXPECT_LE(request.seconds, 30.0F);
    const std::pair value(request.size, request.seconds);
    EXPECT_EQ(by_key.try_emplace(request.hash, value).first->second, value);
  }
  EXPECT_TRUE(trace.has_sizes());
  EXPECT_TRUE(trace.has_seconds());
}

TEST(SyntheticWorkload, StickersHaveTheirMediansAndNothingConnectsThem) {
  const Trace trace = make_trace(SyntheticWorkload::kStickers, 100'000, 1);

  std::vector<std::uint32_t> sizes;
  std::vector<float> seconds;
  std::size_t both_large = 0;
  for (const Trace::Request& request : trace.requests()) {
    sizes.push_back(request.size);
    seconds.push_back(request.seconds);
  }
  std::set<std::uint64_t> seen;
  for (const Trace::Request& request : trace.requests())
    if (seen.insert(request.hash).second && request.size > 40'000 && request.seconds > 2)
      ++both_large;
  std::nth_element(sizes.begin(), sizes.begin() + 50'000, sizes.end());
  std::nth_element(seconds.begin(), seconds.begin() + 50'000, seconds.end());

  EXPECT_NEAR(sizes[50'000], 40'000, 8'000);
  EXPECT_NEAR(seconds[50'000], 2, 0.6);
  EXPECT_NEAR(static_cast<double>(both_large) / static_cast<double>(seen.size()), 0.25, 0.02);
}

TEST(SyntheticWorkload, EveryFifthStickerComesOnce) {
  const Trace trace = make_trace(SyntheticWorkload::kStickers, 100'000, 1);
  std::set<std::uint64_t> prompts;
  for (std::uint64_t key = 0; key < 20'000; ++key)
    prompts.insert(hash_of_key(key));

  std::size_t others = 0;
  for (const auto& [hash, count] : counts(trace)) {
    if (prompts.contains(hash)) continue;
    EXPECT_EQ(count, 1U);
    ++others;
  }

  EXPECT_NEAR(static_cast<double>(others) / 100'000, 0.2, 0.01);
}

TEST(SyntheticWorkload, LoopComesAgainAfterTenThousandKeys) {
  const Trace trace = make_trace(SyntheticWorkload::kLoop, 25'000, 1);

  EXPECT_EQ(trace.unique_keys(), 10'000U);
  for (std::size_t i = 10'000; i < 25'000; ++i)
    ASSERT_EQ(trace.requests()[i].hash, trace.requests()[i - 10'000].hash);
}

TEST(SyntheticWorkload, FloodIsZipfUntilHalfOfItIsHostile) {
  const Trace flood = make_trace(SyntheticWorkload::kFlood, 100'000, 1);
  const Trace zipf = make_trace(SyntheticWorkload::kZipf, 100'000, 1);
  std::set<std::uint64_t> known;
  for (std::uint64_t key = 0; key < 100'000; ++key)
    known.insert(hash_of_key(key));

  std::size_t hostile = 0;
  for (const auto& [hash, count] : counts(flood, 50'000)) {
    if (known.contains(hash)) continue;
    EXPECT_EQ(count, 1U);
    ++hostile;
  }

  for (std::size_t i = 0; i < 50'000; ++i)
    ASSERT_EQ(flood.requests()[i].hash, zipf.requests()[i].hash);
  EXPECT_NEAR(static_cast<double>(hostile) / 50'000, 0.5, 0.01);
}

}  // namespace
}  // namespace refrain
