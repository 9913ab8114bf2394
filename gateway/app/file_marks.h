// What: what files look like from outside, to notice that one was written, replaced or given other
// rights: by stat(2), which follows links, so that a link to another folder (as certbot and
// Kubernetes do) shows, on any file system. Plain value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gateway::app {

class FileMarks {
 public:
  FileMarks() = default;
  /// Looks now. A file that cannot be looked at has the mark of its error.
  static FileMarks of(const std::vector<std::string>& files);
  bool operator==(const FileMarks&) const = default;

 private:
  struct Mark {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    /// Status change: moves with content and with rights, and no program sets it back as it may the
    /// time of modification.
    std::int64_t changed_ns = 0;
    int error = 0;
    bool operator==(const Mark&) const = default;
  };
  std::vector<Mark> marks_;
};

}  // namespace gateway::app
