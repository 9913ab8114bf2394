// What: makes signed tokens, for development and for tests. Thread: a pure function, but that the
// key is read from its file.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "auth/options.h"
#include "base/clock.h"
#include "base/result.h"

namespace gateway::auth {

struct TokenWish {
  std::vector<std::string> subscribe;
  std::vector<std::string> publish;
  std::string subject;
  std::string issuer;
  std::string audience;
  bool admin = false;
  std::chrono::seconds ttl{3600};
};

/// A token that counts from `now` on. The error says what is wrong with the key or with a name.
base::Result<std::string> mint(const KeyFile& key, const TokenWish& wish, base::WallMs now);

}  // namespace gateway::auth
