#include "refrain/redis/client/redirected_command.h"

#include <algorithm>
#include <utility>

namespace refrain {

RedirectedCommand::RedirectedCommand(const RedisCommand& command,
                                     RespValue reply,
                                     std::string_view asked_host)
    : parts_(command.parts()),
      replies_(parts_.size()) {
  if (parts_.size() == 1) {
    note(0, std::move(reply), asked_host);
    return;
  }
  for (std::size_t i = 0; i < parts_.size() && i < reply.elements().size(); ++i)
    note(i, std::move(reply.elements()[i]), asked_host);
}

bool RedirectedCommand::is_redirected(const RespValue& reply, std::size_t command_size) {
  const auto sends_on = [](const RespValue& one) {
    return one.is_error() && parse_cluster_redirection(one, {}).has_value();
  };
  if (command_size == 1) return sends_on(reply);
  return std::any_of(reply.elements().begin(), reply.elements().end(), sends_on);
}

RedisCommand RedirectedCommand::next_command() const {
  RedisCommand command;
  // ASKING is good for one command only.
  const bool is_asking = redirection_ && redirection_->kind == ClusterRedirection::Kind::kAsk;
  for (const std::size_t part : left_) {
    if (is_asking) command.add({"ASKING"});
    command.add_part(parts_[part]);
  }
  return command;
}

void RedirectedCommand::take(RespValue reply, std::string_view asked_host) {
  const bool is_asking = redirection_ && redirection_->kind == ClusterRedirection::Kind::kAsk;
  const std::size_t stride = is_asking ? 2 : 1;
  const std::vector<std::size_t> sent = std::exchange(left_, {});
  redirection_.reset();
  if (sent.size() * stride == 1) {
    note(sent[0], std::move(reply), asked_host);
    return;
  }
  for (std::size_t i = 0; i < sent.size() && (i + 1) * stride <= reply.elements().size(); ++i)
    note(sent[i], std::move(reply.elements()[(i + 1) * stride - 1]), asked_host);
}

void RedirectedCommand::note(std::size_t part, RespValue reply, std::string_view asked_host) {
  std::optional<ClusterRedirection> redirection = parse_cluster_redirection(reply, asked_host);
  replies_[part] = std::move(reply);
  if (!redirection) return;
  left_.push_back(part);
  // All parts are about one slot, so the first one's advice is good for those behind it.
  if (!redirection_) redirection_ = std::move(redirection);
}

RespValue RedirectedCommand::reply() {
  if (replies_.size() == 1) return std::move(replies_[0]);
  return RespValue::array_of(std::move(replies_));
}

}  // namespace refrain
