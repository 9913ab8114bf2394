#include "app/file_marks.h"

#include <sys/stat.h>

#include <cerrno>

namespace gateway::app {

FileMarks FileMarks::of(const std::vector<std::string>& files) {
  constexpr std::int64_t kNsPerSecond = 1'000'000'000;
  FileMarks all;
  for (const std::string& file : files) {
    struct stat is {};
    Mark& mark = all.marks_.emplace_back();
    if (::stat(file.c_str(), &is) != 0) {
      mark.error = errno;
      continue;
    }
    mark.device = is.st_dev;
    mark.inode = is.st_ino;
    mark.size = is.st_size;
    mark.changed_ns = is.st_ctim.tv_sec * kNsPerSecond + is.st_ctim.tv_nsec;
  }
  return all;
}

}  // namespace gateway::app
