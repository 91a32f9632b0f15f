#include "refrain/redis/client/resp_parser.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

namespace refrain {

namespace {

constexpr const char* kNotTheProtocol = "the reply is not the Redis protocol";

// All of `digits`, with a sign if there is one.
template <class Number>
std::optional<Number> parse_number(std::string_view digits) {
  const bool has_plus = digits.starts_with('+');
  if (has_plus) digits.remove_prefix(1);
  if (has_plus && digits.starts_with('-')) return std::nullopt;
  Number value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

RespType aggregate_type(char sign) {
  switch (sign) {
    case '%':
      return RespType::kMap;
    case '~':
      return RespType::kSet;
    case '>':
      return RespType::kPush;
    default:
      return RespType::kArray;
  }
}

bool is_big_number(std::string_view digits) {
  if (digits.starts_with('+') || digits.starts_with('-')) digits.remove_prefix(1);
  return !digits.empty() && std::all_of(digits.begin(), digits.end(), [](char digit) {
    return digit >= '0' && digit <= '9';
  });
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
  value_ = RespValue();
}

Result<std::optional<RespValue>> RespParser::next() {
  if (failure_) return fail(*failure_);
  Step step = Step::kAgain;
  while (step == Step::kAgain) {
    step = is_in_bulk_ ? read_bulk() : read_line();
    if (step == Step::kValue && !open_.empty()) step = close_aggregates();
  }
  if (step == Step::kFailed) return fail(*failure_);
  if (step == Step::kMore) return std::optional<RespValue>();
  reply_bytes_ = 0;
  return std::optional<RespValue>(std::move(value_));
}

RespParser::Step RespParser::read_line() {
  const std::string_view bytes = unread();
  const std::size_t line_end = bytes.find('\n', scanned_);
  if (std::min(line_end, bytes.size()) > kMaxLine)
    return fail_with(ErrorCode::kTooLarge, "a reply's line is longer than any that Redis sends");
  if (line_end == std::string_view::npos) {
    scanned_ = bytes.size();
    return Step::kMore;
  }
  scanned_ = 0;
  begin_ += line_end + 1;
  if (line_end < 2 || bytes[line_end - 1] != '\r') return fail_corrupt(kNotTheProtocol);
  if (!charge(line_end)) return Step::kFailed;
  return begin_value(bytes.front(), bytes.substr(1, line_end - 2));
}

RespParser::Step RespParser::begin_value(char type, std::string_view rest) {
  switch (type) {
    case '$':
      return begin_bulk(Bulk::kString, rest);
    case '!':
      return begin_bulk(Bulk::kError, rest);
    case '=':
      return begin_bulk(Bulk::kVerbatim, rest);
    case '*':
    case '%':
    case '~':
    case '>':
    case '|':
      return begin_aggregate(type, rest);
    default:
      return begin_scalar(type, rest);
  }
}

RespParser::Step RespParser::begin_scalar(char type, std::string_view rest) {
  switch (type) {
    case '+':
      return finish(RespValue::text_of(RespType::kSimpleString, std::string(rest)));
    case '-':
      return finish(RespValue::text_of(RespType::kError, std::string(rest)));
    case ':': {
      const auto integer = parse_number<std::int64_t>(rest);
      if (!integer) return fail_corrupt("an integer reply is not a number");
      return finish(RespValue::integer_of(*integer));
    }
    case '_':
      return rest.empty() ? finish(RespValue()) : fail_corrupt("a null reply is not empty");
    case '#':
      if (rest != "t" && rest != "f") return fail_corrupt("a boolean reply is neither t nor f");
      return finish(RespValue::boolean_of(rest == "t"));
    case ',': {
      const auto number = parse_number<double>(rest);
      if (!number) return fail_corrupt("a double reply is not a number");
      return finish(RespValue::double_of(*number));
    }
    case '(':
      if (!is_big_number(rest)) return fail_corrupt("a big number reply is not a number");
      return finish(RespValue::text_of(RespType::kBigNumber, std::string(rest)));
    case ';':
    case '.':
      return fail_corrupt("the server streams a reply in parts, which is not supported");
    default:
      return fail_corrupt(kNotTheProtocol);
  }
}

RespParser::Step RespParser::begin_bulk(Bulk kind, std::string_view digits) {
  if (digits == "?") return begin_scalar(';', digits);
  const auto size = parse_number<std::int64_t>(digits);
  // Only RESP2 has a null among its bulk strings.
  const bool is_null = kind == Bulk::kString && size == -1;
  if (!size || (*size < 0 && !is_null))
    return fail_corrupt("a bulk string's length is not a length");
  if (is_null) return finish(RespValue());
  if (!charge(static_cast<std::size_t>(*size))) return Step::kFailed;
  bulk_kind_ = kind;
  bulk_size_ = static_cast<std::size_t>(*size);
  is_in_bulk_ = true;
  const std::string_view bytes = unread();
  if (bytes.size() > bulk_size_ + 1) {  // most are there as a whole
    begin_ += bulk_size_;
    return finish_bulk(std::string(bytes.substr(0, bulk_size_)));
  }
  bulk_.clear();
  // Memory follows what arrives, not what was announced.
  bulk_.reserve(std::min(bulk_size_, kBufferSize));
  return Step::kAgain;
}

RespParser::Step RespParser::begin_aggregate(char type, std::string_view digits) {
  if (digits == "?") return begin_scalar(';', digits);
  const auto size = parse_number<std::int64_t>(digits);
  const bool is_null = type == '*' && size == -1;
  if (!size || (*size < 0 && !is_null)) return fail_corrupt("an array's length is not a length");
  if (is_null) return finish(RespValue());
  const std::size_t a_piece = type == '%' || type == '|' ? 2 : 1;
  if (static_cast<std::size_t>(*size) > limits_.max_elements / a_piece)
    return fail_with(ErrorCode::kTooLarge, "an array reply has too many elements");
  if (open_.size() >= limits_.max_depth)
    return fail_with(ErrorCode::kTooLarge, "array replies are nested too deeply");
  if (type == '>' && !open_.empty())
    return fail_corrupt("a push message stands in the middle of a reply");
  Open open;
  open.wanted = static_cast<std::size_t>(*size) * a_piece;
  open.is_attribute = type == '|';
  open.type = aggregate_type(type);
  return begin(std::move(open));
}

RespParser::Step RespParser::begin(Open open) {
  if (open.wanted > 0) {
    open_.push_back(std::move(open));
    return Step::kAgain;
  }
  return open.is_attribute ? Step::kAgain : finish(RespValue::aggregate_of(open.type, {}));
}

RespParser::Step RespParser::read_bulk() {
  const std::string_view bytes = unread();
  const std::size_t taken = std::min(bulk_size_ - bulk_.size(), bytes.size());
  bulk_.append(bytes.substr(0, taken));
  begin_ += taken;
  if (bulk_.size() < bulk_size_ || end_ - begin_ < 2) return Step::kMore;
  return finish_bulk(std::exchange(bulk_, std::string()));
}

// The end of the line is there, too.
RespParser::Step RespParser::finish_bulk(std::string text) {
  if (!unread().starts_with("\r\n")) return fail_corrupt("a bulk string is longer than it said");
  begin_ += 2;
  is_in_bulk_ = false;
  if (bulk_kind_ == Bulk::kError)
    return finish(RespValue::text_of(RespType::kError, std::move(text)));
  if (bulk_kind_ == Bulk::kVerbatim) {
    // `txt:` or `mkd:` stands before the text.
    if (text.size() < 4 || text[3] != ':') return fail_corrupt("a verbatim string has no format");
    text.erase(0, 4);
  }
  return finish(RespValue::text_of(RespType::kBulkString, std::move(text)));
}

RespParser::Step RespParser::finish(RespValue value) {
  if (!charge(sizeof(RespValue))) return Step::kFailed;
  value_ = std::move(value);
  return Step::kValue;
}

bool RespParser::charge(std::size_t bytes) {
  if (bytes > limits_.max_reply_bytes - std::min(reply_bytes_, limits_.max_reply_bytes)) {
    fail_with(ErrorCode::kTooLarge, "a reply is larger than the limit");
    return false;
  }
  reply_bytes_ += bytes;
  return true;
}

// Puts the finished value where it belongs. kValue if the whole reply is finished with it.
RespParser::Step RespParser::close_aggregates() {
  while (!open_.empty()) {
    Open& inner = open_.back();
    inner.elements.push_back(std::move(value_));
    if (inner.elements.size() < inner.wanted) return Step::kAgain;
    const bool is_attribute = inner.is_attribute;
    value_ = RespValue::aggregate_of(inner.type, std::move(inner.elements));
    open_.pop_back();
    // The value that it describes is still to come.
    if (is_attribute) return Step::kAgain;
  }
  return Step::kValue;
}

RespParser::Step RespParser::fail_with(ErrorCode code, const char* message) {
  failure_ = Error(code, message);
  return Step::kFailed;
}

}  // namespace refrain
