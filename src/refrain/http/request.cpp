#include "refrain/http/request.h"

#include <boost/beast/core/string.hpp>

namespace refrain::http {

std::string_view Request::query() const {
  const std::size_t mark = target_.find('?');
  return mark == std::string_view::npos ? std::string_view() : target_.substr(mark + 1);
}

std::string_view Request::header(std::string_view name) const {
  for (std::size_t i = 0; i < field_count_; ++i) {
    const Field& field = fields_[i];
    if (field.name.size() == name.size() && boost::beast::iequals(field.name, name))
      return field.value;
  }
  return {};
}

}  // namespace refrain::http
