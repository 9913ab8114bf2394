#include "auth/version.h"

#include <jansson.h>

#include <cjose/version.h>

namespace gateway::auth {

std::string library_versions() {
  return std::string("cjose ") + cjose_version() + ", jansson " + jansson_version_str();
}

}  // namespace gateway::auth
