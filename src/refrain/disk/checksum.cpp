#include "refrain/disk/checksum.h"

#define XXH_INLINE_ALL  // NOLINT(readability-identifier-naming): the library's name
#include <xxhash.h>

namespace refrain {

std::uint64_t checksum_before(std::span<const char> bytes, std::size_t end) {
  return XXH3_64bits(bytes.data(), end);
}

}  // namespace refrain
