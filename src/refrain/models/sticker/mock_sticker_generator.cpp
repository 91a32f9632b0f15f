#include "refrain/models/sticker/mock_sticker_generator.h"

#include "refrain/core/offload.h"
#include "refrain/models/sticker/png_encoder.h"
#include "refrain/models/sticker/split_mix64.h"
#include "refrain/models/sticker/sticker_plan.h"
#include "refrain/models/sticker/webp_encoder.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <string>
#include <utility>

namespace refrain {
namespace {

using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>,
                                                Executor>;

Result<Sticker> make_sticker(const StickerArtist& artist, const StickerRequest& request) {
  const Result<RgbaImage> image = artist.draw(plan_sticker(request));
  if (!image) return fail(image.error());
  Result<std::string> file =
      request.format == ImageFormat::kPng ? encode_png(*image) : encode_webp(*image);
  if (!file) return fail(std::move(file).error());
  return Sticker(std::move(*file), request.format);
}

}  // namespace

MockStickerGenerator::MockStickerGenerator(boost::asio::thread_pool& pool,
                                           const Options& options,
                                           std::unique_ptr<StickerArtist> artist)
    : pool_(pool),
      min_delay_(options.min_delay),
      max_delay_(options.max_delay),
      delay_state_(options.delay_seed),
      artist_(std::move(artist)) {}

Result<std::unique_ptr<MockStickerGenerator>> MockStickerGenerator::create(
    boost::asio::thread_pool& pool,
    const Options& options) {
  if (options.min_delay.count() < 0 || options.max_delay < options.min_delay) {
    return fail(ErrorCode::kInvalidArgument, "the shortest delay is negative or above the longest");
  }
  Result<std::unique_ptr<StickerArtist>> artist = StickerArtist::create(options.fonts);
  if (!artist) return fail(std::move(artist).error());
  return std::unique_ptr<MockStickerGenerator>(
      new MockStickerGenerator(pool, options, std::move(*artist)));
}

std::chrono::milliseconds MockStickerGenerator::next_delay() {
  const std::uint64_t state =
      delay_state_.fetch_add(SplitMix64::kIncrement, std::memory_order_relaxed);
  const auto span = static_cast<std::uint64_t>((max_delay_ - min_delay_).count()) + 1;
  return min_delay_ + std::chrono::milliseconds(SplitMix64(state).next() % span);
}

Task<Result<Sticker>> MockStickerGenerator::generate(StickerRequest request) {
  const Result<void> validity = validate(request);
  if (!validity) co_return fail(validity.error());
  const std::chrono::milliseconds delay = next_delay();
  if (delay.count() > 0) {
    Timer timer(co_await boost::asio::this_coro::executor, delay);
    const auto [error] = co_await timer.async_wait(kAsTuple);
    if (error) co_return fail(ErrorCode::kCancelled, "the generation was given up");
  }
  auto work = [artist = artist_, request = std::move(request)] {
    return make_sticker(*artist, request);
  };
  Result<Sticker> sticker = co_await offload(pool_, std::move(work));
  co_return sticker;
}

}  // namespace refrain
