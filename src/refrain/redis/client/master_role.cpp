#include "refrain/redis/client/master_role.h"

#include "refrain/redis/client/redis_command.h"

#include <utility>
#include <vector>

namespace refrain {

Result<void> check_master_role(const RespValue& reply) {
  if (reply.is_error())
    return fail(ErrorCode::kUnavailable, "it does not tell its role: " + reply.text());
  if (reply.elements().empty() || reply.elements().front().text() != "master")
    return fail(ErrorCode::kUnavailable, "it is not the master");
  return {};
}

void expect_master(RedisConnectionOptions& options) {
  const RedisCommand greeting = options.greeting;
  auto on_greeted = std::move(options.on_greeted);
  options.greeting = RedisCommand({"ROLE"});
  options.greeting.add(greeting);
  options.on_greeted = [size = greeting.size(), on_greeted = std::move(on_greeted)](
                           const RespValue& reply) -> Result<void> {
    const RespValue& role = size == 0 ? reply : reply.elements().front();
    if (Result<void> checked = check_master_role(role); !checked) return checked;
    if (size == 0 || !on_greeted) return {};
    const std::vector<RespValue> rest(reply.elements().begin() + 1, reply.elements().end());
    return on_greeted(size == 1 ? rest.front() : RespValue::array_of(rest));
  };
}

}  // namespace refrain
