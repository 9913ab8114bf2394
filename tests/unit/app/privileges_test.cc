#include "app/privileges.h"

#include <pwd.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gateway::app {
namespace {

using testing::HasSubstr;

TEST(Privileges, NobodyIsNothing) { EXPECT_TRUE(become_user("").ok()); }

TEST(Privileges, WhoOneIsAlreadyIsNothing) {
  const passwd* self = getpwuid(geteuid());
  ASSERT_NE(self, nullptr);
  EXPECT_EQ(become_user(self->pw_name).ok(), getegid() == self->pw_gid);
}

TEST(Privileges, AnUnknownUserIsAnError) {
  const auto become = become_user("no-such-user");
  ASSERT_FALSE(become.ok());
  EXPECT_THAT(become.error().message,
              HasSubstr("server.user: cannot become no-such-user: there is no such user"));
}

TEST(Privileges, RootGoesForGoodAndOthersMayNot) {
  const uid_t nobody = getpwnam("nobody")->pw_uid;
  const auto become = [nobody] {
    const auto done = become_user("nobody");
    uid_t ids[3];
    const bool is_nobody = getresuid(&ids[0], &ids[1], &ids[2]) == 0 && ids[0] == nobody &&
                           ids[1] == nobody && ids[2] == nobody;
    const bool is_back = setuid(0) == 0 || setgid(0) == 0;
    const bool refused =
        !done.ok() && done.error().message.find("only root can") != std::string::npos;
    _exit(done.ok() && is_nobody && !is_back ? 10 : refused ? 20 : 1);
  };
  EXPECT_EXIT(become(), testing::ExitedWithCode(geteuid() == 0 ? 10 : 20), "");
}

}  // namespace
}  // namespace gateway::app
