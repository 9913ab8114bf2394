#include "net/accepted.h"

#include <unistd.h>

namespace gateway::net {

// Linux closes the descriptor whatever close() returns, so there is nothing to do about an error.
Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace gateway::net
