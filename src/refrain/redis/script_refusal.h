#pragma once

/// @file
/// What Redis says to those who may not run scripts.

#include <string_view>

namespace refrain {

/// Whether the error reply `text` to a script says that there are none for this user, and not only
/// that this server cannot run one now, as while it loads its data or has become a replica.
bool is_script_refusal(std::string_view text);

}  // namespace refrain
