#include "refrain/redis/client/announced_sources.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace refrain {

namespace {

std::vector<std::optional<RedisAddress>> addresses_of(const std::vector<RedisSource>& sources) {
  std::vector<std::optional<RedisAddress>> addresses;
  addresses.reserve(sources.size());
  for (const RedisSource& source : sources)
    addresses.push_back(source.address);
  std::sort(addresses.begin(), addresses.end());
  return addresses;
}

}  // namespace

void AnnouncedSources::watch(RedisSourceListener* listener) {
  listener_ = listener;
  if (listener == nullptr) return;
  listener->on_sources_changing();
  listener->on_sources(current_);
}

void AnnouncedSources::prepare(std::vector<RedisSource> next) {
  next_ = std::move(next);
  if (listener_ != nullptr && addresses_of(next_) != addresses_of(current_))
    listener_->on_sources_changing();
}

void AnnouncedSources::finish() {
  if (next_ == current_) return;
  current_ = next_;
  if (listener_ != nullptr) listener_->on_sources(current_);
}

}  // namespace refrain
