#include "api/admission.h"

#include <chrono>
#include <string>
#include <utility>

#include "api/credentials.h"
#include "api/origin.h"
#include "api/problem.h"
#include "api/stream_id.h"
#include "base/log.h"
#include "http/access_line.h"

namespace gateway::api {
namespace {

http::Response unauthorized(std::string_view detail, bool with_token) {
  http::Response response = problem(401, detail);
  response.fields.add("www-authenticate",
                      with_token ? R"(Bearer error="invalid_token")" : "Bearer");
  return response;
}

std::string_view detail_of(auth::Refusal::Kind kind) {
  switch (kind) {
    case auth::Refusal::Kind::expired:
      return "The token has expired: get a fresh one.";
    case auth::Refusal::Kind::unsigned_:
      return "The token is not signed by a key that this server knows.";
    case auth::Refusal::Kind::keyless:
      return "The token is signed by a key that this server does not know yet: try again.";
    case auth::Refusal::Kind::busy:
      return "Too many tokens that do not count keep this server busy: try again.";
    case auth::Refusal::Kind::malformed:
    case auth::Refusal::Kind::claims:
      break;
  }
  return "The token is not valid here: get another one.";
}

/// Until other keys may have come, or the worst of a storm is over.
constexpr std::chrono::seconds kSoon{2};

http::Response refused(const auth::Refusal& refusal) {
  const std::string_view detail = detail_of(refusal.kind);
  return refusal.passes() ? unavailable(detail, kSoon) : unauthorized(detail, true);
}

Admission by_certificate(const http::Peer& peer, auth::Gate& gate) {
  if (!peer.certificate) return &gate.without_token();
  const auto grant = gate.admit_certificate(peer.certificate->names, peer.certificate->ends);
  if (grant) return *grant;
  // A client that has a fresh one by now shows it on its next connection.
  http::Response over = unauthorized(
      "The certificate of this connection has expired: connect again with a fresh one.", false);
  over.ends_connection = true;
  return base::Fail{std::move(over)};
}

http::Response cookie_alone() {
  return problem(403,
                 "A cookie is taken for a change only from a page of this server's own origin or "
                 "of one in cors.origins; send the token as authorization: Bearer instead.");
}

Admission judge(const http::Exchange& exchange, const CorsOptions& cors, auth::Gate& gate) {
  if (!gate.asks()) return &gate.without_token();
  const http::Request& request = exchange.request();
  const Credentials credentials = find_credentials(request, gate.options());
  if (credentials.place == Credentials::Place::nowhere) {
    return by_certificate(exchange.peer(), gate);
  }
  if (credentials.place == Credentials::Place::cookie && !http::is_safe_method(request.method) &&
      !origin_allowed(cors, request.fields.get("origin"), request)) {
    gate.counters().refused_origin.add();
    return base::Fail{cookie_alone()};
  }
  auto grant = gate.admit(credentials.token);
  if (grant) return *grant;
  BC_LOG(debug, "a token was refused", {"why", grant.error().why},
         {"peer", exchange.peer().address}, {"method", request.method},
         {"path", logged_path(request.path)});
  return base::Fail{refused(grant.error())};
}

}  // namespace

Admission admit(const http::Exchange& exchange, const CorsOptions& cors, auth::Gate& gate) {
  Admission admitted = judge(exchange, cors, gate);
  http::AccessLine* const line = exchange.access_line();
  if (line != nullptr && admitted) line->set_subject((*admitted)->subject);
  return admitted;
}

http::Response not_granted(const auth::Grant& grant, const std::string& doing, auth::Gate& gate) {
  if (grant.is_proven()) {
    const bool token = grant.proof == auth::Proof::token;
    return not_allowed(
        grant, (token ? "The token" : "The certificate") + (" does not allow to " + doing + '.'),
        gate);
  }
  const bool or_certificate = !gate.options().certificates.empty();
  return not_allowed(
      grant,
      "A token is needed to " + doing + ": send it as authorization: Bearer" +
          (or_certificate ? ", or connect with a certificate that is known here." : "."),
      gate);
}

http::Response not_granted(const auth::Grant& grant, std::string_view doing, std::string_view board,
                           auth::Gate& gate) {
  return not_granted(grant, std::string(doing) + ' ' + in_quotes(board), gate);
}

http::Response not_allowed(const auth::Grant& grant, std::string_view what, auth::Gate& gate) {
  if (grant.is_proven()) {
    gate.counters().refused_grant.add();
    return problem(403, what);
  }
  gate.counters().refused_missing.add();
  return unauthorized(what, false);
}

}  // namespace gateway::api
