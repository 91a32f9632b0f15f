#pragma once

/// @file
/// The real program, as users run it.

#include "support/http_client.h"

#include <boost/json/object.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace refrain::testing {

/// What a program that has ended left.
struct Finished {
  int exit_code = -1;  ///< 128 + signal if a signal ended it.
  std::string output;  ///< Standard output.
  std::string errors;  ///< Standard error.
};

/// Runs the program to its end. `directory` is its working directory, `environment` is added to
/// ours.
Finished run_program(const std::vector<std::string>& arguments,
                     const std::string& directory,
                     const std::vector<std::string>& environment = {});

/// `refrain serve`, `text` or `sticker` on free ports, until the end of the scope.
///
/// Thread safety: the requests may come from any thread; the rest is for one.
class ServiceProcess {
public:
  /// Starts `refrain <arguments…>` in `directory` with both ports free, and waits until it has
  /// printed its addresses. Throws with what it said if it ends before that. `environment` is added
  /// to ours.
  ServiceProcess(std::vector<std::string> arguments,
                 std::string directory,
                 const std::vector<std::string>& environment = {});
  ServiceProcess(const ServiceProcess&) = delete;
  ServiceProcess& operator=(const ServiceProcess&) = delete;
  ~ServiceProcess();

  [[nodiscard]] std::uint16_t text_port() const { return text_port_; }
  [[nodiscard]] std::uint16_t sticker_port() const { return sticker_port_; }

  void signal(int number) const;
  /// Waits for the end and returns what it left. Sends nothing.
  Finished wait();
  /// Standard error so far.
  [[nodiscard]] std::string errors() const;
  /// The most memory that it has had at once, in bytes.
  [[nodiscard]] std::size_t peak_memory() const;

private:
  void read_addresses();

  std::string directory_;
  ::pid_t pid_ = -1;
  int output_ = -1;
  std::string printed_;
  std::uint16_t text_port_ = 0;
  std::uint16_t sticker_port_ = 0;
};

/// One request on a connection of its own.
HttpReply get(std::uint16_t port, std::string_view target, std::string_view headers = {});
HttpReply send_json(std::uint16_t port,
                    std::string_view method,
                    std::string_view target,
                    std::string_view body,
                    std::string_view headers = {});
HttpReply send_delete(std::uint16_t port, std::string_view target, std::string_view headers = {});

/// The parsed `/cache-status` of a service.
boost::json::object cache_status(std::uint16_t port);
/// Its tier of that name; throws if there is none.
boost::json::object tier_status(std::uint16_t port, std::string_view tier);

}  // namespace refrain::testing
