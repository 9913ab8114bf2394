// What: the names that a certificate is made out to. Thread: pure functions.
#pragma once

#include <string>
#include <vector>

struct x509_st;

namespace gateway::net {

/// Of a server: the DNS names among its alternatives (RFC 5280 §4.2.1.6), lower case.
std::vector<std::string> dns_names(const x509_st* leaf);

/// Of a client: the DNS names (lower case), URIs and mail addresses among its alternatives, in
/// their order. The common name counts only where there are no alternatives at all (RFC 6125
/// §6.4.4): a CA that checks alternatives may have let anything stand beside them. A name that is
/// longer than 256 bytes, no UTF-8, or has a control character is passed over: it could be taken
/// for another one, in a log or by whoever stops at a NUL. So is one that has not the form of its
/// kind (a mail address without @), and what comes after the first 64.
std::vector<std::string> client_names(const x509_st* leaf);

}  // namespace gateway::net
