#include "auth/certificate_grants.h"

#include <string_view>

namespace gateway::auth {

namespace {

std::vector<std::string> both(std::vector<std::string> names,
                              const std::vector<std::string>& more) {
  names.insert(names.end(), more.begin(), more.end());
  return names;
}

}  // namespace

CertificateGrants::CertificateGrants(const Options& options) {
  for (const CertificateGrant& one : options.certificates) {
    by_name_.emplace(one.name, grants_.size());
    grants_.push_back({.subject = one.name,
                       .subscribe = both(one.subscribe, options.anonymous.subscribe),
                       .publish = both(one.publish, options.anonymous.publish),
                       .admin = one.admin,
                       .proof = Proof::certificate});
  }
}

const Grant* CertificateGrants::find(std::span<const std::string> names, base::WallMs ends) {
  if (grants_.empty() || names.empty()) return nullptr;
  std::size_t first = grants_.size();
  std::string_view subject;
  const auto consider = [&](const std::string& listed, const std::string& name) {
    const auto found = by_name_.find(listed);
    if (found == by_name_.end() || found->second >= first) return;
    first = found->second;
    subject = name;
  };
  for (const std::string& name : names) consider(name, name);
  consider(std::string(kAnyCertificate), names.front());
  if (first == grants_.size()) return nullptr;
  Grant& grant = grants_[first];
  grant.subject = subject;
  grant.ends = ends;
  return &grant;
}

}  // namespace gateway::auth
