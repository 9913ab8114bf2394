#include "net/tls_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "net/accepted.h"

namespace gateway::net {
namespace {

using base::Error;
using base::Fail;

/// Far above any chain; a device or a log named by mistake ends here.
constexpr std::size_t kFileBytesMax = 4 * 1024 * 1024;

Fail<Error> unreadable(const std::string& file, std::string_view what, int error) {
  const std::string hint =
      error == ENOENT ? "; relative names start from the working directory; for development, "
                        "certs/make-dev-certs.sh makes one"
                      : "; check the path and that this user may read the file";
  return Fail{Error{file + ": cannot read the " + std::string(what) + " (" + std::strerror(error) +
                    ")" + hint}};
}

}  // namespace

base::Result<std::string> read_tls_file(const std::string& file, std::string_view what) {
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return unreadable(file, what, errno);
  std::string text;
  char buffer[4096];
  while (true) {
    const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0) return unreadable(file, what, errno);
    if (got == 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > kFileBytesMax) return unreadable(file, what, EFBIG);
  }
}

}  // namespace gateway::net
