#include "config/keys_auth.h"

#include "base/quantity.h"
#include "config/access.h"
#include "config/names.h"

namespace gateway::config {
namespace {

using base::kGiB;
using base::kHour;
using base::kKiB;
using base::kMinute;
using base::kSecond;
using std::string_view;

constexpr string_view kModes[] = {"none", "jwt"};

constexpr TextRule kAnyText{check_text, "a text, or \"\" for none"};

constexpr Key kAuth[] = {
    {"mode", ChoiceRule{kModes}, member<&Settings::auth, &auth::Options::mode>,
     "Who may subscribe and publish: none asks nobody; jwt asks for a token (JWT) that says it, "
     "signed with one of keys or jwks."},
    {"open", FlagRule{}, member<&Settings::auth_open>,
     "Says that everybody who reaches this gateway may do what nobody is asked for a token. "
     "Without "
     "it, mode none is refused on an address that is not loopback, and so are an admin listener "
     "and "
     "admin.public open there."},
    {"keys", KeyFilesRule{}, member<&Settings::auth, &auth::Options::keys>,
     "Keys that sign tokens, such as [{file: tokens.pem, algorithm: ES256}]: a public key as PEM "
     "or "
     "JWK, or for HS256, HS384 and HS512 the bytes of a secret (openssl rand -hex 32). algorithm "
     "may be left out where the key says it; a token that names a key (kid) needs one with that "
     "kid. Relative names start from the working directory."},
    {"jwks", TextRule{check_jwks, "a file or an https:// URL, or \"\" for none"},
     member<&Settings::auth, &auth::Options::jwks>,
     "Several keys, a JWK Set: a file, or where it is published. An RSA key in it without alg is "
     "for RS256."},
    {"jwks_ca", kAnyText, member<&Settings::auth, &auth::Options::jwks_ca>,
     "A PEM file of those who may vouch for the server of jwks; without one, whom the system "
     "trusts."},
    {"jwks_refresh", DurationRule{kSecond, 24 * kHour, kSecond},
     member<&Settings::auth, &auth::Options::jwks_refresh>,
     "How old the keys of jwks may become before they are read anew; a token that names an unknown "
     "key asks sooner. What was had last stays when that fails."},
    {"issuer", kAnyText, member<&Settings::auth, &auth::Options::issuer>,
     "What the claim iss of a token has to be."},
    {"audience", kAnyText, member<&Settings::auth, &auth::Options::audience>,
     "What the claim aud of a token has to name."},
    {"cookie", TextRule{check_cookie_name, "the name of a cookie, or \"\" for none"},
     member<&Settings::auth, &auth::Options::cookie>,
     "The cookie that may carry the token, for EventSource, which can send no authorization. To "
     "publish by it a page has to be of this server's own origin or of one in cors.origins."},
    {"query_token", ChoiceRule{kSwitch}, member<&Settings::auth, &auth::Options::query_token>,
     "Whether ?access_token= may carry the token. URLs are kept in histories and in the logs of "
     "proxies: for clients that can do nothing else, with tokens that soon end."},
    {"anonymous", GrantsRule{}, member<&Settings::auth, &auth::Options::anonymous>,
     "What needs no token in mode jwt: boards, or prefixes and *."},
    {"certificates", CertificateGrantsRule{}, member<&Settings::auth, &auth::Options::certificates>,
     "What clients may do, beside anonymous, that show a certificate (tls.client_ca), such as "
     "[{name: "
     "news.example.com, publish: [\"news-*\"]}]; admin: true makes an operator. name is a DNS name "
     "(lower case), URI or mail address among the certificate's alternatives, or the common name "
     "of one without any; * is whoever shows one. The first that names the client counts, and "
     "its name is the client's subject. In a request with a token the token alone counts."},
    {"leeway", DurationRule{0, 10 * kMinute, kSecond},
     member<&Settings::auth, &auth::Options::leeway>,
     "By how much the clocks of this machine and of those that make tokens may differ. A stream "
     "ends at exp itself."},
    {"cache_bytes", SizeRule{64 * kKiB, kGiB}, member<&Settings::auth, &auth::Options::cache_bytes>,
     "What each worker may remember of tokens that it has verified, by estimate, and a quarter as "
     "much of those that do not count. One takes some 300 bytes, and its names."},
    {"stream_max", DurationRule{kMinute, 365 * 24 * kHour, kSecond},
     member<&Settings::auth, &auth::Options::stream_max>,
     "How long a stream lasts at most that a token has opened or renewed, when exp is later or its "
     "key is known no more: its client comes back and shows a token again."},
};

}  // namespace

Section auth_section() { return {"auth", "Who may do what.", kAuth}; }

}  // namespace gateway::config
