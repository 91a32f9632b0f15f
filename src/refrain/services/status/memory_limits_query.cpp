#include "refrain/services/status/memory_limits_query.h"

#include "refrain/services/api/request_fields.h"

namespace refrain {

namespace {

// A tier cannot be switched off while it runs: with less than a mebibyte there is no room for what
// a cache keeps besides its entries.
constexpr std::int64_t kMostItems = std::int64_t{1} << 31U;
constexpr std::int64_t kLeastBytes = std::int64_t{1} << 20U;
constexpr std::int64_t kMostBytes = std::int64_t{1} << 50U;

}  // namespace

Result<MemoryLimitsQuery> MemoryLimitsQuery::read(std::string_view body, std::size_t least_items) {
  Result<RequestFields> fields = RequestFields::from_json(body);
  if (!fields) return fail(fields.error());
  MemoryLimitsQuery query;
  Result<std::optional<std::int64_t>> items = fields->take_optional_integer(
      "max_items", {static_cast<std::int64_t>(least_items), kMostItems});
  if (!items) return fail(items.error());
  Result<std::optional<std::int64_t>> bytes =
      fields->take_optional_integer("max_size_bytes", {kLeastBytes, kMostBytes});
  if (!bytes) return fail(bytes.error());
  if (!fields->canonical_rest().empty()) {
    return fail(
        ErrorCode::kInvalidArgument,
        "only max_items and max_size_bytes can be set; unknown: " + fields->canonical_rest());
  }
  if (!*items && !*bytes) {
    return fail(ErrorCode::kInvalidArgument, "name max_items, max_size_bytes or both", "max_items");
  }
  if (*items) query.max_items = static_cast<std::size_t>(**items);
  if (*bytes) query.max_size_bytes = static_cast<std::size_t>(**bytes);
  return query;
}

}  // namespace refrain
