#include "net/tls_certificate.h"

#include <algorithm>
#include <utility>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/log.h"
#include "net/certificate_names.h"
#include "net/tls_files.h"

namespace gateway::net {
namespace {

using base::Error;
using base::Fail;

struct BioFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using BioPtr = std::unique_ptr<BIO, BioFree>;

Fail<Error> fail(const std::string& file, std::string_view what) {
  return Fail{Error{file + ": " + std::string(what)}};
}

BioPtr open_text(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Without this OpenSSL would ask for a password on the terminal.
int no_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

base::Result<KeyPtr> read_key(const std::string& file, const std::string& text) {
  bool password_asked = false;
  KeyPtr key(PEM_read_bio_PrivateKey(open_text(text).get(), nullptr, no_password, &password_asked));
  ERR_clear_error();
  if (key != nullptr) return key;
  if (password_asked) {
    return fail(file,
                "the private key is encrypted; remove the password with "
                "`openssl pkey -in FILE -out FILE.open`");
  }
  return fail(file, "holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)");
}

bool has_expired(const TlsCertificate& certificate) {
  return X509_cmp_current_time(X509_get0_notAfter(certificate.leaf.get())) < 0;
}

bool is_yet_to_come(const TlsCertificate& certificate) {
  return X509_cmp_current_time(X509_get0_notBefore(certificate.leaf.get())) > 0;
}

}  // namespace

void X509Free::operator()(x509_st* certificate) const { X509_free(certificate); }
void KeyFree::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

base::Result<std::vector<X509Ptr>> read_certificates(const std::string& file,
                                                     std::string_view what) {
  const base::Result<std::string> text = read_tls_file(file, what);
  if (!text) return Fail{text.error()};
  const BioPtr bio = open_text(*text);
  std::vector<X509Ptr> all;
  ERR_clear_error();
  while (X509* one = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) all.emplace_back(one);
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (all.empty()) {
    return fail(file,
                "holds no certificate in PEM form (-----BEGIN CERTIFICATE-----); convert it with "
                "`openssl x509 -inform der -in FILE -out FILE.pem`");
  }
  if (!at_end) return fail(file, "a certificate after the first is broken; copy it again");
  return all;
}

base::Result<TlsCertificateRef> load_certificate(const CertificateFiles& files) {
  const auto loaded = base::make_intrusive<TlsCertificate>();
  TlsCertificate& certificate = *loaded;
  certificate.file = files.certificate;
  auto chain = read_certificates(files.certificate, "certificate");
  if (!chain) return Fail{chain.error()};
  certificate.leaf = std::move(chain->front());
  chain->erase(chain->begin());
  certificate.chain = *std::move(chain);
  base::Result<std::string> key_text = read_tls_file(files.key, "private key");
  if (!key_text) return Fail{key_text.error()};
  base::Result<KeyPtr> key = read_key(files.key, *key_text);
  OPENSSL_cleanse(key_text->data(), key_text->size());
  if (!key) return Fail{key.error()};
  certificate.key = std::move(key).value();
  if (X509_check_private_key(certificate.leaf.get(), certificate.key.get()) != 1) {
    ERR_clear_error();
    return fail(files.key, "the private key does not belong to the first certificate in " +
                               files.certificate +
                               "; the leaf must stand first, before its issuers");
  }
  certificate.names = dns_names(certificate.leaf.get());
  return TlsCertificateRef(loaded.get());
}

bool operator==(const TlsCertificate& one, const TlsCertificate& other) {
  const auto same = [](const X509Ptr& a, const X509Ptr& b) {
    return X509_cmp(a.get(), b.get()) == 0;
  };
  return same(one.leaf, other.leaf) &&
         std::equal(one.chain.begin(), one.chain.end(), other.chain.begin(), other.chain.end(),
                    same) &&
         EVP_PKEY_eq(one.key.get(), other.key.get()) == 1;
}

bool is_in_date(const TlsCertificate& certificate) {
  return !has_expired(certificate) && !is_yet_to_come(certificate);
}

void warn_about_dates(const TlsCertificate& certificate) {
  if (has_expired(certificate)) {
    BC_LOG(warn, "the certificate has expired; clients will refuse it", {"file", certificate.file});
  }
  if (is_yet_to_come(certificate)) {
    BC_LOG(warn, "the certificate is not valid yet; clients will refuse it",
           {"file", certificate.file});
  }
}

double days_left(const TlsCertificate& certificate) {
  int days = 0;
  int seconds = 0;
  const ASN1_TIME* end = X509_get0_notAfter(certificate.leaf.get());
  if (ASN1_TIME_diff(&days, &seconds, nullptr, end) != 1) return 0;
  return days + seconds / 86400.0;
}

std::string openssl_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  char text[256] = "unknown error";
  if (code != 0) ERR_error_string_n(code, text, sizeof text);
  return text;
}

}  // namespace gateway::net
