#include "refrain/app/settings_loader.h"

#include <toml++/toml.h>

#include <sstream>
#include <utility>

namespace refrain::app {
namespace {

/// The file's values by their dotted keys, as text.
using FileValues = std::map<std::string, std::string, std::less<>>;

/// A value of the file as an option would be given it, or nothing if no option has such a value.
std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  // Its value, not its spelling: the file may say 0x1F90.
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* is_on = node.as_boolean()) return is_on->get() ? "true" : "false";
  const auto* number = node.as_floating_point();
  if (number == nullptr) return std::nullopt;
  std::ostringstream out;
  out << number->get();
  return out.str();
}

Result<void> flatten(const toml::table& table, const std::string& prefix, FileValues& values) {
  for (const auto& [key, node] : table) {
    std::string name = prefix;
    name.append(prefix.empty() ? "" : ".").append(key.str());
    if (const toml::table* inner = node.as_table()) {
      const Result<void> done = flatten(*inner, name, values);
      if (!done) return done;
      continue;
    }
    std::optional<std::string> value = text_of(node);
    if (!value) {
      return fail(ErrorCode::kInvalidArgument,
                  "option " + name + " must be a string, a number or a boolean",
                  name);
    }
    values[name] = std::move(*value);
  }
  return {};
}

Result<FileValues> read_file(const std::filesystem::path& path) {
  FileValues values;
  try {
    const toml::table table = toml::parse_file(path.string());
    const Result<void> done = flatten(table, "", values);
    if (!done) return fail(done.error());
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::kInvalidArgument,
                "cannot read " + path.string() + ", line " +
                    std::to_string(error.source().begin.line) + ": " +
                    std::string(error.description()),
                "config");
  }
  for (const auto& [name, value] : values) {
    bool is_known = false;
    for (const Option& option : all_options())
      is_known = is_known || option.toml == name;
    if (!is_known) {
      return fail(
          ErrorCode::kInvalidArgument,
          "unknown option " + name + " in " + path.string() + "; refrain serve --help lists all",
          name);
    }
  }
  return values;
}

/// The value that wins for an option, and how it was spelt.
std::optional<std::pair<std::string, std::string>> winning_value(const Option& option,
                                                                 const GivenFlags& flags,
                                                                 const Environment& environment,
                                                                 const FileValues& file) {
  if (const auto flag = flags.find(option.flag); flag != flags.end())
    return std::pair("--" + option.flag, flag->second);
  if (const auto value = environment(option.environment))
    return std::pair(option.environment, *value);
  if (const auto value = file.find(option.toml); value != file.end())
    return std::pair(option.toml, value->second);
  return std::nullopt;
}

}  // namespace

Result<Settings> load_settings(const GivenFlags& flags,
                               const Environment& environment,
                               const std::optional<std::filesystem::path>& file) {
  const Result<FileValues> values = file ? read_file(*file) : Result<FileValues>(FileValues());
  if (!values) return fail(values.error());
  Settings settings;
  for (const Option& option : all_options()) {
    const auto value = winning_value(option, flags, environment, *values);
    if (!value) continue;
    const Result<void> read = option.read(settings, value->second);
    if (!read)
      return fail(
          ErrorCode::kInvalidArgument, value->first + " " + read.error().message(), option.flag);
  }
  return settings;
}

}  // namespace refrain::app
