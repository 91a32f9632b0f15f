#pragma once

/// @file
/// The identity of an answer: a digest of everything that can change it.

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace refrain {

/// SHA-256 of a canonical request (see `CanonicalRequest`). Passed by value: trivially copyable, so
/// it cannot dangle across a suspension.
class CacheKey {
public:
  static constexpr std::size_t kSize = 32;  ///< Bytes.

  CacheKey() = default;
  explicit CacheKey(const std::array<std::uint8_t, kSize>& digest) : digest_(digest) {}

  /// The key that `to_hex` printed, or nothing if `text` is not 64 hexadecimal digits.
  static std::optional<CacheKey> from_hex(std::string_view text);

  [[nodiscard]] std::string to_hex() const;
  [[nodiscard]] const std::array<std::uint8_t, kSize>& digest() const { return digest_; }

  /// Eight bytes of the digest, already uniform: for hash tables and for choosing a shard.
  [[nodiscard]] std::uint64_t hash() const {
    std::uint64_t value = 0;
    std::memcpy(&value, digest_.data(), sizeof value);
    return value;
  }

  friend bool operator==(const CacheKey&, const CacheKey&) = default;

private:
  std::array<std::uint8_t, kSize> digest_{};
};

static_assert(std::is_trivially_copyable_v<CacheKey>);

/// For the hash tables of Boost and the standard library.
struct CacheKeyHash {
  // The digest is uniform already: tell boost::unordered not to mix it again.
  using is_avalanching = void;
  std::size_t operator()(const CacheKey& key) const { return static_cast<std::size_t>(key.hash()); }
};

}  // namespace refrain
