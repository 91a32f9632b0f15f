#include "refrain/app/settings_loader.h"

#include <toml++/toml.h>

#include <sstream>
#include <utility>

namespace refrain::app {
namespace {

/// The file's values by their dotted keys, as text.
using FileValues = std::map<std::string, std::string, std::less<>>;

Result<void> flatten(const toml::table& table, const std::string& prefix, FileValues& values) {
  for (const auto& [key, node] : table) {
    const std::string name =
        prefix.empty() ? std::string(key.str()) : prefix + "." + std::string(key.str());
    if (const toml::table* inner = node.as_table()) {
      const Result<void> done = flatten(*inner, name, values);
      if (!done) return done;
    } else if (const auto* text = node.as_string()) {
      values[name] = text->get();
    } else if (const auto* number = node.as_integer()) {
      // Its value, not its spelling: the file may say 0x1F90.
      values[name] = std::to_string(number->get());
    } else if (node.is_boolean() || node.is_floating_point()) {
      std::ostringstream out;
      node.visit([&out](const auto& value) {
        if constexpr (toml::is_value<decltype(value)>) out << value;
      });
      values[name] = out.str();
    } else {
      return fail(ErrorCode::kInvalidArgument,
                  "option " + name + " must be a string, a number or a boolean",
                  name);
    }
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
