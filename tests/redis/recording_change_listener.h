#pragma once

/// @file
/// What a feed of changes tells.

#include "refrain/cache/change_listener.h"

#include "support/sample_entry.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace refrain::testing {

/// Writes down what it is told, on one loop.
class RecordingChangeListener final : public ChangeListener {
public:
  void on_feed_up() override {
    is_up = true;
    ++ups;
  }
  void on_feed_down() override {
    is_up = false;
    ++downs;
  }
  void on_changed(CacheKey key) override { changed.push_back(key); }
  void on_all_changed() override { ++flushes; }
  void on_epoch_raised() override { ++epochs; }

  [[nodiscard]] bool has(std::string_view key) const {
    return std::find(changed.begin(), changed.end(), sample_key(key)) != changed.end();
  }

  bool is_up = false;
  int ups = 0;
  int downs = 0;
  int flushes = 0;
  int epochs = 0;
  std::vector<CacheKey> changed;
};

}  // namespace refrain::testing
