#include "refrain/redis/script_refusal.h"

namespace refrain {

bool is_script_refusal(std::string_view text) {
  return text.starts_with("NOPERM") || text.starts_with("ERR unknown command");
}

}  // namespace refrain
