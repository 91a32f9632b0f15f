#include "refrain/cache/canonical_request.h"

#include "refrain/core/sha256.h"

namespace refrain {
namespace {

void append_length(std::string& bytes, std::uint64_t length) {
  for (unsigned shift = 0; shift < 64; shift += 8)
    bytes.push_back(static_cast<char>(length >> shift));
}

}  // namespace

CanonicalRequest::CanonicalRequest(const KeySpace& space) {
  bytes_.reserve(512);
  add("schema", std::int64_t{kSchema});
  add("service", space.service);
  add("tenant", space.tenant);
  add("model", space.model);
  add("model_version", space.model_version);
  add("epoch", std::to_string(space.epoch));
}

void CanonicalRequest::add(std::string_view name, std::string_view value) {
  append_length(bytes_, name.size());
  bytes_.append(name);
  append_length(bytes_, value.size());
  bytes_.append(value);
}

void CanonicalRequest::add(std::string_view name, std::int64_t value) {
  add(name, std::to_string(value));
}

CacheKey CanonicalRequest::key() const {
  return CacheKey(sha256(bytes_));
}

}  // namespace refrain
