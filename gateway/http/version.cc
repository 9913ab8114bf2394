#include "http/version.h"

#include <boost/version.hpp>
#include <nghttp2/nghttp2.h>

namespace gateway::http {

std::string library_versions() {
  return std::string("nghttp2 ") + nghttp2_version(0)->version_str + ", Boost " +
         std::to_string(BOOST_VERSION / 100000) + "." + std::to_string(BOOST_VERSION / 100 % 1000);
}

}  // namespace gateway::http
