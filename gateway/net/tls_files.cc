#include "net/tls_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <openssl/crypto.h>

#include "net/accepted.h"

namespace gateway::net {
namespace {

using base::Error;
using base::Fail;

/// Far above any chain; a device or a log named by mistake ends here.
constexpr std::size_t kFileBytesMax = 4 * 1024 * 1024;

/// What a key passes through on its way; wiped when it goes.
struct Passage {
  char bytes[4096];
  ~Passage() { OPENSSL_cleanse(bytes, sizeof bytes); }
};

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
  struct stat is {};
  // Room for all of it at once: text that moves to other memory leaves a copy of itself behind.
  if (::fstat(fd.get(), &is) == 0 && is.st_size > 0) {
    text.reserve(std::min(static_cast<std::size_t>(is.st_size), kFileBytesMax));
  }
  Passage passage;
  while (true) {
    const ssize_t got = ::read(fd.get(), passage.bytes, sizeof passage.bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(file, what, errno);
    if (got == 0) return text;
    text.append(passage.bytes, static_cast<std::size_t>(got));
    if (text.size() > kFileBytesMax) return unreadable(file, what, EFBIG);
  }
}

}  // namespace gateway::net
