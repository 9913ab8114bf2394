#include "net/version.h"

#include <openssl/crypto.h>

namespace gateway::net {

std::string library_version() { return OpenSSL_version(OPENSSL_VERSION); }

}  // namespace gateway::net
