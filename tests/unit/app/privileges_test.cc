#include "app/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gateway::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Privileges, NobodyIsNothing) { EXPECT_TRUE(become_user("").ok()); }

TEST(Privileges, WhoOneIsAlreadyIsNothing) {
  const passwd* self = getpwuid(geteuid());
  ASSERT_NE(self, nullptr);
  EXPECT_EQ(become_user(self->pw_name).ok(), getegid() == self->pw_gid && geteuid() != 0);
}

TEST(Privileges, AnUnknownUserIsAnError) {
  for (const auto ask : {check_user, become_user}) {
    const auto answer = ask("no-such-user");
    ASSERT_FALSE(answer.ok());
    EXPECT_THAT(answer.error().message,
                HasSubstr("server.user: cannot become no-such-user: there is no such user"));
  }
  EXPECT_TRUE(check_user("nobody").ok());
}

TEST(Privileges, RootIsNoUserToBecome) {
  for (const auto ask : {check_user, become_user}) {
    const auto answer = ask("root");
    ASSERT_FALSE(answer.ok());
    EXPECT_THAT(answer.error().message, HasSubstr("that is root"));
  }
}

TEST(Privileges, UnreadableFilesAreNamed) {
  EXPECT_THAT(unreadable({"/dev/null", "nowhere", "/"}),
              ElementsAre("nowhere: No such file or directory"));
}

TEST(Privileges, RootGoesForGoodAndOthersMayNot) {
  const uid_t nobody = getpwnam("nobody")->pw_uid;
  const auto become = [nobody] {
    const gid_t some[] = {0, 4};
    static_cast<void>(setgroups(2, some));
    const auto done = become_user("nobody");
    uid_t ids[3];
    const bool is_nobody = getresuid(&ids[0], &ids[1], &ids[2]) == 0 && ids[0] == nobody &&
                           ids[1] == nobody && ids[2] == nobody;
    gid_t groups[8];
    const int count = getgroups(8, groups);
    const bool has_others = count > 1 || (count == 1 && groups[0] != getegid());
    const bool is_back = setuid(0) == 0 || setgid(0) == 0;
    const bool refused =
        !done.ok() && done.error().message.find("only root can") != std::string::npos;
    const bool stays = become_user("nobody").ok();
    _exit(done.ok() && is_nobody && !has_others && !is_back && stays ? 10 : refused ? 20 : 1);
  };
  EXPECT_EXIT(become(), testing::ExitedWithCode(geteuid() == 0 ? 10 : 20), "");
}

}  // namespace
}  // namespace gateway::app
