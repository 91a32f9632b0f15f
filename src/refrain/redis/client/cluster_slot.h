#pragma once

/// @file
/// Which of a cluster's slots a key belongs to.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace refrain {

/// How many slots the keys of every Redis Cluster are spread over.
inline constexpr std::size_t kClusterSlots = 16'384;

/// The slot of `key`: CRC-16 (XMODEM) of the key modulo `kClusterSlots`. If the key has a hash tag,
/// which is something between its first `{` and the first `}` after that, only that counts: keys of
/// one tag stay together.
std::uint16_t cluster_slot(std::string_view key);

/// What a key has between `{` and `}` to belong to `slot`: some digits. @pre `slot <
/// kClusterSlots`.
std::string cluster_tag(std::uint16_t slot);

}  // namespace refrain
