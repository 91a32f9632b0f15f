#include "refrain/http/method.h"

#include <gtest/gtest.h>

namespace refrain::http {
namespace {

TEST(Method, IsReadAsItIsWritten) {
  for (const Method method :
       {Method::kGet, Method::kHead, Method::kPost, Method::kDelete, Method::kQuery})
    EXPECT_EQ(parse_method(to_string(method)), method) << to_string(method);
}

TEST(Method, IsCaseSensitive) {
  EXPECT_EQ(parse_method("get"), Method::kOther);
  EXPECT_EQ(parse_method("Post"), Method::kOther);
}

TEST(Method, IsOtherIfNoRouteCanBeForIt) {
  EXPECT_EQ(parse_method("PUT"), Method::kOther);
  EXPECT_EQ(parse_method(""), Method::kOther);
  EXPECT_EQ(parse_method("GETT"), Method::kOther);
  EXPECT_EQ(to_string(Method::kOther), "other");
}

}  // namespace
}  // namespace refrain::http
