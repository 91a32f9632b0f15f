#include "refrain/redis/value_fault.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace refrain {
namespace {

TEST(ValueFault, HasANameOfItsOwnForEachKind) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < kValueFaults; ++i)
    names.emplace(to_string(static_cast<ValueFault>(i)));

  EXPECT_EQ(names.size(), kValueFaults);
  EXPECT_EQ(to_string(ValueFault::kTooLarge), "too_large");
}

}  // namespace
}  // namespace refrain
