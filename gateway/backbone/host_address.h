// What: what a socket can be connected to, and how a host's name becomes that. Thread: any.
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "backbone/options.h"
#include "base/result.h"

namespace gateway::backbone {

struct HostAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  std::string text;  // for a person: 127.0.0.1:6379, [::1]:6379, /run/redis.sock
};

/// Whether it is known without asking anybody: a socket's path, or a numeric address.
bool is_numeric(const RedisAddress& address);
/// What it stands for, the one to try first in front, at least one. Unless it is numeric this takes
/// as long as the machine's resolver does (getaddrinfo), and may take minutes.
base::Result<std::vector<HostAddress>> resolve(const RedisAddress& address);

}  // namespace gateway::backbone
