#include "refrain/services/api/request_fields.h"

#include "refrain/http/query_string.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace refrain {
namespace {

tl::unexpected<Error> wrong_type(std::string_view name, std::string_view wanted) {
  return fail(ErrorCode::kInvalidArgument,
              std::string(name) + " must be " + std::string(wanted),
              std::string(name));
}

/// Whether `text` is a whole number as JSON writes one.
bool is_integer_text(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

template <class Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Result<RequestFields> RequestFields::from_json(std::string_view body) {
  Result<JsonTree> tree = JsonTree::parse(body);
  if (!tree) return fail(tree.error());
  if (tree->kind() != JsonTree::Kind::kObject)
    return fail(ErrorCode::kInvalidArgument, "the body must be a JSON object");
  return RequestFields(std::move(*tree), false);
}

Result<RequestFields> RequestFields::from_query(std::string_view query) {
  Result<http::QueryString> parsed = http::QueryString::parse(query);
  if (!parsed) return fail(parsed.error());
  JsonTree object;
  for (const auto& [name, value] : parsed->parameters())
    object.members().emplace_back(name, JsonTree::string(value));
  return RequestFields(std::move(object), true);
}

std::optional<JsonTree> RequestFields::take(std::string_view name) {
  auto& members = object_.members();
  const auto found =
      std::find_if(members.begin(), members.end(), [name](const JsonTree::Member& member) {
        return member.first == name;
      });
  if (found == members.end()) return std::nullopt;
  JsonTree value = std::move(found->second);
  members.erase(found);
  if (value.kind() == JsonTree::Kind::kNull) return std::nullopt;
  return value;
}

Result<std::string> RequestFields::take_text(std::string_view name) {
  Result<std::optional<std::string>> text = take_optional_text(name);
  if (!text) return fail(text.error());
  if (!text->has_value())
    return fail(ErrorCode::kInvalidArgument, std::string(name) + " is missing", std::string(name));
  return std::move(**text);
}

Result<std::optional<std::string>> RequestFields::take_optional_text(std::string_view name) {
  const std::optional<JsonTree> value = take(name);
  if (!value) return std::optional<std::string>();
  if (value->kind() != JsonTree::Kind::kString) return wrong_type(name, "a string");
  return std::optional<std::string>(value->text());
}

Result<std::optional<std::int64_t>> RequestFields::take_optional_integer(std::string_view name,
                                                                         Range range) {
  const std::optional<JsonTree> value = take(name);
  if (!value) return std::optional<std::int64_t>();
  const bool is_number =
      value->kind() == (is_query_ ? JsonTree::Kind::kString : JsonTree::Kind::kNumber);
  if (!is_number || !is_integer_text(value->text())) return wrong_type(name, "a whole number");
  std::int64_t number = 0;
  if (!parse_number(value->text(), number) || number < range.smallest || number > range.largest) {
    return fail(ErrorCode::kUnprocessable,
                std::string(name) + " must be from " + std::to_string(range.smallest) + " to " +
                    std::to_string(range.largest),
                std::string(name));
  }
  return std::optional<std::int64_t>(number);
}

Result<std::optional<std::uint64_t>> RequestFields::take_optional_unsigned(std::string_view name) {
  const std::optional<JsonTree> value = take(name);
  if (!value) return std::optional<std::uint64_t>();
  const bool is_number =
      value->kind() == (is_query_ ? JsonTree::Kind::kString : JsonTree::Kind::kNumber);
  if (!is_number || !is_integer_text(value->text())) return wrong_type(name, "a whole number");
  std::uint64_t number = 0;
  if (!parse_number(value->text(), number)) {
    return fail(ErrorCode::kUnprocessable,
                std::string(name) + " must be from 0 to 18446744073709551615",
                std::string(name));
  }
  return std::optional<std::uint64_t>(number);
}

void RequestFields::ignore(std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    static_cast<void>(take(name));
}

std::string RequestFields::canonical_rest() const {
  if (object_.members().empty()) return {};
  std::vector<const JsonTree::Member*> sorted;
  for (const JsonTree::Member& member : object_.members())
    sorted.push_back(&member);
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) {
    return a->first < b->first;
  });
  std::string text;
  for (const JsonTree::Member* member : sorted) {
    JsonTree::string(member->first).append_canonical(text);
    text += ':';
    member->second.append_canonical(text);
    text += ',';
  }
  return text;
}

}  // namespace refrain
