#include "refrain/models/sticker/sticker_artist.h"

#include "refrain/core/hex.h"
#include "refrain/core/sha256.h"

#include "models/sticker/decoded_image.h"
#include "models/sticker/hostile_prompts.h"
#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <latch>
#include <set>
#include <stdexcept>
#include <thread>

namespace refrain {
namespace {

std::unique_ptr<StickerArtist> make_artist(const FontOptions& options = {}) {
  Result<std::unique_ptr<StickerArtist>> artist = StickerArtist::create(options);
  if (!artist) throw std::runtime_error(artist.error().message());
  return std::move(*artist);
}

RgbaImage drawn(const StickerArtist& artist, const StickerPlan& plan) {
  Result<RgbaImage> image = artist.draw(plan);
  if (!image) throw std::runtime_error(image.error().message());
  return std::move(*image);
}

std::string digest(const RgbaImage& image) {
  const auto pixels = image.pixels();
  return to_hex(
      sha256(std::string_view(reinterpret_cast<const char*>(pixels.data()), pixels.size())));
}

StickerPlan plan_of(const std::string& prompt, StickerStyle style, std::int32_t size) {
  StickerRequest request(prompt);
  request.style = style;
  request.size = size;
  return plan_sticker(request);
}

void expect_sticker(const RgbaImage& image, std::int32_t size) {
  EXPECT_EQ(image.width(), static_cast<std::size_t>(size));
  EXPECT_EQ(image.height(), static_cast<std::size_t>(size));
  EXPECT_TRUE(testing::has_transparent_corners(image));
  EXPECT_GT(testing::opaque_share(image), 0.15);
  EXPECT_LT(testing::opaque_share(image), 0.95);
}

TEST(StickerArtist, DrawsEveryStyleInEverySize) {
  const auto artist = make_artist();
  for (const StickerStyle style : kAllStickerStyles) {
    for (const std::int32_t size : {64, 65, 100, 255, 256, 257, 512, 1024}) {
      SCOPED_TRACE(std::string(to_string(style)) + " " + std::to_string(size));
      expect_sticker(drawn(*artist, plan_of("sleepy blue cat", style, size)), size);
    }
  }
}

TEST(StickerArtist, DrawsEveryFigureInEveryMood) {
  const auto artist = make_artist();
  std::set<std::string> pictures;
  StickerPlan plan = plan_of("hello", StickerStyle::kMascot, 96);
  for (const Mood mood : kAllMoods) {
    plan.mood = mood;
    plan.layout = Layout::kMascot;
    for (const Creature creature : kAllCreatures) {
      plan.figure = creature;
      pictures.insert(digest(drawn(*artist, plan)));
    }
    plan.layout = Layout::kBadge;
    for (const Emblem emblem : kAllEmblems) {
      plan.figure = emblem;
      pictures.insert(digest(drawn(*artist, plan)));
    }
  }

  EXPECT_EQ(pictures.size(),
            std::size(kAllMoods) * (std::size(kAllCreatures) + std::size(kAllEmblems)));
}

TEST(StickerArtist, CutsNothingOffAtTheBorder) {
  const auto artist = make_artist();
  for (int i = 0; i < 24; ++i) {
    const RgbaImage image =
        drawn(*artist, plan_of("gypsy jay " + std::to_string(i), StickerStyle::kAuto, 128));
    for (std::size_t k = 0; k < 128; ++k) {
      const int most = std::max({image.pixel(k, 0)[3],
                                 image.pixel(k, 127)[3],
                                 image.pixel(0, k)[3],
                                 image.pixel(127, k)[3]});
      EXPECT_LE(most, 24) << "picture " << i << ", pixel " << k;
    }
  }
}

TEST(StickerArtist, GivesEachPromptAPictureOfItsOwn) {
  const auto artist = make_artist();
  std::set<std::string> pictures;
  for (int i = 0; i < 200; ++i) {
    pictures.insert(
        digest(drawn(*artist, plan_of("prompt " + std::to_string(i), StickerStyle::kAuto, 64))));
  }

  EXPECT_EQ(pictures.size(), 200U);
}

TEST(StickerArtist, GivesPromptsWithoutReadableTextPicturesOfTheirOwn) {
  const auto artist = make_artist();
  std::set<std::string> pictures;
  for (int i = 1; i <= 30; ++i) {
    pictures.insert(
        digest(drawn(*artist, plan_of(testing::repeated("😶", i), StickerStyle::kAuto, 96))));
  }

  EXPECT_EQ(pictures.size(), 30U);
}

TEST(StickerArtist, DrawsHostilePromptsInEveryStyle) {
  const auto artist = make_artist();
  for (const std::string& prompt : testing::hostile_prompts()) {
    for (const StickerStyle style :
         {StickerStyle::kBubble, StickerStyle::kMascot, StickerStyle::kBadge}) {
      SCOPED_TRACE(prompt.substr(0, 40));
      expect_sticker(drawn(*artist, plan_of(prompt, style, 96)), 96);
    }
  }
}

TEST(StickerArtist, DrawsTheSameOnFourThreadsAtOnce) {
  constexpr int kThreads = 4;
  constexpr int kPictures = 6;
  const auto artist = make_artist();
  const auto digests = [&artist] {
    std::vector<std::string> all;
    for (int i = 0; i < kPictures; ++i) {
      all.push_back(digest(drawn(
          *artist, plan_of("مرحبا thread Привет " + std::to_string(i), StickerStyle::kAuto, 96))));
    }
    return all;
  };
  std::vector<std::vector<std::string>> by_thread(kThreads);
  std::latch start(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      start.arrive_and_wait();
      by_thread[static_cast<std::size_t>(i)] = digests();
    });
  }
  for (std::thread& thread : threads)
    thread.join();

  const std::vector<std::string> alone = digests();

  for (const std::vector<std::string>& result : by_thread)
    EXPECT_EQ(result, alone);
}

TEST(StickerArtist, DrawsTheSameWithAnotherArtistsFonts) {
  const StickerPlan plan = plan_of("two artists", StickerStyle::kAuto, 96);

  EXPECT_EQ(digest(drawn(*make_artist(), plan)), digest(drawn(*make_artist(), plan)));
}

TEST(StickerArtist, DoesWithoutTheSystemsFonts) {
  FontOptions options;
  options.directories.clear();
  options.cache_directory.clear();
  const auto artist = make_artist(options);

  expect_sticker(drawn(*artist, plan_of("bundled only", StickerStyle::kBubble, 128)), 128);
  expect_sticker(drawn(*artist, plan_of("字字字", StickerStyle::kBubble, 128)), 128);
}

TEST(StickerArtist, IsUnavailableWithoutAnyFont) {
  const testing::TempDir empty;
  FontOptions options;
  options.files = {(empty.path() / "missing.ttf").string()};
  options.directories = {(empty.path() / "<&none>").string()};

  const Result<std::unique_ptr<StickerArtist>> artist = StickerArtist::create(options);

  ASSERT_FALSE(artist.has_value());
  EXPECT_EQ(artist.error().code(), ErrorCode::kUnavailable);
}

TEST(StickerArtist, RefusesSizesThatNoRequestMayHave) {
  const auto artist = make_artist();
  StickerPlan plan = plan_of("a cat", StickerStyle::kAuto, 64);
  for (const std::int32_t size : {-1, 0, 63, 1025, 1 << 30}) {
    plan.size = size;

    const Result<RgbaImage> image = artist->draw(plan);

    ASSERT_FALSE(image.has_value());
    EXPECT_EQ(image.error().code(), ErrorCode::kUnprocessable);
  }
}

}  // namespace
}  // namespace refrain
