/// @file
/// Uses the installed library as another project would, and exits 0 if it behaves.

#include "refrain/cache/canonical_request.h"
#include "refrain/cache/entry.h"
#include "refrain/core/clock.h"
#include "refrain/memory/memory_cache.h"

#include <chrono>
#include <cstdio>
#include <optional>

int main() {
  // snippet: memory
  const refrain::SystemClock clock;
  refrain::MemoryCache::Config limits;
  limits.max_items = 10;
  refrain::MemoryCache cache(limits);

  refrain::KeySpace space;
  space.service = "text";
  space.model = "consumer";
  space.model_version = "1";
  refrain::CanonicalRequest request(space);
  request.add("text", "thank");

  refrain::EntryMetadata metadata;
  metadata.key = request.key();
  metadata.created = clock.now();
  metadata.fresh_until = metadata.created + std::chrono::hours(1);
  metadata.usable_until = metadata.fresh_until;
  cache.insert(refrain::Entry::make(metadata, "text/plain", "you"), clock.now());

  const std::optional<refrain::Entry> hit = cache.find(request.key(), clock.now());
  // end snippet

  if (!hit || hit->body() != "you") {
    std::fputs("the installed library did not give back what it was given\n", stderr);
    return 1;
  }
  std::puts("a hit, from the installed library");
  return 0;
}
