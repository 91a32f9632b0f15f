#include "refrain/simulator/trace.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <utility>

namespace refrain {

Trace::Trace(std::string name, std::vector<Request> requests, Columns columns)
    : name_(std::move(name)),
      requests_(std::move(requests)),
      columns_(columns) {
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> largest;
  for (const Request& request : requests_) {
    std::uint32_t& size = largest[request.hash];
    if (request.size <= size) continue;
    footprint_bytes_ += request.size - size;
    size = request.size;
  }
  unique_keys_ = largest.size();
}

std::uint64_t hash_of_key(std::uint64_t number) {
  // splitmix64 (Steele, Lea and Flood, 2014): one to one, and every bit depends on every other.
  number += 0x9E37'79B9'7F4A'7C15U;
  number = (number ^ (number >> 30U)) * 0xBF58'476D'1CE4'E5B9U;
  number = (number ^ (number >> 27U)) * 0x94D0'49BB'1331'11EBU;
  return number ^ (number >> 31U);
}

}  // namespace refrain
