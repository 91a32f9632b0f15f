#pragma once

/// @file
/// What a cache answered, and how it came by it.

#include "refrain/cache/entry.h"

#include <cstdint>
#include <string_view>
#include <utility>

namespace refrain {

/// How a request was answered; each request counts as exactly one of these.
enum class Disposition : std::uint8_t {
  kHit,     ///< A fresh entry.
  kStale,   ///< An entry past its freshness, within its usable time.
  kMiss,    ///< A generation, this request's own or one that it joined.
  kBypass,  ///< A generation that neither looked up nor stored, as the request asked.
};

/// An entry and its story.
class Answer {
public:
  /// @param tier The name of the tier that had it (a literal), empty if it was generated.
  Answer(Entry entry, Disposition disposition, std::string_view tier = {})
      : entry_(std::move(entry)),
        tier_(tier),
        disposition_(disposition) {}

  [[nodiscard]] const Entry& entry() const { return entry_; }
  [[nodiscard]] Disposition disposition() const { return disposition_; }
  [[nodiscard]] std::string_view tier() const { return tier_; }

  /// Whether the entry was generated for another request that this one joined.
  [[nodiscard]] bool is_coalesced() const { return is_coalesced_; }
  /// Whether at least one tier took the generated entry.
  [[nodiscard]] bool is_stored() const { return is_stored_; }

  [[nodiscard]] Answer coalesced() && {
    is_coalesced_ = true;
    return std::move(*this);
  }
  [[nodiscard]] Answer stored() && {
    is_stored_ = true;
    return std::move(*this);
  }

private:
  Entry entry_;
  std::string_view tier_;
  Disposition disposition_;
  bool is_coalesced_ = false;
  bool is_stored_ = false;
};

}  // namespace refrain
