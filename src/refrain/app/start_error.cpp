#include "refrain/app/start_error.h"

#include "refrain/app/option.h"

#include <algorithm>

namespace refrain::app {

Error with_option(const Error& error) {
  const auto& all = all_options();
  const auto found = std::find_if(
      all.begin(), all.end(), [&error](const Option& one) { return one.flag == error.field(); });
  if (found == all.end()) return error;
  const std::string flag = "--" + found->flag;
  if (error.message().find(flag) != std::string::npos) return error;
  return Error(error.code(),
               error.message() + " (" + flag + ", " + found->environment + ", " + found->toml + ")",
               error.field());
}

int exit_code_of(const Error& error) {
  return error.code() == ErrorCode::kInvalidArgument ? 2 : 1;
}

}  // namespace refrain::app
