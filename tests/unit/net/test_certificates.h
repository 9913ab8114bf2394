// What: a folder of its own with certificates made for a test, and a TLS client to meet them with.
// Owner and thread: the test's.
#pragma once

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/options.h"

namespace gateway::net {

class Certificates {
 public:
  Certificates() {
    std::string name = (std::filesystem::temp_directory_path() / "boardcast-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~Certificates() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
    return path(name);
  }

  /// A self-signed pair NAME.crt, NAME.key. `names`: "DNS:a.example,DNS:*.b.example".
  CertificateFiles make(const std::string& name, const std::string& names, long days = 30) const {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                                  &EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> leaf(X509_new(), &X509_free);
    X509_set_version(leaf.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(leaf.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(leaf.get()), -365L * 86400);
    X509_gmtime_adj(X509_getm_notAfter(leaf.get()), days * 86400);
    X509_set_pubkey(leaf.get(), key.get());
    X509_NAME* subject = X509_get_subject_name(leaf.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(leaf.get(), subject);
    X509_EXTENSION* alternatives =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    EXPECT_NE(alternatives, nullptr);
    X509_add_ext(leaf.get(), alternatives, -1);
    X509_EXTENSION_free(alternatives);
    EXPECT_GT(X509_sign(leaf.get(), key.get(), EVP_sha256()), 0);
    std::FILE* out = std::fopen(path(name + ".crt").c_str(), "w");
    PEM_write_X509(out, leaf.get());
    std::fclose(out);
    out = std::fopen(path(name + ".key").c_str(), "w");
    PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(out);
    return {path(name + ".crt"), path(name + ".key")};
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace gateway::net
