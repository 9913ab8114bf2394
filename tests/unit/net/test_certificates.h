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

  /// What a certificate is to be.
  struct Wanted {
    std::string alternatives;  // "DNS:a.example,DNS:*.b.example"; empty: none
    std::string usage;         // "clientAuth"; empty: any
    bool ca = false;
    long days = 30;
    std::string common = {};  // its common name; empty: its file's
  };

  /// A self-signed pair NAME.crt, NAME.key.
  CertificateFiles make(const std::string& name, const std::string& names, long days = 30) const {
    return make(name, Wanted{names, "", false, days});
  }
  /// The same, signed by `issuer` unless that is null.
  CertificateFiles make(const std::string& name, const Wanted& wanted,
                        const CertificateFiles* issuer = nullptr) const {
    const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    const Leaf leaf(X509_new(), &X509_free);
    X509_set_version(leaf.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(leaf.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(leaf.get()), -365L * 86400);
    X509_gmtime_adj(X509_getm_notAfter(leaf.get()), wanted.days * 86400);
    X509_set_pubkey(leaf.get(), key.get());
    X509_NAME* subject = X509_get_subject_name(leaf.get());
    const std::string& common = wanted.common.empty() ? name : wanted.common;
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(common.data()),
                               static_cast<int>(common.size()), -1, 0);
    add(leaf.get(), NID_subject_alt_name, wanted.alternatives);
    add(leaf.get(), NID_ext_key_usage, wanted.usage);
    if (wanted.ca) add(leaf.get(), NID_basic_constraints, "critical,CA:TRUE");
    sign(leaf.get(), key.get(), issuer);
    std::FILE* out = std::fopen(path(name + ".crt").c_str(), "w");
    PEM_write_X509(out, leaf.get());
    std::fclose(out);
    out = std::fopen(path(name + ".key").c_str(), "w");
    PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(out);
    return {path(name + ".crt"), path(name + ".key")};
  }

  static std::string text_of(const std::string& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Leaf = std::unique_ptr<X509, decltype(&X509_free)>;

  static void add(X509* leaf, int kind, const std::string& value) {
    if (value.empty()) return;
    X509_EXTENSION* const one = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    EXPECT_NE(one, nullptr) << value;
    X509_add_ext(leaf, one, -1);
    X509_EXTENSION_free(one);
  }
  static void sign(X509* leaf, EVP_PKEY* own, const CertificateFiles* issuer) {
    if (issuer == nullptr) {
      X509_set_issuer_name(leaf, X509_get_subject_name(leaf));
      EXPECT_GT(X509_sign(leaf, own, EVP_sha256()), 0);
      return;
    }
    std::FILE* in = std::fopen(issuer->certificate.c_str(), "r");
    const Leaf above(PEM_read_X509(in, nullptr, nullptr, nullptr), &X509_free);
    std::fclose(in);
    in = std::fopen(issuer->key.c_str(), "r");
    const Key key(PEM_read_PrivateKey(in, nullptr, nullptr, nullptr), &EVP_PKEY_free);
    std::fclose(in);
    X509_set_issuer_name(leaf, X509_get_subject_name(above.get()));
    EXPECT_GT(X509_sign(leaf, key.get(), EVP_sha256()), 0);
  }

  std::filesystem::path folder_;
};

}  // namespace gateway::net
