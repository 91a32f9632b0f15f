#pragma once

/// @file
/// The model of Debian's package pocketsphinx-en-us, which tools/install_dependencies.sh installs.

#include "refrain/models/text/model_file.h"
#include "refrain/models/text/ngram_model.h"

#include <memory>
#include <stdexcept>

namespace refrain::testing {

/// Loaded once per process. Throws, and so fails the test, if it is missing.
inline std::shared_ptr<const NgramModel> debian_model() {
  static const std::shared_ptr<const NgramModel> model = [] {
    Result<NgramModel> opened = NgramModel::open(kDebianModelFile);
    if (!opened) throw std::runtime_error(opened.error().message());
    return std::make_shared<const NgramModel>(std::move(*opened));
  }();
  return model;
}

}  // namespace refrain::testing
