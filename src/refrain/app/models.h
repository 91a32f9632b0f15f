#pragma once

/// @file
/// The models behind the two services, as they are configured.

#include "refrain/app/settings.h"
#include "refrain/core/result.h"
#include "refrain/models/sticker/sticker_generator.h"
#include "refrain/models/text/predictor.h"

#include <boost/asio/thread_pool.hpp>

#include <memory>

namespace refrain::app {

/// The embedded predictor, as slow as the mission's if asked for. Fails if there is no model file,
/// naming where it was looked for.
Result<std::unique_ptr<Predictor>> make_predictor(const Settings& settings,
                                                  boost::asio::thread_pool& pool);

/// The mission's mock generator. Fails if there is no font to write with.
Result<std::unique_ptr<StickerGenerator>> make_sticker_generator(const Settings& settings,
                                                                 boost::asio::thread_pool& pool);

}  // namespace refrain::app
