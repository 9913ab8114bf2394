#include "base/release.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace gateway::base {
namespace {

struct Holder {
  std::string text;
  std::size_t at = 0;
};

TEST(Release, FreesWhatAssignmentWouldKeep) {
  std::string assigned(40'000, 'x');
  assigned = {};
  EXPECT_GE(assigned.capacity(), 40'000U) << "or nobody needs it";
  std::string released(40'000, 'x');
  release(released);
  EXPECT_LT(released.capacity(), 100U);
}

TEST(Release, FreesWhatAMemberHolds) {
  Holder holder{std::string(40'000, 'x'), 7};
  release(holder);
  EXPECT_LT(holder.text.capacity(), 100U);
  EXPECT_EQ(holder.at, 0U);
}

}  // namespace
}  // namespace gateway::base
