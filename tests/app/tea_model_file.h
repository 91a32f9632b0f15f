#pragma once

/// @file
/// A text model that loads in no time.

#include "models/text/lm_bin_writer.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace refrain::testing {

/// Writes the thirteen-word model into `folder` and returns where.
inline std::filesystem::path write_tea_model(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "tea.lm.bin";
  std::ofstream file(path, std::ios::binary);
  file << tea_model().write();
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
  return path;
}

}  // namespace refrain::testing
