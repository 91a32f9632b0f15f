#include "refrain/services/status/memory_limits_query.h"

#include "refrain/services/api/request_fields.h"

namespace refrain {

namespace {

// As the options of the same names. None is less than one: a tier cannot be switched off while it
// runs.
constexpr std::int64_t kMostItems = std::int64_t{1} << 31U;
constexpr std::int64_t kMostBytes = std::int64_t{1} << 50U;

}  // namespace

Result<MemoryLimitsQuery> MemoryLimitsQuery::read(std::string_view body) {
  Result<RequestFields> fields = RequestFields::from_json(body);
  if (!fields) return fail(fields.error());
  MemoryLimitsQuery query;
  Result<std::optional<std::int64_t>> items =
      fields->take_optional_integer("max_items", {1, kMostItems});
  if (!items) return fail(items.error());
  Result<std::optional<std::int64_t>> bytes =
      fields->take_optional_integer("max_size_bytes", {1, kMostBytes});
  if (!bytes) return fail(bytes.error());
  if (!fields->canonical_rest().empty()) {
    return fail(
        ErrorCode::kInvalidArgument,
        "only max_items and max_size_bytes can be set; unknown: " + fields->canonical_rest());
  }
  if (!*items && !*bytes) {
    return fail(ErrorCode::kInvalidArgument, "name max_items, max_size_bytes or both", "max_items");
  }
  query.max_items = *items;
  query.max_size_bytes = *bytes;
  return query;
}

}  // namespace refrain
