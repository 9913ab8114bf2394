#include "api/common_fields.h"

#include <string>

#include "api/cors.h"

namespace gateway::api {

void add_common_fields(const Options& options, const http::Request& request,
                       http::Response& response) {
  add_cors(options, request, response);
  if (request.tls && options.hsts) {
    response.fields.add("strict-transport-security",
                        "max-age=" + std::to_string(options.hsts->count()));
  }
}

}  // namespace gateway::api
