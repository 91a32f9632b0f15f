#include "refrain/redis/client/resp_parser.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

namespace refrain {

namespace {

std::optional<std::int64_t> parse_integer(std::string_view digits) {
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

}  // namespace

RespParser::RespParser(const Limits& limits) : limits_(limits), buffer_(kBufferSize) {}

std::span<char> RespParser::prepare() {
  // next() leaves less than a line unread, so moving it to the front always makes room.
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (buffer_.size() - end_ < buffer_.size() / 2) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  return std::span<char>(buffer_).subspan(end_);
}

void RespParser::reset() {
  begin_ = end_ = scanned_ = reply_bytes_ = 0;
  failure_.reset();
  open_.clear();
  is_in_bulk_ = false;
  bulk_.clear();
}

Result<std::optional<RespValue>> RespParser::next() {
  if (failure_) return fail(*failure_);
  while (true) {
    Result<Step> stepped = step();
    if (!stepped) {
      failure_ = stepped.error();
      return fail(*failure_);
    }
    if (*stepped == Step::kMore) return std::optional<RespValue>();
    if (*stepped == Step::kValue && close_arrays()) {
      reply_bytes_ = 0;
      return std::optional<RespValue>(std::exchange(value_, RespValue()));
    }
  }
}

Result<RespParser::Step> RespParser::step() {
  return is_in_bulk_ ? read_bulk() : read_line();
}

Result<RespParser::Step> RespParser::read_line() {
  const std::string_view bytes = unread();
  const std::size_t line_end = bytes.find('\n', scanned_);
  if (std::min(line_end, bytes.size()) > kMaxLine)
    return fail(ErrorCode::kTooLarge, "a reply's line is longer than any that Redis sends");
  if (line_end == std::string_view::npos) {
    scanned_ = bytes.size();
    return Step::kMore;
  }
  scanned_ = 0;
  begin_ += line_end + 1;
  if (line_end < 2 || bytes[line_end - 1] != '\r')
    return fail(ErrorCode::kCorrupt, "the reply is not the Redis protocol");
  if (auto charged = charge(line_end); !charged) return fail(charged.error());
  const std::string_view rest = bytes.substr(1, line_end - 2);
  switch (bytes.front()) {
    case '+':
      return finish(RespValue::text_of(RespType::kSimpleString, std::string(rest)));
    case '-':
      return finish(RespValue::text_of(RespType::kError, std::string(rest)));
    case ':': {
      const auto integer = parse_integer(rest);
      if (!integer) return fail(ErrorCode::kCorrupt, "an integer reply is not a number");
      return finish(RespValue::integer_of(*integer));
    }
    case '$':
      return begin_bulk(rest);
    case '*':
      return begin_array(rest);
    default:
      break;
  }
  if (std::string_view("_#,(!=%~>|").find(bytes.front()) != std::string_view::npos)
    return fail(ErrorCode::kCorrupt, "the server speaks RESP3, which was not asked for");
  return fail(ErrorCode::kCorrupt, "the reply is not the Redis protocol");
}

Result<RespParser::Step> RespParser::begin_bulk(std::string_view digits) {
  const auto size = parse_integer(digits);
  if (!size || *size < -1)
    return fail(ErrorCode::kCorrupt, "a bulk string's length is not a length");
  if (*size == -1) return finish(RespValue());
  if (auto charged = charge(static_cast<std::size_t>(*size)); !charged)
    return fail(charged.error());
  bulk_size_ = static_cast<std::size_t>(*size);
  is_in_bulk_ = true;
  bulk_.clear();
  // Memory follows what arrives, not what was announced.
  bulk_.reserve(std::min(bulk_size_, kBufferSize));
  return Step::kAgain;
}

Result<RespParser::Step> RespParser::begin_array(std::string_view digits) {
  const auto size = parse_integer(digits);
  if (!size || *size < -1) return fail(ErrorCode::kCorrupt, "an array's length is not a length");
  if (*size == -1) return finish(RespValue());
  const auto wanted = static_cast<std::size_t>(*size);
  if (wanted > limits_.max_elements)
    return fail(ErrorCode::kTooLarge, "an array reply has too many elements");
  if (open_.size() >= limits_.max_depth)
    return fail(ErrorCode::kTooLarge, "array replies are nested too deeply");
  if (wanted == 0) return finish(RespValue::array_of({}));
  OpenArray array;
  array.wanted = wanted;
  open_.push_back(std::move(array));
  return Step::kAgain;
}

Result<RespParser::Step> RespParser::read_bulk() {
  const std::string_view bytes = unread();
  const std::size_t taken = std::min(bulk_size_ - bulk_.size(), bytes.size());
  bulk_.append(bytes.substr(0, taken));
  begin_ += taken;
  if (bulk_.size() < bulk_size_ || end_ - begin_ < 2) return Step::kMore;
  if (unread().substr(0, 2) != "\r\n")
    return fail(ErrorCode::kCorrupt, "a bulk string is longer than it said");
  begin_ += 2;
  is_in_bulk_ = false;
  return finish(RespValue::text_of(RespType::kBulkString, std::exchange(bulk_, std::string())));
}

Result<RespParser::Step> RespParser::finish(RespValue value) {
  if (auto charged = charge(sizeof(RespValue)); !charged) return fail(charged.error());
  value_ = std::move(value);
  return Step::kValue;
}

Result<void> RespParser::charge(std::size_t bytes) {
  if (bytes > limits_.max_reply_bytes - std::min(reply_bytes_, limits_.max_reply_bytes))
    return fail(ErrorCode::kTooLarge, "a reply is larger than the limit");
  reply_bytes_ += bytes;
  return {};
}

// Puts the finished value where it belongs. True if the whole reply is finished with it.
bool RespParser::close_arrays() {
  while (!open_.empty()) {
    OpenArray& array = open_.back();
    array.elements.push_back(std::move(value_));
    if (array.elements.size() < array.wanted) return false;
    value_ = RespValue::array_of(std::move(array.elements));
    open_.pop_back();
  }
  return true;
}

}  // namespace refrain
