#include "app/privileges.h"

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/log.h"
#include "net/accepted.h"

namespace gateway::app {
namespace {

struct User {
  uid_t id;
  gid_t group;
};

std::optional<User> look_up(const std::string& name) {
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

base::Result<User> find_user(const std::string& name) {
  const std::optional<User> found = look_up(name);
  if (!found) return failed(name, "there is no such user; make one with `adduser --system`");
  if (found->id == 0) return failed(name, "that is root; name a user without rights");
  return *found;
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

/// His supplementary groups and no others; his own may be among them or not.
bool has_groups(const std::string& name, const User& user) {
  int count = NGROUPS_MAX;
  std::vector<gid_t> his(static_cast<std::size_t>(count));
  if (getgrouplist(name.c_str(), user.group, his.data(), &count) < 0) return false;
  his.resize(static_cast<std::size_t>(count));
  std::vector<gid_t> ours(NGROUPS_MAX);
  const int got = getgroups(NGROUPS_MAX, ours.data());
  if (got < 0) return false;
  ours.resize(static_cast<std::size_t>(got));
  for (std::vector<gid_t>* groups : {&his, &ours}) {
    groups->push_back(user.group);
    std::sort(groups->begin(), groups->end());
    groups->erase(std::unique(groups->begin(), groups->end()), groups->end());
  }
  return his == ours;
}

}  // namespace

base::Result<base::Unit> check_user(const std::string& user) {
  if (user.empty()) return base::Unit{};
  if (const auto found = find_user(user); !found) return base::Fail{found.error()};
  return base::Unit{};
}

base::Result<base::Unit> become_user(const std::string& user) {
  if (user.empty()) return base::Unit{};
  const base::Result<User> wanted = find_user(user);
  if (!wanted) return base::Fail{wanted.error()};
  if (is_wholly(*wanted)) return base::Unit{};
  if (geteuid() != 0) {
    return failed(user, "only root can; start as root, or leave server.user out");
  }
  // Groups first: without root there is no changing them.
  const bool changed = initgroups(user.c_str(), wanted->group) == 0 &&
                       setresgid(wanted->group, wanted->group, wanted->group) == 0 &&
                       setresuid(wanted->id, wanted->id, wanted->id) == 0;
  if (!changed) return failed(user, std::strerror(errno));
  if (!is_wholly(*wanted) || setuid(0) == 0) return failed(user, "the way back to root is open");
  if (!has_groups(user, *wanted)) return failed(user, "his supplementary groups were not taken on");
  BC_LOG(info, "gave up root", {"user", user});
  return base::Unit{};
}

std::vector<std::string> unreadable(const std::vector<std::string>& files) {
  std::vector<std::string> problems;
  for (const std::string& file : files) {
    const net::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd) problems.push_back(file + ": " + std::strerror(errno));
  }
  return problems;
}

void warn_of_unreadable(const std::vector<std::string>& files) {
  for (const std::string& problem : unreadable(files)) {
    BC_LOG(warn, "server.user cannot read a file again: no reload or renewal will take it",
           {"problem", problem});
  }
}

}  // namespace gateway::app
