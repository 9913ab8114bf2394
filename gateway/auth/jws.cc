#include "auth/jws.h"

#include <array>
#include <utility>

#include "auth/base64url.h"
#include "auth/json.h"
#include "auth/options.h"
#include "base/text.h"

namespace gateway::auth {
namespace {

/// Bring a key along or say where to get one, change what is signed, or belong to other kinds of
/// tokens.
constexpr std::array<const char*, 8> kForbidden = {"crit", "jwk", "jku", "x5c",
                                                   "x5u",  "b64", "enc", "zip"};

base::Fail<Refusal> malformed(std::string why) {
  return base::Fail{Refusal{Refusal::Kind::malformed, std::move(why), false}};
}

/// A token of another kind (of logout, of proof of possession) says so here (RFC 8725 §3.11).
bool is_token_type(std::string_view typ) {
  std::string type = base::ascii_lower(typ);
  constexpr std::string_view kApplication = "application/";
  if (type.starts_with(kApplication)) type.erase(0, kApplication.size());
  return type == "jwt" || type == "at+jwt";
}

base::Result<base::Unit, Refusal> read_header(const json_t* header, Jws& jws) {
  for (const char* const name : kForbidden) {
    if (member(header, name) != nullptr) return malformed("the header has " + std::string(name));
  }
  const auto name = text_member(header, "alg");
  if (!name) return malformed("the header has no alg that is a string");
  const auto algorithm = parse_algorithm(*name);
  if (!algorithm) return malformed("alg is none of those that are spoken");
  jws.algorithm = *algorithm;
  if (member(header, "kid") != nullptr) {
    const auto kid = text_member(header, "kid");
    if (!kid || kid->size() > kKidBytesMax) return malformed("kid is no string, or too long");
    jws.kid = *kid;
  }
  if (member(header, "typ") != nullptr) {
    const auto typ = text_member(header, "typ");
    if (!typ || !is_token_type(*typ)) return malformed("typ is neither JWT nor at+jwt");
  }
  // A token within the token, which nobody here would unpack (RFC 7519 §5.2).
  if (member(header, "cty") != nullptr) return malformed("the header has cty");
  return base::Unit{};
}

}  // namespace

std::string_view to_string(Refusal::Kind kind) {
  switch (kind) {
    case Refusal::Kind::malformed:
      return "malformed";
    case Refusal::Kind::unsigned_:
      return "signature";
    case Refusal::Kind::expired:
      return "expired";
    case Refusal::Kind::claims:
      return "claims";
    case Refusal::Kind::keyless:
      return "keyless";
    case Refusal::Kind::busy:
      break;
  }
  return "busy";
}

base::Result<Jws, Refusal> parse_jws(std::string_view token) {
  if (token.size() > kTokenBytesMax) return malformed("longer than 8 KiB");
  const std::size_t first = token.find('.');
  const std::size_t second = token.find('.', first == std::string_view::npos ? first : first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return malformed("not three parts with a dot between them");
  }
  const auto header = decode_base64url(token.substr(0, first));
  auto payload = decode_base64url(token.substr(first + 1, second - first - 1));
  const auto signature = decode_base64url(token.substr(second + 1));
  if (!header || !payload || !signature) return malformed("a part is not canonical base64url");
  const JsonPtr json = parse_object(*header);
  if (!json) return malformed("the header is not one JSON object without repeated members");
  Jws jws{token, {}, {}, *std::move(payload), signature->size()};
  if (auto read = read_header(json.get(), jws); !read) return base::Fail{read.error()};
  return jws;
}

}  // namespace gateway::auth
