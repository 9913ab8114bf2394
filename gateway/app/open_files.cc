#include "app/open_files.h"

#include <dirent.h>
#include <sys/resource.h>

#include <algorithm>
#include <memory>

namespace gateway::app {

std::size_t raise_open_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  rlimit raised = limit;
  raised.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  return static_cast<std::size_t>(limit.rlim_cur);
}

std::size_t open_files() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"), closedir);
  if (folder == nullptr) return 0;
  std::size_t count = 0;
  while (readdir(folder.get()) != nullptr) ++count;
  constexpr std::size_t kNotThere = 3;  // ".", ".." and the folder's own descriptor
  return count - std::min(count, kNotThere);
}

std::size_t reserved_files(std::size_t limit, std::size_t open) {
  constexpr std::size_t kReserved = 256;
  // For a reload's files, a download of keys, and the sockets of refused connections.
  constexpr std::size_t kFew = 12;
  if (limit >= 2 * kReserved) return kReserved;
  const std::size_t wanted = std::max(limit / 2, open + kFew);
  return std::min(wanted, limit - std::min<std::size_t>(limit, 1));
}

}  // namespace gateway::app
