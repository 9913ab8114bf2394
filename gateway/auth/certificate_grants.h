// What: what certificates grant, by the names in them, beside what anybody may: browsers show
// theirs unasked, so it must take nothing away. Owner and thread: a gate's, and its worker's.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "auth/grant.h"
#include "auth/options.h"
#include "base/clock.h"

namespace gateway::auth {

class CertificateGrants {
 public:
  CertificateGrants() = default;
  /// By options.certificates and options.anonymous.
  explicit CertificateGrants(const Options& options);

  /// What whoever goes by `names` is granted until `ends`: by the first certificate of the options
  /// that has one of them, which becomes his subject (by kAnyCertificate: the first of the names).
  /// Null: nothing of his own; so it is for a certificate without a name. Lives until the next
  /// call.
  const Grant* find(std::span<const std::string> names, base::WallMs ends);

 private:
  std::vector<Grant> grants_;  // in the order of the options
  std::unordered_map<std::string, std::size_t> by_name_;
};

}  // namespace gateway::auth
