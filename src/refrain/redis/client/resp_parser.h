#pragma once

/// @file
/// RESP2 and RESP3 from bytes to values, without a socket.

#include "refrain/core/result.h"
#include "refrain/redis/client/resp_value.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace refrain {

/// An incremental parser of what Redis sends: bytes go in as they arrive, whole values come out,
/// push messages among them. Attributes of RESP3 are read and dropped. Its streamed strings and
/// aggregates are refused: no Redis sends them.
///
/// What a server may make it hold is bounded before anything is allocated for it. After an error
/// the stream has no more meaning, and the same error comes out until `reset`.
///
/// Thread safety: none; one connection owns it.
class RespParser {
public:
  struct Limits {
    std::size_t max_reply_bytes = std::size_t{64}
                                  << 20U;  ///< Of one reply with all its parts in memory.
    std::size_t max_depth = 16;            ///< Aggregates within aggregates.
    std::size_t max_elements = std::size_t{1}
                               << 20U;  ///< Of one aggregate; a map's keys and values both count.
  };

  explicit RespParser(const Limits& limits);

  /// Room to read into, never empty; `commit` says how much of it was filled. Valid until the next
  /// call.
  [[nodiscard]] std::span<char> prepare();
  /// @pre `size` is at most the size of what `prepare` gave.
  void commit(std::size_t size) { end_ += size; }

  /// The next whole value, nothing if more bytes are needed, `kCorrupt` if the bytes are not the
  /// protocol or `kTooLarge` if a limit would be broken.
  [[nodiscard]] Result<std::optional<RespValue>> next();

  /// Forgets everything, for the next connection.
  void reset();

private:
  static constexpr std::size_t kMaxLine = std::size_t{16} << 10U;
  static constexpr std::size_t kBufferSize = std::size_t{64} << 10U;

  // What has a length: `$`, `!` or `=`.
  enum class Bulk : std::uint8_t { kString, kError, kVerbatim };

  struct Open {
    std::vector<RespValue> elements;
    std::size_t wanted = 0;
    RespType type = RespType::kArray;
    bool is_attribute = false;
  };

  // kAgain: something was consumed and no value is finished with it; kFailed: failure_ says why
  enum class Step : std::uint8_t { kValue, kMore, kAgain, kFailed };

  [[nodiscard]] std::string_view unread() const { return {buffer_.data() + begin_, end_ - begin_}; }
  Step read_line();
  Step begin_value(char type, std::string_view rest);
  Step begin_scalar(char type, std::string_view rest);
  Step begin_bulk(Bulk kind, std::string_view digits);
  Step begin_aggregate(char type, std::string_view digits);
  Step begin(Open open);
  Step read_bulk();
  Step finish_bulk(std::string text);
  Step finish(RespValue value);
  Step close_aggregates();
  bool charge(std::size_t bytes);
  Step fail_with(ErrorCode code, const char* message);
  Step fail_corrupt(const char* message) { return fail_with(ErrorCode::kCorrupt, message); }

  const Limits limits_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t scanned_ = 0;  // bytes after begin_ that are known to hold no line end
  std::optional<Error> failure_;
  std::vector<Open> open_;
  Bulk bulk_kind_ = Bulk::kString;
  bool is_in_bulk_ = false;
  std::size_t bulk_size_ = 0;  // of the bulk that is being read
  std::string bulk_;
  std::size_t reply_bytes_ = 0;
  RespValue value_;
};

}  // namespace refrain
