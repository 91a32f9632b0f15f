#include "refrain/http/method.h"

namespace refrain::http {

std::string_view to_string(Method method) {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kHead:
      return "HEAD";
    case Method::kPost:
      return "POST";
    case Method::kDelete:
      return "DELETE";
    case Method::kQuery:
      return "QUERY";
    case Method::kOther:
      break;
  }
  return "other";
}

Method parse_method(std::string_view text) {
  if (text == "GET") return Method::kGet;
  if (text == "POST") return Method::kPost;
  if (text == "HEAD") return Method::kHead;
  if (text == "DELETE") return Method::kDelete;
  if (text == "QUERY") return Method::kQuery;
  return Method::kOther;
}

}  // namespace refrain::http
