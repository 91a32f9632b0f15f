#include "support/service_process.h"

#include "support/wait_until.h"

#include <boost/json/parse.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace refrain::testing {
namespace {

// A sanitized program on a busy machine reads its 27 MB model in this.
constexpr std::chrono::seconds kStartTime{60};

std::string error_file(const std::string& directory, ::pid_t pid) {
  return directory + "/stderr." + std::to_string(pid);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// In the child: becomes the program. Standard output goes to `output`, standard error to a file.
[[noreturn]] void become_program(const std::vector<std::string>& arguments,
                                 const std::string& directory,
                                 const std::vector<std::string>& environment,
                                 int output) {
  std::vector<char*> words;
  std::string program = REFRAIN_BINARY;
  words.push_back(program.data());
  std::vector<std::string> copies = arguments;
  for (std::string& copy : copies)
    words.push_back(copy.data());
  words.push_back(nullptr);
  std::vector<std::string> settings = environment;
  for (std::string& setting : settings)
    ::putenv(setting.data());
  const int errors = ::open(
      error_file(directory, ::getpid()).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (errors < 0 || ::chdir(directory.c_str()) != 0) ::_exit(126);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  ::execv(words.front(), words.data());
  ::_exit(127);
}

std::pair<::pid_t, int> start_program(const std::vector<std::string>& arguments,
                                      const std::string& directory,
                                      const std::vector<std::string>& environment) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
  const ::pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("cannot fork");
  if (pid == 0) become_program(arguments, directory, environment, ends[1]);
  ::close(ends[1]);
  return {pid, ends[0]};
}

/// Appends what can be read from `output`; false at its end.
bool read_some(int output, std::string& text) {
  char buffer[4096];
  const ssize_t size = ::read(output, buffer, sizeof buffer);
  if (size > 0) text.append(buffer, static_cast<std::size_t>(size));
  return size > 0 || (size < 0 && errno == EINTR);
}

int exit_code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::uint16_t port_in(const std::string& printed, std::string_view title) {
  const std::size_t line = printed.find(std::string(title) + "  http://");
  if (line == std::string::npos) return 0;
  const std::size_t colon = printed.find(':', printed.find("//", line) + 2);
  return static_cast<std::uint16_t>(std::strtoul(printed.c_str() + colon + 1, nullptr, 10));
}

HttpReply ask(std::uint16_t port,
              std::string_view method,
              std::string_view target,
              std::string_view headers,
              std::string_view body) {
  std::string request(method);
  request.append(" ")
      .append(target)
      .append(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n")
      .append(headers);
  if (!body.empty())
    request.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  request.append("\r\n").append(body);
  HttpClient client(port);
  client.send(request);
  return client.read_reply(method == "HEAD" ? Content::kIsAbsent : Content::kFollows);
}

}  // namespace

Finished run_program(const std::vector<std::string>& arguments,
                     const std::string& directory,
                     const std::vector<std::string>& environment) {
  const auto [pid, output] = start_program(arguments, directory, environment);
  Finished finished;
  while (read_some(output, finished.output)) {
  }
  ::close(output);
  int status = 0;
  ::waitpid(pid, &status, 0);
  finished.exit_code = exit_code_of(status);
  finished.errors = read_file(error_file(directory, pid));
  return finished;
}

ServiceProcess::ServiceProcess(std::vector<std::string> arguments,
                               std::string directory,
                               const std::vector<std::string>& environment)
    : directory_(std::move(directory)) {
  for (const char* word : {"--text-port", "0", "--sticker-port", "0"})
    arguments.emplace_back(word);
  std::tie(pid_, output_) = start_program(arguments, directory_, environment);
  read_addresses();
}

ServiceProcess::~ServiceProcess() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(output_);
}

void ServiceProcess::read_addresses() {
  const auto deadline = std::chrono::steady_clock::now() + kStartTime;
  while (printed_.find("Ctrl-C") == std::string::npos) {
    pollfd waiting{output_, POLLIN, 0};
    const bool is_late = std::chrono::steady_clock::now() > deadline;
    if (is_late || (::poll(&waiting, 1, 100) > 0 && !read_some(output_, printed_))) {
      ::kill(pid_, SIGKILL);
      int status = 0;
      ::waitpid(std::exchange(pid_, -1), &status, 0);
      ::close(output_);
      throw std::runtime_error("the service did not start, and ended with " +
                               std::to_string(exit_code_of(status)) + ": " + printed_ + errors());
    }
  }
  text_port_ = port_in(printed_, "text prediction");
  sticker_port_ = port_in(printed_, "stickers");
}

void ServiceProcess::signal(int number) const {
  ::kill(pid_, number);
}

Finished ServiceProcess::wait() {
  Finished finished;
  int status = 0;
  wait_until("the service ends", [&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; });
  while (read_some(output_, printed_)) {
  }
  finished.exit_code = exit_code_of(status);
  finished.output = printed_;
  finished.errors = errors();
  pid_ = -1;
  return finished;
}

std::string ServiceProcess::errors() const {
  std::string text;
  for (const auto& file : std::filesystem::directory_iterator(directory_)) {
    if (file.path().filename().string().starts_with("stderr."))
      text += read_file(file.path().string());
  }
  return text;
}

std::size_t ServiceProcess::peak_memory() const {
  const std::string status = read_file("/proc/" + std::to_string(pid_) + "/status");
  constexpr std::string_view kName = "VmHWM:";
  const std::size_t line = status.find(kName);
  if (line == std::string::npos) throw std::runtime_error("the service has no memory: it ended");
  const std::size_t kibibytes = std::strtoul(status.c_str() + line + kName.size(), nullptr, 10);
  return kibibytes << 10U;
}

HttpReply get(std::uint16_t port, std::string_view target, std::string_view headers) {
  return ask(port, "GET", target, headers, {});
}

HttpReply send_json(std::uint16_t port,
                    std::string_view method,
                    std::string_view target,
                    std::string_view body,
                    std::string_view headers) {
  return ask(
      port, method, target, "Content-Type: application/json\r\n" + std::string(headers), body);
}

HttpReply send_delete(std::uint16_t port, std::string_view target, std::string_view headers) {
  return ask(port, "DELETE", target, headers, {});
}

boost::json::object cache_status(std::uint16_t port) {
  return boost::json::parse(get(port, "/cache-status").body).as_object();
}

boost::json::object tier_status(std::uint16_t port, std::string_view tier) {
  const boost::json::object status = cache_status(port);
  for (const boost::json::value& one : status.at("tiers").as_array()) {
    if (one.at("name").as_string() == boost::json::string_view(tier.data(), tier.size()))
      return one.as_object();
  }
  throw std::runtime_error("there is no tier " + std::string(tier));
}

}  // namespace refrain::testing
