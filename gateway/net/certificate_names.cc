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
         !base::has_control(name) && !base::has_c1_control(name);
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
  const auto add = [&](std::string name) {
    if (is_clear(name)) result.push_back(std::move(name));
  };
  if (X509_get_ext_by_NID(leaf, NID_subject_alt_name, -1) < 0) {
    add(common_name(leaf));
    return result;
  }
  each_alternative(leaf, [&](const GENERAL_NAME& name) {
    if (name.type == GEN_DNS) add(base::ascii_lower(text_of(name.d.dNSName)));
    if (name.type == GEN_URI) add(std::string(text_of(name.d.uniformResourceIdentifier)));
    if (name.type == GEN_EMAIL) add(std::string(text_of(name.d.rfc822Name)));
  });
  return result;
}

}  // namespace gateway::net
