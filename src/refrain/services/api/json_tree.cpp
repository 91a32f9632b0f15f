#include "refrain/services/api/json_tree.h"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string_view.hpp>

#include <algorithm>
#include <limits>
#include <optional>

namespace refrain {

/// Receives Boost.JSON's parse events and builds the tree. The names are those that the parser
/// calls.
class JsonTreeBuilder {
public:
  using View = boost::json::string_view;
  using Code = boost::json::error_code;

  // NOLINTBEGIN(readability-identifier-naming): the parser asks for these names
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();
  // NOLINTEND(readability-identifier-naming)

  bool on_document_begin(Code& /*error*/) { return true; }
  bool on_document_end(Code& /*error*/) { return true; }
  bool on_object_begin(Code& /*error*/) { return open(JsonTree::Kind::kObject); }
  bool on_object_end(std::size_t /*size*/, Code& error) {
    std::vector<std::string_view> names;
    for (const JsonTree::Member& member : open_.back().members_)
      names.emplace_back(member.first);
    std::sort(names.begin(), names.end());
    const auto repeated = std::adjacent_find(names.begin(), names.end());
    if (repeated == names.end()) return close();
    repeated_name_ = *repeated;
    error = boost::json::error::syntax;
    return false;
  }
  bool on_array_begin(Code& /*error*/) { return open(JsonTree::Kind::kArray); }
  bool on_array_end(std::size_t /*size*/, Code& /*error*/) { return close(); }
  bool on_key_part(View part, std::size_t /*size*/, Code& /*error*/) { return gather(part); }
  bool on_key(View part, std::size_t /*size*/, Code& /*error*/) {
    gather(part);
    open_.back().members_.emplace_back(std::exchange(text_, {}), JsonTree());
    return true;
  }
  bool on_string_part(View part, std::size_t /*size*/, Code& /*error*/) { return gather(part); }
  bool on_string(View part, std::size_t /*size*/, Code& /*error*/) {
    return gather(part) && scalar(JsonTree::Kind::kString);
  }
  bool on_number_part(View part, Code& /*error*/) { return gather(part); }
  bool on_int64(std::int64_t /*value*/, View part, Code& /*error*/) { return number(part); }
  bool on_uint64(std::uint64_t /*value*/, View part, Code& /*error*/) { return number(part); }
  bool on_double(double /*value*/, View part, Code& /*error*/) { return number(part); }
  bool on_bool(bool value, Code& /*error*/) {
    return gather(value ? "true" : "false") && scalar(JsonTree::Kind::kBool);
  }
  bool on_null(Code& /*error*/) { return scalar(JsonTree::Kind::kNull); }
  bool on_comment_part(View /*part*/, Code& /*error*/) { return true; }
  bool on_comment(View /*part*/, Code& /*error*/) { return true; }

  [[nodiscard]] const std::optional<std::string>& repeated_name() const { return repeated_name_; }
  [[nodiscard]] JsonTree take() { return std::move(root_); }

private:
  bool gather(View part) {
    text_.append(part.data(), part.size());
    return true;
  }

  bool number(View part) { return gather(part) && scalar(JsonTree::Kind::kNumber); }

  bool scalar(JsonTree::Kind kind) {
    JsonTree value;
    value.kind_ = kind;
    value.text_ = std::exchange(text_, {});
    return place(std::move(value));
  }

  bool open(JsonTree::Kind kind) {
    JsonTree value;
    value.kind_ = kind;
    open_.push_back(std::move(value));
    return true;
  }

  bool close() {
    JsonTree value = std::move(open_.back());
    open_.pop_back();
    return place(std::move(value));
  }

  bool place(JsonTree value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().kind_ == JsonTree::Kind::kArray) {
      open_.back().items_.push_back(std::move(value));
    } else {
      open_.back().members_.back().second = std::move(value);
    }
    return true;
  }

  std::vector<JsonTree> open_;  // the objects and arrays that have begun and not ended
  std::string text_;            // of the key or scalar that is being read
  std::optional<std::string> repeated_name_;
  JsonTree root_;
};

Result<JsonTree> JsonTree::parse(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::json::basic_parser<JsonTreeBuilder> parser(options);
  boost::json::error_code error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (parser.handler().repeated_name()) {
    return fail(ErrorCode::kInvalidArgument,
                "the body has this member twice",
                *parser.handler().repeated_name());
  }
  if (!error && used < text.size()) error = boost::json::error::extra_data;
  if (error == boost::json::error::too_deep) {
    return fail(ErrorCode::kInvalidArgument,
                "the body is nested deeper than " + std::to_string(kMaxDepth) + " levels");
  }
  if (error) {
    return fail(
        ErrorCode::kInvalidArgument,
        "the body is not valid JSON: " + error.message() + " near byte " + std::to_string(used));
  }
  return parser.handler().take();
}

JsonTree JsonTree::string(std::string text) {
  JsonTree value;
  value.kind_ = Kind::kString;
  value.text_ = std::move(text);
  return value;
}

void JsonTree::append_canonical(std::string& out) const {
  const auto append_quoted = [&out](const std::string& text) {
    out += boost::json::serialize(boost::json::string_view(text.data(), text.size()));
  };
  switch (kind_) {
    case Kind::kNull:
      out += "null";
      break;
    case Kind::kBool:
    case Kind::kNumber:
      out += text_;
      break;
    case Kind::kString:
      append_quoted(text_);
      break;
    case Kind::kArray:
      out += '[';
      for (const JsonTree& item : items_) {
        item.append_canonical(out);
        out += ',';
      }
      out += ']';
      break;
    case Kind::kObject: {
      std::vector<const Member*> sorted;
      sorted.reserve(members_.size());
      for (const Member& member : members_)
        sorted.push_back(&member);
      std::sort(sorted.begin(), sorted.end(), [](const Member* a, const Member* b) {
        return a->first < b->first;
      });
      out += '{';
      for (const Member* member : sorted) {
        append_quoted(member->first);
        out += ':';
        member->second.append_canonical(out);
        out += ',';
      }
      out += '}';
      break;
    }
  }
}

}  // namespace refrain
