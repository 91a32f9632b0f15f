#pragma once

/// @file
/// RESP2 from bytes to values, without a socket.

#include "refrain/core/result.h"
#include "refrain/redis/client/resp_value.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace refrain {

/// An incremental parser of Redis's replies: bytes go in as they arrive, whole values come out.
///
/// What a server may make it hold is bounded before anything is allocated for it. The types that
/// only RESP3 has are refused with an error that says so: this client does not ask for RESP3. After
/// an error the stream has no more meaning, and the same error comes out until `reset`.
///
/// Thread safety: none; one connection owns it.
class RespParser {
public:
  struct Limits {
    std::size_t max_reply_bytes = std::size_t{64}
                                  << 20U;  ///< Of one reply with all its parts in memory.
    std::size_t max_depth = 16;            ///< Arrays within arrays.
    std::size_t max_elements = std::size_t{1} << 20U;  ///< Of one array.
  };

  explicit RespParser(const Limits& limits);

  /// Room to read into; `commit` says how much of it was filled. Valid until the next call.
  [[nodiscard]] std::span<char> prepare();
  /// @pre `size` is at most the size of what `prepare` gave.
  void commit(std::size_t size) { end_ += size; }

  /// The next whole value, nothing if more bytes are needed, `kCorrupt` if the bytes are not RESP2
  /// or `kTooLarge` if a limit would be broken.
  [[nodiscard]] Result<std::optional<RespValue>> next();

  /// Forgets everything, for the next connection.
  void reset();

private:
  static constexpr std::size_t kMaxLine = std::size_t{16} << 10U;
  static constexpr std::size_t kBufferSize = std::size_t{64} << 10U;

  struct OpenArray {
    std::vector<RespValue> elements;
    std::size_t wanted = 0;
  };

  enum class Step : std::uint8_t { kValue, kMore, kAgain };  // kAgain: a header was consumed

  [[nodiscard]] std::string_view unread() const { return {buffer_.data() + begin_, end_ - begin_}; }
  Result<Step> step();
  Result<Step> read_line();
  Result<Step> read_bulk();
  Result<Step> begin_bulk(std::string_view digits);
  Result<Step> begin_array(std::string_view digits);
  Result<Step> finish(RespValue value);
  Result<void> charge(std::size_t bytes);
  [[nodiscard]] bool close_arrays();

  const Limits limits_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t scanned_ = 0;  // bytes after begin_ that are known to hold no line end
  std::optional<Error> failure_;
  std::vector<OpenArray> open_;
  bool is_in_bulk_ = false;
  std::size_t bulk_size_ = 0;  // of the bulk string that is being read
  std::string bulk_;
  std::size_t reply_bytes_ = 0;
  RespValue value_;
};

}  // namespace refrain
