/// @file
/// Any bytes, cut anywhere, are the same request: complete at the same byte and equal in every
/// part. What is no request is refused or waited for, and never more is read than was given.

#include "refrain/http/limits.h"
#include "refrain/http/request.h"

#include "http/request_feed.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <tuple>

namespace {

using refrain::http::Limits;
using refrain::http::Method;
using refrain::testing::RequestFeed;

// Small, so that short inputs reach them.
Limits small_limits() {
  Limits limits;
  limits.max_header_bytes = 256;
  limits.max_body_bytes = 160;
  return limits;
}

constexpr std::size_t kRoomForBody = 64;

// All that a complete request says; nothing if it is not complete.
using Reading = std::tuple<bool, std::size_t, Method, bool, std::string>;

Reading reading_of(const RequestFeed& feed) {
  if (!feed.is_done()) return {};
  const auto& request = feed.request();
  std::string text;
  for (const std::string_view part : {request.target(),
                                      request.path(),
                                      request.query(),
                                      request.header("Host"),
                                      request.header("Content-Length"),
                                      request.header("Transfer-Encoding"),
                                      request.header("X-Request-Id"),
                                      request.header("A"),
                                      request.body()})
    text.append(part).push_back('\0');
  return {true, feed.size(), request.method(), feed.parser().keep_alive(), text};
}

// `bytes` in two pieces, and if `piece` is given the second in pieces of that size.
Reading reading_of(std::string_view bytes, std::size_t split, std::size_t piece) {
  RequestFeed feed(small_limits(), kRoomForBody);
  feed.feed(bytes.substr(0, split));
  bytes.remove_prefix(split);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
    feed.feed(bytes.substr(0, piece));
  return reading_of(feed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(data, data + std::min<std::size_t>(size, 1024));
  const Reading at_once = reading_of(bytes, 0, bytes.size());
  for (std::size_t split = 1; split < bytes.size(); ++split) {
    if (reading_of(bytes, split, bytes.size()) != at_once) std::abort();
  }
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 31U}) {
    if (reading_of(bytes, 0, piece) != at_once) std::abort();
  }
  return 0;
}
