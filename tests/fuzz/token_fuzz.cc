// Tokens: what nobody signed never counts, whatever is signed is judged without a crash, and what a
// gate remembers of a token changes no answer at any time.
#include <array>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "auth/gate.h"
#include "auth/jws.h"
#include "auth/key.h"
#include "auth/verify.h"
#include "fuzz/fuzz.h"
#include "support/base64url.h"
#include "support/fake_clock.h"

namespace gateway::fuzz {
namespace {

const std::string kSecret = "a secret of this fuzz target, 32+";
constexpr const char* kPublished = R"({"keys":[{"kty":"EC","crv":"P-256","kid":"es","alg":"ES256",)"
                                   R"("x":"mLgT3OMaW8fNSqOWaC4TdEU_lEG2F3d__vRimQI17wU",)"
                                   R"("y":"LSPC6g_o8BhSmEBF6cVt1ccig6ZgKpzst9oWorCHu34"}]})";
/// By the private key of that, which was thrown away: exp is a minute after the clock's start.
constexpr std::string_view kSigned =
    "eyJhbGciOiJFUzI1NiIsImtpZCI6ImVzIiwidHlwIjoiSldUIn0."
    "eyJleHAiOjc4NDExMTgzNywic3ViIjoiYW5uIiwiYm9hcmRzIjp7InN1YnNjcmliZSI6WyJ0ZWFtLSoiXX19."
    "jIuCEOte2z3KEovN8nzlyRyjIAoJGvwfv0dnUSntH4576IPHCtJIKlcdPixA9b9BzGWsrhv-3FO30bO3nBFeBA";

std::shared_ptr<const auth::KeySet> make_keys() {
  auth::KeyParts parts;
  parts.secret = kSecret;
  auto key = auth::Key::make(parts, auth::Algorithm::hs256, "hs", auth::Key::Use::verify);
  BC_CHECK(key.ok(), key.error().message);
  const auth::KeySet own({std::make_shared<const auth::Key>(*std::move(key))}, 1);
  auto keys = auth::with_published(own, kPublished);
  BC_CHECK(keys.ok(), keys.error().message);
  return *std::move(keys);
}

/// With the secret.
std::string sign(std::string_view header, std::string_view claims) {
  const std::string text = test::base64url(header) + '.' + test::base64url(claims);
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  HMAC(EVP_sha256(), kSecret.data(), static_cast<int>(kSecret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
  return text + '.' + test::base64url({reinterpret_cast<const char*>(mac.data()), size});
}

void check_form(const std::string& token) {
  const auto jws = auth::parse_jws(token);
  if (!jws) return;
  const auto parts = base::split(token, '.');
  BC_CHECK(parts.size() == 3 && test::base64url(jws->payload) == parts[1], token);
  BC_CHECK(token.size() <= auth::kTokenBytesMax, token.size());
}

void check_grant(const auth::Grant& grant, const auth::Options& options, base::WallMs now) {
  const base::WallMs leeway = std::chrono::milliseconds(options.leeway).count();
  BC_CHECK(grant.is_proven() && grant.ends + leeway > now, grant.ends);
  BC_CHECK(grant.subject.size() <= auth::kSubjectBytesMax && !base::has_control(grant.subject));
  BC_CHECK(grant.bytes() <= 64 * auth::kTokenBytesMax, grant.bytes());
}

/// Asks now and later, and at a clock that was set back; each time a gate that remembers and one
/// that looks for the first time.
void check_times(const std::string& token, const std::shared_ptr<const auth::KeySet>& keys,
                 Input times) {
  auth::Options options;
  options.mode = auth::Mode::jwt;
  test::FakeClock clock;
  base::SeededRandom random(1);
  const auto source = std::make_shared<auth::KeySource>(keys);
  auth::Gate gate(options, source, clock, random);
  const base::WallMs begin = clock.wall_ms();
  for (int i = 0; i < 4; ++i) {
    const base::WallMs now = clock.wall_ms();
    const auto fresh = auth::verify(token, *keys, options, now);
    const auto known = gate.admit(token);
    BC_CHECK(fresh.ok() == known.ok(), token, now);
    if (fresh) {
      check_grant(*fresh, options, now);
      BC_CHECK((*known)->ends == fresh->ends && (*known)->subject == fresh->subject, token);
      BC_CHECK((*known)->subscribe == fresh->subscribe && (*known)->publish == fresh->publish);
    }
    clock.set_wall_ms(begin + (static_cast<base::WallMs>(times.byte()) - 128) * 1000);
  }
}

void run(std::string_view bytes) {
  static const std::shared_ptr<const auth::KeySet> keys = make_keys();
  Input input(bytes);
  const std::size_t kind = input.below(3);
  const Input times(input.take(3));
  std::string token;
  if (kind == 0) {
    token = input.rest();
  } else {
    const std::string_view header =
        kind == 1 ? R"({"alg":"HS256","kid":"hs"})" : std::string_view(input.part());
    token = sign(header, input.rest());
  }
  check_form(token);
  if (kind == 0) {
    const bool counts = auth::verify(token, *keys, {}, test::FakeClock().wall_ms()).ok();
    BC_CHECK(counts == (token == kSigned), token);
  }
  check_times(token, keys, times);
}

const Registration kRegistered("token", run);

}  // namespace
}  // namespace gateway::fuzz
