#include "refrain/app/command_line.h"

#include "refrain/app/bench_trace_command.h"
#include "refrain/app/cache_command.h"
#include "refrain/app/demo_sticker.h"
#include "refrain/app/demo_text.h"
#include "refrain/app/option.h"
#include "refrain/app/option_values.h"
#include "refrain/app/serve_command.h"
#include "refrain/app/settings_loader.h"
#include "refrain/app/terminal.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace refrain::app {
namespace {

constexpr int kWrongCommandLine = 2;
constexpr const char* kDigestHelp =
    "The entry's digest as list prints it, or its first 8 or more digits";

std::optional<std::string> environment(const std::string& name) {
  const char* value =
      std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): read before any thread begins
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

/// What help says of an option: its meaning, its default, and its other two spellings.
std::string help_text(const Option& option, const Settings& defaults) {
  const std::string value = option.show(defaults);
  std::string text = option.help + "\n";
  if (value.empty()) {
    text += "no default";
  } else {
    text += "default " + value + (option.unit.empty() ? "" : " " + option.unit);
  }
  return text + "; env " + option.environment + "; file " + option.toml;
}

/// The word that stands for the value: `SECONDS`, or `VALUE` if it has no unit.
std::string placeholder(const Option& option) {
  if (option.unit.empty()) return "VALUE";
  std::string word;
  for (const char c : option.unit)
    word.push_back(static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
  return word;
}

/// Adds `--flag` and `--no-flag`, of which one may be given.
void add_switch(CLI::App& command,
                const Option& option,
                GivenFlags& given,
                const std::string& help) {
  const std::string on = "--" + option.flag;
  const std::string off = "--no-" + option.flag;
  const auto give = [&given, on, off, flag = option.flag](const char* value) {
    const auto [place, is_new] = given.emplace(flag, value);
    if (!is_new && place->second != value) throw CLI::ExcludesError(on, off);
  };
  command.add_flag_callback(on, [give] { give("on"); }, help);
  command.add_flag_callback(off, [give] { give("off"); }, "The opposite of " + on + ".");
}

/// Adds every option to `command`; what is given ends up in `given`.
void add_options(CLI::App& command, GivenFlags& given, std::optional<std::filesystem::path>& file) {
  const Settings defaults;
  for (const Option& option : all_options()) {
    const std::string help = help_text(option, defaults);
    if (option.is_switch) {
      add_switch(command, option, given, help);
    } else {
      command
          .add_option_function<std::string>(
              "--" + option.flag,
              [&given, flag = option.flag](const std::string& value) { given[flag] = value; },
              help)
          ->type_name(placeholder(option));
    }
  }
  command
      .add_option_function<std::string>(
          "--config",
          [&file](const std::string& path) { file = path; },
          "TOML file with the same options; flags and environment win over it.")
      ->type_name("FILE");
}

/// The subcommands of `command`, as a sentence lists them.
std::string names_of_subcommands(const CLI::App& command) {
  std::string names;
  for (const CLI::App* one : command.get_subcommands([](const CLI::App*) { return true; }))
    names += (names.empty() ? "" : ", ") + one->get_name();
  return names;
}

/// The commands and what they were given. CLI11 keeps references to the members while it parses.
class CommandLine {
public:
  CommandLine() : app_("Refrain: a tiered cache for model inference", "refrain") {
    app_.set_version_flag("--version", std::string("refrain ") + REFRAIN_VERSION);
    app_.require_subcommand(0, 1);
    add_serving("serve", "Run both services", {true, true});
    add_serving("text", "Run the text prediction service", {true, false});
    add_serving("sticker", "Run the sticker service", {false, true});
    add_cache();
    add_demo();
    add_bench();
    add_help();
  }

  int run(int argc, char** argv) {
    if (const std::optional<int> refused = refuse_unknown_command(argc, argv)) return *refused;
    try {
      app_.parse(argc, argv);
    } catch (const CLI::CallForHelp& call) {
      return app_.exit(call);
    } catch (const CLI::CallForVersion& call) {
      return app_.exit(call);
    } catch (const CLI::ParseError& error) {
      terminal_.complain(error.what());
      terminal_.complain("refrain --help lists the commands, refrain COMMAND --help their options");
      return kWrongCommandLine;
    }
    if (action_) return action_();
    const CLI::App* command = &app_;
    while (!command->get_subcommands().empty())
      command = command->get_subcommands().front();
    terminal_.print(command->help());
    return kWrongCommandLine;
  }

private:
  /// Follows the commands up to the first option. CLI11 itself would only say that something was
  /// not expected.
  std::optional<int> refuse_unknown_command(int argc, char** argv) const {
    const CLI::App* command = &app_;
    for (int i = 1; i < argc; ++i) {
      const std::string word = argv[i];
      const auto below = command->get_subcommands([](const CLI::App*) { return true; });
      if (below.empty() || word.starts_with('-')) return std::nullopt;
      const auto found = std::find_if(below.begin(), below.end(), [&word](const CLI::App* one) {
        return one->check_name(word);
      });
      if (found == below.end()) {
        std::string message = "there is no command ";
        if (command != &app_) message.append(command->get_name()).append(" ");
        message.append(word).append("; there are ").append(names_of_subcommands(*command));
        terminal_.complain(message);
        return kWrongCommandLine;
      }
      command = *found;
    }
    return std::nullopt;
  }

  /// Loads the settings and goes on with them, or says what is wrong with them.
  int with_settings(const std::function<int(const Settings&)>& go_on) {
    const Result<Settings> settings = load_settings(given_, environment, file_);
    if (settings) return go_on(*settings);
    terminal_.complain(settings.error().message());
    return kWrongCommandLine;
  }

  void add_serving(const char* name, const char* help, ServedServices services) {
    CLI::App* command = app_.add_subcommand(name, help);
    add_options(*command, given_, file_);
    command->callback([this, services] {
      action_ = [this, services] {
        return with_settings(
            [services](const Settings& settings) { return serve(settings, services); });
      };
    });
  }

  void add_cache() {
    CLI::App* cache = app_.add_subcommand("cache", "Look into a disk cache, and repair it");
    cache->require_subcommand(0, 1);
    const auto add = [this, cache](const char* name, const char* help, CacheAction what) {
      CLI::App* command = cache->add_subcommand(name, help);
      command->add_option("--dir", request_.directory, "The cache's directory")
          ->capture_default_str();
      command->callback([this, what] {
        action_ = [this, what] {
          request_.action = what;
          return run_cache_command(request_, terminal_);
        };
      });
      return command;
    };
    CLI::App* status = add("status", "How much is in it, and who owns it", CacheAction::kStatus);
    status->add_flag("--json", request_.is_json, "One JSON object");
    add_listing(*add("list", "Its entries, the first written first", CacheAction::kList));
    CLI::App* get =
        add("get", "Write one entry's bytes to a file or to standard output", CacheAction::kGet);
    get->add_option("digest", request_.digest, kDigestHelp)->required();
    get->add_option("-o,--output", request_.output, "The file; standard output if not given");
    CLI::App* purge =
        add("purge", "Forget one entry or, without a digest, all", CacheAction::kPurge);
    purge->add_option("digest", request_.digest, kDigestHelp);
    CLI::App* verify = add("verify", "Read every entry and check it", CacheAction::kVerify);
    verify->add_flag("--repair", request_.is_repair, "Remove what is corrupt");
    verify->add_flag("--json", request_.is_json, "One JSON object");
    verify->footer("Exit code 1 if something is corrupt, 0 if not or if it was removed.");
  }

  void add_listing(CLI::App& list) {
    CacheListQuery& query = request_.list;
    const auto limit = [&query](const std::string& text) {
      const Result<std::int64_t> value =
          read_integer(text, 0, std::numeric_limits<std::int64_t>::max());
      if (!value) throw CLI::ValidationError("--limit", value.error().message());
      query.limit = static_cast<std::size_t>(*value);
    };
    list.add_option_function<std::string>("--limit", limit, "Most entries to list; 0: all")
        ->type_name("NUMBER")
        ->default_str(std::to_string(query.limit));
    std::string orders;
    for (const auto& [name, order] : kCacheListOrders)
      orders += (orders.empty() ? "" : ", ") + std::string(name);
    const auto choose = [&query, orders](const std::string& word) {
      const auto* found =
          std::ranges::find(kCacheListOrders, word, [](const auto& one) { return one.first; });
      if (found == kCacheListOrders.end())
        throw CLI::ValidationError("--sort", "must be one of " + orders);
      query.order = found->second;
    };
    list.add_option_function<std::string>(
            "--sort", choose, "By " + orders + ";\nthe smallest, oldest or soonest first")
        ->type_name("ORDER");
    list.add_flag("--reverse", query.is_reversed, "The other way round");
    list.add_option("--type", query.content_type, "Only this content type, such as image/png")
        ->type_name("TYPE");
    add_bytes(list, "--min-bytes", query.min_bytes, "Only bodies of so many bytes or more");
    add_bytes(list, "--max-bytes", query.max_bytes, "Only bodies of so many bytes or fewer");
    list.add_flag("--unread", query.is_unread, "Only what was never read from the disk");
    list.add_flag("--stale", query.is_stale, "Only what is not fresh any more");
    list.add_flag("--json", query.is_json, "One JSON object a line instead of a table");
    list.footer(
        "Beside a running service, reads are as of the snapshot of its index: of a small cache "
        "one\n"
        "is taken every 5 minutes, of a large one when many entries are new; and one at the end.");
  }

  static void add_bytes(CLI::App& command,
                        const char* flag,
                        std::int64_t& target,
                        const char* help) {
    const auto take = [flag, &target](const std::string& text) {
      const Result<std::int64_t> value = read_bytes(text);
      if (!value) throw CLI::ValidationError(flag, value.error().message());
      target = *value;
    };
    command.add_option_function<std::string>(flag, take, help)->type_name("BYTES");
  }

  void add_demo() {
    CLI::App* demo = app_.add_subcommand("demo", "Show a cache at work, step by step");
    demo->require_subcommand(0, 1);
    const auto add = [this, demo](const char* name,
                                  const char* help,
                                  int (*show)(const Settings&, const Terminal&)) {
      CLI::App* command = demo->add_subcommand(name, help);
      add_options(*command, given_, file_);
      command->callback([this, show] {
        action_ = [this, show] {
          return with_settings(
              [this, show](const Settings& settings) { return show(settings, terminal_); });
        };
      });
    };
    add("text", "Redis, memory, and a slow predictor behind them", demo_text);
    add("sticker", "Memory, disk, and a slow sticker generator behind them", demo_sticker);
  }

  void add_bench() {
    CLI::App* bench = app_.add_subcommand("bench", "Measure what a cache would do");
    bench->require_subcommand(0, 1);
    CLI::App* trace = bench->add_subcommand("trace", kBenchTraceHelp);
    trace->add_option(
        "files", bench_trace_.files, "Traces, plain or compressed by gzip, xz or zstd");
    for (const BenchTraceOption& option : kBenchTraceOptions) {
      std::string& value = bench_trace_.*option.value;
      CLI::Option* added =
          trace->add_option(option.flag, value, option.help)->type_name(option.placeholder);
      if (!value.empty()) added->capture_default_str();
    }
    trace->footer(kBenchTraceNotes);
    trace->callback([this] {
      action_ = [this] {
        return run_bench_trace(bench_trace_, terminal_);
      };
    });
  }

  void add_help() {
    CLI::App* help = app_.add_subcommand("help", "Say more about a command");
    help->add_option("command", help_words_, "The command");
    help->callback([this] {
      action_ = [this] {
        CLI::App* command = &app_;
        for (const std::string& word : help_words_) {
          const auto matching = command->get_subcommands(
              [&word](const CLI::App* one) { return one->get_name() == word; });
          if (matching.empty()) {
            terminal_.complain("there is no command " + word + "; refrain --help lists them");
            return kWrongCommandLine;
          }
          command = matching.front();
        }
        terminal_.print(command->help());
        return 0;
      };
    });
  }

  const Terminal terminal_;
  CLI::App app_;
  GivenFlags given_;
  std::optional<std::filesystem::path> file_;
  CacheRequest request_;
  BenchTraceRequest bench_trace_;
  std::vector<std::string> help_words_;
  std::function<int()> action_;
};

}  // namespace

int run_program(int argc, char** argv) {
  try {
    return CommandLine().run(argc, argv);
  } catch (const std::exception& exception) {
    Terminal().complain(std::string("unexpected: ") + exception.what());
    return 1;
  }
}

}  // namespace refrain::app
