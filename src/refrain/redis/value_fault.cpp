#include "refrain/redis/value_fault.h"

namespace refrain {

std::string_view to_string(ValueFault fault) {
  switch (fault) {
    case ValueFault::kForeign:
      return "foreign";
    case ValueFault::kOlder:
      return "older";
    case ValueFault::kNewer:
      return "newer";
    case ValueFault::kCut:
      return "cut";
    case ValueFault::kKey:
      return "key";
    case ValueFault::kChecksum:
      return "checksum";
    case ValueFault::kTooLarge:
      return "too_large";
  }
  return "foreign";
}

}  // namespace refrain
