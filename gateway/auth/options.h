// What: who is asked for a token, which tokens count and what certificates grant, with defaults.
// Filled by `config`. Thread: a plain value.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::auth {

/// none: nobody is asked, everybody may do everything.
enum class Mode : std::uint8_t { none, jwt };

/// Of the signatures that are spoken (RFC 7518 §3.1), in the order of the enum Algorithm.
inline constexpr std::array<std::string_view, 12> kAlgorithmNames = {
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512",
    "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"};

/// A key in a file of its own: PEM, JWK (RFC 7517), or the bytes of a secret for HS256…HS512.
struct KeyFile {
  std::string file;
  std::string algorithm;  // "RS256"; empty where the key itself says it
  std::string kid;        // empty: what a JWK says, or none
};

/// What may be done without a token: boards, and prefixes with a trailing '*'.
struct Anonymous {
  std::vector<std::string> subscribe;
  std::vector<std::string> publish;
};

/// What a client may do that shows a certificate by this name.
struct CertificateGrant {
  std::string name;  // exactly; kAnyCertificate: whoever shows one
  std::vector<std::string> subscribe;
  std::vector<std::string> publish;
  bool admin = false;
};
inline constexpr std::string_view kAnyCertificate = "*";
inline constexpr std::size_t kCertificateGrantsMax = 1000;

struct Options {
  Mode mode = Mode::none;
  std::vector<KeyFile> keys;
  /// A JWK Set (RFC 7517 §5): its file, or where it is published (https://…); empty: none.
  std::string jwks;
  /// Who vouches for that server: a PEM file; empty: whom the system trusts.
  std::string jwks_ca;
  /// How old what is published may become before it is asked for anew.
  std::chrono::seconds jwks_refresh{600};
  /// What `iss` has to be, and what `aud` has to name; empty: not asked.
  std::string issuer;
  std::string audience;
  /// The cookie that may carry the token; empty: none may.
  std::string cookie = "boardcast_token";
  /// Whether ?access_token= may carry it. Off, because URLs end up in logs and histories.
  bool query_token = false;
  Anonymous anonymous;
  /// By certificates, which TLS has verified, beside what is anonymous; the first that names the
  /// client is the only one that counts.
  std::vector<CertificateGrant> certificates;
  /// By how much clocks may differ: a token counts from `nbf` less this until `exp` and this.
  std::chrono::seconds leeway{60};
  /// What a token opens lasts no longer, whenever it ends.
  std::chrono::seconds stream_max{86'400};
  /// What one worker may keep of tokens that it has verified.
  std::size_t cache_bytes = std::size_t{4} << 20U;
};

/// A JWK Set is named by its URL.
inline bool is_published(const Options& options) { return options.jwks.starts_with("https://"); }

/// Bytes of a whole token, and of the names in it.
inline constexpr std::size_t kTokenBytesMax = 8 * 1024;
inline constexpr std::size_t kSubjectBytesMax = 256;
inline constexpr std::size_t kKidBytesMax = 256;
/// Bytes of a file of keys, and the keys in it.
inline constexpr std::size_t kKeyFileBytesMax = 1024 * 1024;
inline constexpr std::size_t kKeysMax = 256;
/// Keys that a token without `kid` is tried with, so that it costs a bounded time.
inline constexpr std::size_t kKeysTriedMax = 4;

}  // namespace gateway::auth
