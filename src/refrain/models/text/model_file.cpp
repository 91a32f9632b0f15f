#include "refrain/models/text/model_file.h"

#include <string>
#include <system_error>

namespace refrain {

Result<std::filesystem::path> find_model_file(std::span<const std::filesystem::path> candidates) {
  std::string places;
  for (const std::filesystem::path& candidate : candidates) {
    std::error_code error;
    if (std::filesystem::is_regular_file(candidate, error)) return candidate;
    if (!places.empty()) places += ", ";
    places += candidate.string();
  }
  if (places.empty()) places = "(no place given)";
  return fail(ErrorCode::kUnavailable, "no text model found; looked at: " + places);
}

}  // namespace refrain
