#pragma once

/// @file
/// Whether something was being erased while a look-up was under way.

#include <atomic>
#include <cstdint>
#include <memory>

namespace refrain {

/// Counts erasures as they begin and as they end, so that a look-up which copies what it found from
/// one place to another can tell whether an erasure may have missed the copy. It does not say of
/// which key: erasures are rare, and a copy taken back without need is only found again.
///
/// Thread safety: any.
class Erasures {
  struct Counts {
    std::atomic<std::uint64_t> begun{0};
    std::atomic<std::uint64_t> ended{0};
  };

public:
  /// An erasure, from before its first effect until after its last.
  class Scope {
  public:
    explicit Scope(Erasures& erasures) : counts_(erasures.counts_) { ++counts_->begun; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope() { ++counts_->ended; }

  private:
    std::shared_ptr<Counts> counts_;
  };

  /// The moment at which a look-up began.
  class Mark {
  public:
    explicit Mark(const Erasures& erasures)
        : ended_(erasures.counts_->ended),
          begun_(erasures.counts_->begun) {}

  private:
    friend class Erasures;
    std::uint64_t ended_;  // read first: if it equals begun_, none was under way
    std::uint64_t begun_;
  };

  /// Whether an erasure was under way at `mark` or has begun since.
  [[nodiscard]] bool overlap(Mark mark) const {
    return mark.begun_ != mark.ended_ || counts_->begun != mark.begun_;
  }

private:
  // Shared with the scopes: at a hard stop the frames that hold them go after the cache.
  const std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();
};

}  // namespace refrain
