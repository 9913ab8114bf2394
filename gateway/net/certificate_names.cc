#include "net/certificate_names.h"

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include <openssl/crypto.h>
#include <openssl/x509v3.h>

#include "base/text.h"

namespace gateway::net {
namespace {

constexpr std::size_t kNamesMax = 64;
constexpr std::size_t kNameBytesMax = 256;

struct NamesFree {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

std::string_view text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

void each_alternative(const X509* leaf, const std::function<void(const GENERAL_NAME&)>& visit) {
  const std::unique_ptr<GENERAL_NAMES, NamesFree> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    visit(*sk_GENERAL_NAME_value(names.get(), i));
  }
}

bool is_clear(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax && base::is_utf8(name) &&
         !base::has_any_control(name);
}

// What looks like a name of another kind is none: a CA below may be bound to names of one kind and
// free to write what it likes into the others (RFC 5280 §4.2.1.10).

bool is_host(std::string_view name) {
  constexpr std::string_view kHost = "abcdefghijklmnopqrstuvwxyz0123456789-._*";
  return name.find_first_not_of(kHost) == std::string_view::npos;
}

bool is_mail(std::string_view name) {
  const std::size_t at = name.find('@');
  return at != std::string_view::npos && at == name.rfind('@') &&
         name.find(':') == std::string_view::npos;
}

/// RFC 3986 §3.1.
bool is_uri(std::string_view name) {
  constexpr std::string_view kScheme =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
  const std::size_t colon = name.find(':');
  return colon != std::string_view::npos && colon > 0 &&
         name.substr(0, colon).find_first_not_of(kScheme) == std::string_view::npos;
}

/// The last of several, which is the most specific one; empty without one.
std::string common_name(const X509* leaf) {
  const X509_NAME* const subject = X509_get_subject_name(leaf);
  int last = -1;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) last = at;
  if (last < 0) return {};
  unsigned char* utf8 = nullptr;
  const int bytes =
      ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
  if (bytes < 0) return {};
  std::string name(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(bytes));
  OPENSSL_free(utf8);
  return name;
}

}  // namespace

std::vector<std::string> dns_names(const x509_st* leaf) {
  std::vector<std::string> result;
  each_alternative(leaf, [&](const GENERAL_NAME& name) {
    if (name.type == GEN_DNS) result.push_back(base::ascii_lower(text_of(name.d.dNSName)));
  });
  return result;
}

std::vector<std::string> client_names(const x509_st* leaf) {
  std::vector<std::string> result;
  const auto add = [&](std::string name, bool is_its_kind) {
    if (is_its_kind && is_clear(name) && result.size() < kNamesMax) {
      result.push_back(std::move(name));
    }
  };
  if (X509_get_ext_by_NID(leaf, NID_subject_alt_name, -1) < 0) {
    std::string name = common_name(leaf);
    const bool is_other = name.find_first_of(":@") != std::string::npos;
    add(std::move(name), !is_other);
    return result;
  }
  each_alternative(leaf, [&](const GENERAL_NAME& name) {
    if (name.type == GEN_DNS) {
      const std::string host = base::ascii_lower(text_of(name.d.dNSName));
      add(host, is_host(host));
    } else if (name.type == GEN_URI) {
      const std::string_view uri = text_of(name.d.uniformResourceIdentifier);
      add(std::string(uri), is_uri(uri));
    } else if (name.type == GEN_EMAIL) {
      const std::string_view mail = text_of(name.d.rfc822Name);
      add(std::string(mail), is_mail(mail));
    }
  });
  return result;
}

}  // namespace gateway::net
