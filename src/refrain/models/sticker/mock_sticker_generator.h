#pragma once

/// @file
/// The stand-in for a diffusion model: as slow as one, and as willing to draw anything.

#include "refrain/models/sticker/font_options.h"
#include "refrain/models/sticker/sticker_artist.h"
#include "refrain/models/sticker/sticker_generator.h"

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

namespace refrain {

/// Waits as long as a model on a GPU would take, then draws a sticker of its own for each prompt.
/// Equal requests give equal bytes; only the delay is random.
///
/// Thread safety: as `StickerGenerator`. The delay waits on the caller's loop, the drawing runs on
/// the pool. Ownership: the pool outlives the generator and its calls.
class MockStickerGenerator final : public StickerGenerator {
public:
  struct Options {
    std::chrono::milliseconds min_delay{1000};  ///< The shortest simulated generation; 0 for none.
    std::chrono::milliseconds max_delay{3000};  ///< The longest. Not below `min_delay`.
    std::uint64_t delay_seed = 0;  ///< The delays' randomness. Equal seeds, equal delays in order.
    FontOptions fonts;
  };

  /// Fails with `kInvalidArgument` if the delays are negative or crossed, or as
  /// `StickerArtist::create` does.
  static Result<std::unique_ptr<MockStickerGenerator>> create(boost::asio::thread_pool& pool,
                                                              const Options& options);

  [[nodiscard]] Task<Result<Sticker>> generate(StickerRequest request) override;
  [[nodiscard]] std::string_view model() const override { return "mock-diffusion"; }
  [[nodiscard]] std::string_view model_version() const override { return "1"; }

  /// How long the next call would wait, then the one after it, and so on.
  std::chrono::milliseconds next_delay();

private:
  MockStickerGenerator(boost::asio::thread_pool& pool,
                       const Options& options,
                       std::unique_ptr<StickerArtist> artist);

  boost::asio::thread_pool& pool_;
  std::chrono::milliseconds min_delay_;
  std::chrono::milliseconds max_delay_;
  std::atomic<std::uint64_t> delay_state_;
  std::shared_ptr<const StickerArtist> artist_;  // shared with drawings whose caller has gone away
};

}  // namespace refrain
