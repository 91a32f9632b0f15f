#include "refrain/models/sticker/mock_sticker_generator.h"

#include "models/sticker/decoded_image.h"
#include "models/sticker/hostile_prompts.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <memory>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace refrain {
namespace {

using std::chrono::milliseconds;
using testing::run;

MockStickerGenerator::Options without_delay() {
  MockStickerGenerator::Options options;
  options.min_delay = milliseconds(0);
  options.max_delay = milliseconds(0);
  return options;
}

// A loop is declared before the pool in every test, so that it is destroyed after the pool has been
// joined: a pool's thread may still be within the loop's `post` when the caller has its answer
// already.
std::unique_ptr<MockStickerGenerator> make_generator(
    boost::asio::thread_pool& pool,
    const MockStickerGenerator::Options& options = without_delay()) {
  Result<std::unique_ptr<MockStickerGenerator>> generator =
      MockStickerGenerator::create(pool, options);
  if (!generator) throw std::runtime_error(generator.error().message());
  return std::move(*generator);
}

StickerRequest small_request(const std::string& prompt) {
  StickerRequest request(prompt);
  request.size = 96;
  return request;
}

TEST(MockStickerGenerator, SaysWhoseItIs) {
  boost::asio::thread_pool pool(1);
  const auto generator = make_generator(pool);

  EXPECT_FALSE(generator->model().empty());
  EXPECT_FALSE(generator->model_version().empty());
}

TEST(MockStickerGenerator, AnswersWithAPngOfTheSizeAskedFor) {
  boost::asio::io_context loop(1);
  boost::asio::thread_pool pool(1);
  const auto generator = make_generator(pool);

  const Result<Sticker> sticker = run(loop, generator->generate(StickerRequest("sunny day")));

  ASSERT_TRUE(sticker.has_value());
  EXPECT_EQ(sticker->format, ImageFormat::kPng);
  EXPECT_GT(sticker->bytes.size(), 5'000U);
  EXPECT_LT(sticker->bytes.size(), 150'000U);
  const RgbaImage image = testing::decode_png(sticker->bytes);
  ASSERT_EQ(image.width(), 512U);
  ASSERT_EQ(image.height(), 512U);
  EXPECT_TRUE(testing::has_transparent_corners(image));
}

TEST(MockStickerGenerator, AnswersWithAWebpOfTheSizeAskedFor) {
  boost::asio::io_context loop(1);
  boost::asio::thread_pool pool(1);
  const auto generator = make_generator(pool);
  StickerRequest request("sunny day");
  request.format = ImageFormat::kWebp;

  const Result<Sticker> sticker = run(loop, generator->generate(request));

  ASSERT_TRUE(sticker.has_value());
  EXPECT_EQ(sticker->format, ImageFormat::kWebp);
  EXPECT_LT(sticker->bytes.size(), 100'000U);
  const RgbaImage image = testing::decode_webp(sticker->bytes);
  ASSERT_EQ(image.width(), 512U);
  ASSERT_EQ(image.height(), 512U);
  EXPECT_TRUE(testing::has_transparent_corners(image));
}

TEST(MockStickerGenerator, GivesEqualBytesForEqualRequests) {
  boost::asio::io_context loop(1);
  boost::asio::thread_pool pool(1);
  const auto first = make_generator(pool);
  const auto second = make_generator(pool);
  for (const ImageFormat format : {ImageFormat::kPng, ImageFormat::kWebp}) {
    StickerRequest request = small_request("a green dragon");
    request.format = format;

    const Result<Sticker> one = run(loop, first->generate(request));
    const Result<Sticker> again = run(loop, first->generate(request));
    const Result<Sticker> other = run(loop, second->generate(request));

    ASSERT_TRUE(one && again && other);
    EXPECT_EQ(one->bytes, again->bytes);
    EXPECT_EQ(one->bytes, other->bytes);
  }
}

TEST(MockStickerGenerator, GivesOtherBytesForEveryOtherRequest) {
  boost::asio::io_context loop(1);
  boost::asio::thread_pool pool(1);
  const auto generator = make_generator(pool);
  std::vector<StickerRequest> requests;
  for (const char* prompt : {"a cat", "a cat ", "A cat", "a dog"})
    requests.push_back(small_request(prompt));
  for (const std::int32_t variant : {1, 2, StickerRequest::kMaxVariant}) {
    requests.push_back(small_request("a cat"));
    requests.back().variant = variant;
  }
  for (const std::uint64_t seed : {0UL, 1UL, ~0UL}) {
    requests.push_back(small_request("a cat"));
    requests.back().seed = seed;
  }
  requests.push_back(small_request("a cat"));
  requests.back().style = StickerStyle::kMascot;

  std::set<std::string> files;
  for (const StickerRequest& request : requests) {
    const Result<Sticker> sticker = run(loop, generator->generate(request));
    ASSERT_TRUE(sticker.has_value());
    files.insert(sticker->bytes);
  }

  EXPECT_EQ(files.size(), requests.size());
}

TEST(MockStickerGenerator, RefusesAnInvalidRequestAtOnce) {
  boost::asio::io_context loop(1);
  boost::asio::thread_pool pool(1);
  MockStickerGenerator::Options options;
  options.min_delay = std::chrono::hours(1);
  options.max_delay = std::chrono::hours(1);
  const auto generator = make_generator(pool, options);
  StickerRequest request("a cat");
  request.variant = -1;

  const Result<Sticker> sticker = run(loop, generator->generate(request));

  ASSERT_FALSE(sticker.has_value());
  EXPECT_EQ(sticker.error().field(), "variant");
}

TEST(MockStickerGenerator, AnswersHostilePrompts) {
  boost::asio::io_context loop(1);
  boost::asio::thread_pool pool(2);
  const auto generator = make_generator(pool);
  for (const std::string& prompt : testing::hostile_prompts()) {
    EXPECT_TRUE(run(loop, generator->generate(small_request(prompt))).has_value())
        << prompt.substr(0, 40);
  }
}

TEST(MockStickerGenerator, KeepsDelaysWithinTheirRange) {
  boost::asio::thread_pool pool(1);
  MockStickerGenerator::Options options;
  options.min_delay = milliseconds(100);
  options.max_delay = milliseconds(103);
  const auto generator = make_generator(pool, options);

  std::set<milliseconds> delays;
  for (int i = 0; i < 200; ++i)
    delays.insert(generator->next_delay());

  EXPECT_EQ(delays,
            (std::set{milliseconds(100), milliseconds(101), milliseconds(102), milliseconds(103)}));
}

TEST(MockStickerGenerator, TakesItsDelaysFromTheSeed) {
  boost::asio::thread_pool pool(1);
  MockStickerGenerator::Options options;
  const auto delays = [&](std::uint64_t seed) {
    options.delay_seed = seed;
    const auto generator = make_generator(pool, options);
    return std::vector{generator->next_delay(), generator->next_delay(), generator->next_delay()};
  };

  EXPECT_EQ(delays(1), delays(1));
  EXPECT_NE(delays(1), delays(2));
}

TEST(MockStickerGenerator, WaitsForItsDelay) {
  boost::asio::io_context loop(1);
  boost::asio::thread_pool pool(1);
  MockStickerGenerator::Options options;
  options.min_delay = milliseconds(40);
  options.max_delay = milliseconds(40);
  const auto generator = make_generator(pool, options);
  const auto start = std::chrono::steady_clock::now();

  const Result<Sticker> sticker = run(loop, generator->generate(small_request("a cat")));

  EXPECT_TRUE(sticker.has_value());
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(40));
}

TEST(MockStickerGenerator, RefusesImpossibleDelays) {
  boost::asio::thread_pool pool(1);
  MockStickerGenerator::Options crossed;
  crossed.max_delay = milliseconds(1);
  MockStickerGenerator::Options negative;
  negative.min_delay = milliseconds(-1);

  for (const auto& options : {crossed, negative}) {
    const auto generator = MockStickerGenerator::create(pool, options);
    ASSERT_FALSE(generator.has_value());
    EXPECT_EQ(generator.error().code(), ErrorCode::kInvalidArgument);
  }
}

TEST(MockStickerGenerator, ServesSeveralLoopsAtOnce) {
  std::array<boost::asio::io_context, 4> loops;
  boost::asio::thread_pool pool(4);
  const auto generator = make_generator(pool);
  std::array<std::string, 4> files;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < loops.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 3; ++k) {
        const StickerRequest request = small_request("loop " + std::to_string(k));
        const Result<Sticker> sticker = run(loops[i], generator->generate(request));
        if (sticker) files[i] += sticker->bytes;
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();

  EXPECT_FALSE(files[0].empty());
  for (const std::string& file : files)
    EXPECT_EQ(file, files[0]);
}

}  // namespace
}  // namespace refrain
