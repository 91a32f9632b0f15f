#include "refrain/http/response.h"

namespace refrain::http {

void Response::clear() {
  status_ = 200;
  header_lines_.clear();
  own_body_.clear();
  content_type_ = {};
  body_ = {};
  release_owner();
}

void Response::add_header(std::string_view name, std::string_view value) {
  header_lines_.append(name).append(": ").append(value).append("\r\n");
}

void Response::set_body(std::string_view content_type, std::string body) {
  release_owner();
  own_body_ = std::move(body);
  content_type_ = content_type;
  body_ = own_body_;
}

void Response::release_owner() {
  file_ = {};
  if (destroy_owner_ == nullptr) return;
  destroy_owner_(&owner_storage_);
  destroy_owner_ = nullptr;
}

}  // namespace refrain::http
