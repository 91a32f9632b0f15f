/// @file
/// What a sticker costs, by style and step, and what other encoder settings would.

#include "refrain/models/sticker/png_encoder.h"
#include "refrain/models/sticker/sticker_artist.h"
#include "refrain/models/sticker/sticker_plan.h"
#include "refrain/models/sticker/webp_encoder.h"

#include <benchmark/benchmark.h>

#include <array>
#include <string>

namespace refrain {
namespace {

constexpr std::array kPrompts = {"happy blue cat",
                                 "Thank you!",
                                 "coffee first",
                                 "sleepy bear",
                                 "zorgblatt"};

StickerRequest request_of(benchmark::State& state, std::size_t number) {
  StickerRequest request(kPrompts[number % kPrompts.size()]);
  request.style = kAllStickerStyles[static_cast<std::size_t>(state.range(0))];
  request.size = static_cast<std::int32_t>(state.range(1));
  return request;
}

/// One picture, or an error in the benchmark's report.
RgbaImage draw(benchmark::State& state, const StickerArtist& artist, const StickerPlan& plan) {
  Result<RgbaImage> image = artist.draw(plan);
  if (image) return std::move(*image);
  state.SkipWithError(image.error().message().c_str());
  return {1, 1};
}

void plan(benchmark::State& state) {
  std::size_t number = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(plan_sticker(request_of(state, number++)));
}

void draw(benchmark::State& state) {
  const auto artist = StickerArtist::create();
  if (!artist) return state.SkipWithError(artist.error().message().c_str());
  std::size_t number = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(draw(state, **artist, plan_sticker(request_of(state, number++))));
  }
}

template <auto encoder>
void encode(benchmark::State& state) {
  const auto artist = StickerArtist::create();
  if (!artist) return state.SkipWithError(artist.error().message().c_str());
  std::vector<RgbaImage> images;
  for (std::size_t i = 0; i < kPrompts.size(); ++i) {
    images.push_back(draw(state, **artist, plan_sticker(request_of(state, i))));
  }
  std::size_t number = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    const Result<std::string> file = encoder(images[number++ % images.size()]);
    bytes += file ? file->size() : 0;
  }
  state.counters["bytes"] =
      benchmark::Counter(static_cast<double>(bytes), benchmark::Counter::kAvgIterations);
}

void open_fonts(benchmark::State& state) {
  for (auto _ : state) {
    const auto artist = StickerArtist::create();
    if (!artist) return state.SkipWithError(artist.error().message().c_str());
    benchmark::DoNotOptimize(artist);
  }
}

void styles_and_sizes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"style", "size"})->Unit(benchmark::kMillisecond);
  for (const int style : {1, 2, 3})
    bench->Args({style, 512});
  bench->Args({2, 128})->Args({2, 1024});
}

BENCHMARK(plan)->ArgNames({"style", "size"})->Args({0, 512})->Unit(benchmark::kMicrosecond);
BENCHMARK(draw)->Apply(styles_and_sizes);
BENCHMARK(encode<encode_png>)->Apply(styles_and_sizes);
BENCHMARK(encode<encode_webp>)->Apply(styles_and_sizes);
BENCHMARK(open_fonts)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace refrain
