#include "client/version.h"

#include <curl/curl.h>

namespace gateway::client {

std::string library_version() {
  return std::string("libcurl ") + curl_version_info(CURLVERSION_NOW)->version;
}

}  // namespace gateway::client
