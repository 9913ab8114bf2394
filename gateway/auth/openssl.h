// What: that OpenSSL's queue of errors is left as empty as it was found: `net` reads the same
// queue of the same thread to learn why a connection failed. For the files of this room alone.
// Thread: any.
#pragma once

namespace gateway::auth {

/// One on the stack around each call into the crypto libraries.
class CleanErrors {
 public:
  CleanErrors() = default;
  ~CleanErrors();
  CleanErrors(const CleanErrors&) = delete;
  CleanErrors& operator=(const CleanErrors&) = delete;
};

}  // namespace gateway::auth
