#include "support/redis_server.h"

#include "refrain/redis/client/redis_command.h"
#include "refrain/redis/client/resp_parser.h"

#include "support/wait_until.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace refrain::testing {

namespace {

// A descriptor that is closed at the end of the scope.
class Descriptor {
public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int get() const { return number_; }

private:
  int number_;
};

::sockaddr_un unix_address(const std::string& path) {
  ::sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    throw std::runtime_error("the socket's path is too long");
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

// Below those that the system gives to outgoing connections, of which tests under load make many:
// such a port would be taken before a server can have it.
std::uint16_t find_free_port() {
  constexpr std::uint16_t kLowest = 20'000;
  constexpr std::uint16_t kHighest = 32'000;
  std::random_device random;
  std::uniform_int_distribution<std::uint16_t> port(kLowest, kHighest);
  for (int attempt = 0; attempt < 100; ++attempt) {
    const Descriptor probe(::socket(AF_INET, SOCK_STREAM, 0));
    ::sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const std::uint16_t candidate = port(random);
    address.sin_port = htons(candidate);
    if (::bind(probe.get(), reinterpret_cast<::sockaddr*>(&address), sizeof address) == 0)
      return candidate;
  }
  throw std::runtime_error("no free port");
}

int connect_to(const std::string& path) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const ::sockaddr_un address = unix_address(path);
  if (::connect(socket, reinterpret_cast<const ::sockaddr*>(&address), sizeof address) == 0)
    return socket;
  ::close(socket);
  return -1;
}

RedisCommand to_command(const std::vector<std::string>& words) {
  const std::vector<std::string_view> views(words.begin(), words.end());
  RedisCommand command;
  command.add(views);
  return command;
}

RespValue exchange(int socket, const RedisCommand& command) {
  const std::string& wire = command.wire();
  for (std::size_t sent = 0; sent < wire.size();) {
    const ::ssize_t size = ::send(socket, wire.data() + sent, wire.size() - sent, MSG_NOSIGNAL);
    if (size <= 0) throw std::runtime_error("the test server takes no command");
    sent += static_cast<std::size_t>(size);
  }
  RespParser parser{RespParser::Limits()};
  while (true) {
    Result<std::optional<RespValue>> reply = parser.next();
    if (!reply) throw std::runtime_error(reply.error().message());
    if (reply->has_value()) return std::move(**reply);
    const std::span<char> room = parser.prepare();
    const ::ssize_t size = ::recv(socket, room.data(), room.size(), 0);
    if (size <= 0) throw std::runtime_error("the test server closed the connection");
    parser.commit(static_cast<std::size_t>(size));
  }
}

}  // namespace

RedisServer::RedisServer(std::vector<std::string> arguments, const std::string& config)
    : arguments_(std::move(arguments)),
      socket_path_((folder_.path() / "redis.sock").string()),
      port_(free_port()) {
  if (!config.empty()) {
    config_path_ = (folder_.path() / "redis.conf").string();
    std::ofstream(config_path_) << config;
  }
  start();
}

RedisAddress address_of(const RedisServer& server) {
  const RedisEndpoint endpoint = server.tcp_endpoint();
  RedisAddress address;
  address.host = endpoint.host;
  address.port = endpoint.port;
  return address;
}

std::uint16_t RedisServer::free_port() {
  return find_free_port();
}

RedisServer::~RedisServer() {
  if (pid_ > 0) end(SIGKILL);
}

void RedisServer::start() {
  std::vector<std::string> words = {"redis-server",
                                    "--port",
                                    std::to_string(port_),
                                    "--bind",
                                    "127.0.0.1",
                                    "--unixsocket",
                                    socket_path_,
                                    "--dir",
                                    folder_.path().string(),
                                    "--save",
                                    "",
                                    "--appendonly",
                                    "no",
                                    "--logfile",
                                    (folder_.path() / "redis.log").string()};
  if (!config_path_.empty()) words.insert(words.begin() + 1, config_path_);
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  std::vector<char*> argv;
  for (std::string& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  const ::pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    // A test that dies takes its server along.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() == parent) ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  wait_until_ready();
}

void RedisServer::wait_until_ready() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < deadline) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("redis-server did not start: is it installed?");
    }
    const Descriptor socket(connect_to(socket_path_));
    // Any reply will do, also that a password is wanted.
    if (socket.get() >= 0) {
      static_cast<void>(exchange(socket.get(), to_command({"PING"})));
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  throw std::runtime_error("redis-server did not become ready");
}

void RedisServer::end(int signal) {
  ::kill(pid_, signal);
  // A frozen one must wake up to hear of SIGTERM; SIGKILL asks nobody.
  if (signal != SIGKILL) ::kill(pid_, SIGCONT);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  is_frozen_ = false;
}

void RedisServer::stop() {
  end(SIGTERM);
}
void RedisServer::kill() {
  end(SIGKILL);
}
void RedisServer::freeze() {
  ::kill(pid_, SIGSTOP);
  is_frozen_ = true;
}
void RedisServer::thaw() {
  ::kill(pid_, SIGCONT);
  is_frozen_ = false;
}

RespValue RedisServer::command(const std::vector<std::string>& words) const {
  const Descriptor socket(connect_to(socket_path_));
  if (socket.get() < 0) throw std::runtime_error("the test server is away");
  if (!password_.empty())
    static_cast<void>(exchange(socket.get(), to_command({"AUTH", password_})));
  return exchange(socket.get(), to_command(words));
}

RedisEndpoint RedisServer::unix_endpoint() const {
  RedisEndpoint endpoint;
  endpoint.unix_path = socket_path_;
  return endpoint;
}

RedisEndpoint RedisServer::tcp_endpoint() const {
  RedisEndpoint endpoint;
  endpoint.host = "127.0.0.1";
  endpoint.port = port_;
  return endpoint;
}

void wait_until_replicated(const RedisServer& master) {
  const auto number_behind = [](const std::string& text, std::string_view word) {
    const std::size_t begin = text.find(word);
    return begin == std::string::npos ? -1LL : std::stoll(text.substr(begin + word.size()));
  };
  const auto info = [&] {
    return master.command({"INFO", "replication"}).text();
  };
  const long long written = number_behind(info(), "master_repl_offset:");
  wait_until("the replica has it all", [&] {
    const std::string text = info();
    const std::size_t replica = text.find("slave0:");
    return replica != std::string::npos &&
           number_behind(text.substr(replica), "offset=") >= written;
  });
}

FakeRedisServer::FakeRedisServer(std::vector<std::string> answers)
    : answers_(std::move(answers)),
      listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const ::sockaddr_un address = unix_address(endpoint().unix_path);
  if (::bind(listener_, reinterpret_cast<const ::sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_, 16) != 0 || ::pipe2(wake_, O_CLOEXEC) != 0)
    throw std::runtime_error("the fake server cannot listen");
  thread_ = std::thread([this] { serve(); });
}

FakeRedisServer::~FakeRedisServer() {
  ::close(wake_[1]);
  thread_.join();
  ::close(wake_[0]);
  ::close(listener_);
}

RedisEndpoint FakeRedisServer::endpoint() const {
  RedisEndpoint endpoint;
  endpoint.unix_path = (folder_.path() / "fake.sock").string();
  return endpoint;
}

void FakeRedisServer::serve() const {
  std::map<int, std::size_t> clients;  // how many answers each has had
  while (true) {
    std::vector<::pollfd> polled = {{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const auto& [client, turn] : clients)
      polled.push_back({client, POLLIN, 0});
    ::poll(polled.data(), polled.size(), -1);
    if (polled[0].revents != 0) break;
    if (polled[1].revents != 0) clients[::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)] = 0;
    for (std::size_t i = 2; i < polled.size(); ++i) {
      const int client = polled[i].fd;
      std::array<char, 4096> bytes{};
      if (polled[i].revents == 0) continue;
      if (::recv(client, bytes.data(), bytes.size(), 0) <= 0) {
        ::close(client);
        clients.erase(client);
      } else if (const std::size_t turn = clients[client]++; turn < answers_.size()) {
        static_cast<void>(
            ::send(client, answers_[turn].data(), answers_[turn].size(), MSG_NOSIGNAL));
      }
    }
  }
  for (const auto& [client, turn] : clients)
    ::close(client);
}

}  // namespace refrain::testing
