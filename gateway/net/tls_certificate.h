// What: a certificate chain with its key, read from PEM files and checked. Immutable, shared by
// whoever holds it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/intrusive_ptr.h"
#include "base/result.h"
#include "net/options.h"

struct evp_pkey_st;
struct x509_st;

namespace gateway::net {

struct X509Free {
  void operator()(x509_st* certificate) const;
};
struct KeyFree {
  void operator()(evp_pkey_st* key) const;
};
using X509Ptr = std::unique_ptr<x509_st, X509Free>;
using KeyPtr = std::unique_ptr<evp_pkey_st, KeyFree>;

struct TlsCertificate : base::SharedCount<TlsCertificate> {
  std::string file;
  X509Ptr leaf;
  std::vector<X509Ptr> chain;  // the issuers, without the leaf
  KeyPtr key;
  std::vector<std::string> names;  // DNS names of the leaf's subjectAltName, lower case
};

using TlsCertificateRef = base::IntrusivePtr<const TlsCertificate>;

/// All certificates of a PEM file, at least one. The error names the file, `what` it was to hold
/// ("certificate"), what is wrong and what to do.
base::Result<std::vector<X509Ptr>> read_certificates(const std::string& file,
                                                     std::string_view what);

/// Reads and checks both files. The error names the file, what is wrong and what to do.
base::Result<TlsCertificateRef> load_certificate(const CertificateFiles& files);

/// The same leaf with the same issuers and the same key.
bool operator==(const TlsCertificate& one, const TlsCertificate& other);

/// Now is within the validity of the leaf.
bool is_in_date(const TlsCertificate& certificate);
/// Logs that now is not.
void warn_about_dates(const TlsCertificate& certificate);

/// Days until the leaf expires; negative when it has.
double days_left(const TlsCertificate& certificate);

/// The text of the first error in OpenSSL's queue of this thread, which is emptied.
std::string openssl_error();

}  // namespace gateway::net
