#include "app/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "base/log.h"

namespace gateway::app {
namespace {

struct User {
  uid_t id;
  gid_t group;
};

std::optional<User> find_user(const std::string& name) {
  std::vector<char> room(16 * 1024);
  passwd entry{};
  passwd* found = nullptr;
  const int error = getpwnam_r(name.c_str(), &entry, room.data(), room.size(), &found);
  if (error != 0 || found == nullptr) return std::nullopt;
  return User{entry.pw_uid, entry.pw_gid};
}

base::Fail<base::Error> failed(const std::string& user, const std::string& what) {
  return base::Fail{base::Error{"server.user: cannot become " + user + ": " + what}};
}

/// Real, effective and saved: setresuid alone could leave a way back.
bool is_wholly(const User& user) {
  uid_t ids[3];
  gid_t groups[3];
  if (getresuid(&ids[0], &ids[1], &ids[2]) != 0) return false;
  if (getresgid(&groups[0], &groups[1], &groups[2]) != 0) return false;
  for (const uid_t id : ids) {
    if (id != user.id) return false;
  }
  for (const gid_t group : groups) {
    if (group != user.group) return false;
  }
  return true;
}

}  // namespace

base::Result<base::Unit> become_user(const std::string& user) {
  if (user.empty()) return base::Unit{};
  const std::optional<User> wanted = find_user(user);
  if (!wanted) return failed(user, "there is no such user; make one with `adduser --system`");
  if (is_wholly(*wanted)) return base::Unit{};
  if (geteuid() != 0) {
    return failed(user, "only root can; start as root, or leave server.user out");
  }
  if (wanted->id == 0) return failed(user, "that is root; name a user without rights");
  // Groups first: without root there is no changing them.
  const bool changed = initgroups(user.c_str(), wanted->group) == 0 &&
                       setresgid(wanted->group, wanted->group, wanted->group) == 0 &&
                       setresuid(wanted->id, wanted->id, wanted->id) == 0;
  if (!changed) return failed(user, std::strerror(errno));
  if (!is_wholly(*wanted) || setuid(0) == 0) return failed(user, "the way back to root is open");
  BC_LOG(info, "gave up root", {"user", user});
  return base::Unit{};
}

}  // namespace gateway::app
