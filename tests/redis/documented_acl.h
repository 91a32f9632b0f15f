#pragma once

/// @file
/// The rights of the tier's users as docs/operations.md has them.

#include "support/redis_server.h"

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace refrain::testing {

/// The words of the command that docs/operations.md has for making the tier's user, or the one that
/// grants `right`.
inline std::vector<std::string> documented_acl(std::string_view right = "") {
  std::ifstream document(REFRAIN_SOURCE_DIR "/docs/operations.md");
  for (std::string line; std::getline(document, line);) {
    const std::size_t begin = line.find("ACL SETUSER refrain ");
    if (begin == std::string::npos || line.find(right) == std::string::npos) continue;
    std::istringstream text(line.substr(begin));
    std::vector<std::string> words;
    for (std::string word; text >> word;)
      words.push_back(word);
    return words;
  }
  throw std::runtime_error("docs/operations.md has no ACL");
}

/// Makes that user on `server`, and returns the endpoint at which it logs in.
inline RedisEndpoint documented_user(const RedisServer& server) {
  if (server.command(documented_acl()).is_error())
    throw std::runtime_error("Redis refuses the documented ACL");
  RedisEndpoint endpoint = server.unix_endpoint();
  endpoint.user = "refrain";
  endpoint.password = "password";
  return endpoint;
}

/// Whether nobody was refused anything on `server`.
inline bool is_nobody_refused(const RedisServer& server) {
  return server.command({"ACL", "LOG"}).elements().empty();
}

}  // namespace refrain::testing
