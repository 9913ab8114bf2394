// Reading the files of a key set.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <set>
#include <utility>

#include "auth/json.h"
#include "auth/key.h"
#include "auth/key_parts.h"
#include "auth/key_set.h"
#include "base/log.h"

namespace gateway::auth {
namespace {

using Lines = std::vector<std::string>;
using Keys = std::vector<std::shared_ptr<const Key>>;

base::Fail<base::Error> fail(std::string what) { return base::Fail{base::Error{std::move(what)}}; }

/// What `found` is bound to: what was said of it, what it says, or the only one that it can be.
base::Result<Algorithm> algorithm_of(const FoundKey& found, const std::string& said) {
  if (!said.empty()) {
    const auto algorithm = parse_algorithm(said);
    if (!algorithm) return fail("has the unknown algorithm " + said);
    if (found.algorithm && *found.algorithm != *algorithm) {
      return fail("says of itself that it is for " + std::string(to_string(*found.algorithm)));
    }
    return *algorithm;
  }
  if (found.algorithm) return *found.algorithm;
  if (found.parts.kind == KeyKind::ec) {
    if (const auto only = ec_algorithm(found.parts.curve_bits)) return *only;
  }
  return fail("does not say what it is for: add its algorithm, such as " +
              std::string(found.parts.kind == KeyKind::rsa ? "RS256" : "HS256"));
}

base::Result<Key> make_key(FoundKey found, const KeyFile& file, Key::Use use) {
  const auto algorithm = algorithm_of(found, file.algorithm);
  if (!algorithm) return base::Fail{algorithm.error()};
  if (!file.kid.empty()) found.kid = file.kid;
  return Key::make(found.parts, *algorithm, std::move(found.kid), use);
}

base::Result<Key> load_key(const KeyFile& file) {
  const auto text = read_key_file(file.file);
  if (!text) return base::Fail{text.error()};
  auto found = read_key(*text);
  if (!found) return base::Fail{found.error()};
  return make_key(*std::move(found), file, Key::Use::verify);
}

/// One of a set, where an RSA key often does not say which of its algorithms it is for.
base::Result<Key> read_member(const json_t* jwk) {
  auto found = read_jwk(jwk);
  if (!found) return base::Fail{found.error()};
  const bool unsaid = found->parts.kind == KeyKind::rsa && !found->algorithm;
  return make_key(*std::move(found), {{}, unsaid ? "RS256" : "", {}}, Key::Use::verify);
}

/// The keys of a set, or what is wrong with one; those for other uses are left out.
using Members = std::vector<base::Result<std::shared_ptr<const Key>>>;

base::Result<Members> read_jwk_set(const std::string& text) {
  const JsonPtr json = parse_object(text);
  const json_t* const list = json ? member(json.get(), "keys") : nullptr;
  if (list == nullptr || !json_is_array(list)) return fail("is no JWK Set ({\"keys\":[…]})");
  if (json_array_size(list) > kKeysMax) return fail("has more than 256 keys");
  Members members;
  for (std::size_t i = 0; i < json_array_size(list); ++i) {
    const json_t* const one = json_array_get(list, i);
    if (json_is_object(one) && use_of(one) == KeyUse::other) continue;
    const std::string name = "keys[" + std::to_string(i) + "] ";
    auto key = json_is_object(one) ? read_member(one) : fail("is no key");
    if (key) {
      members.emplace_back(std::make_shared<const Key>(*std::move(key)));
    } else {
      members.emplace_back(fail(name + key.error().message));
    }
  }
  return members;
}

base::Result<Keys> load_jwk_set(const std::string& file) {
  const auto text = read_key_file(file);
  if (!text) return base::Fail{text.error()};
  const auto members = read_jwk_set(*text);
  if (!members) return base::Fail{members.error()};
  Keys keys;
  for (const auto& key : *members) {
    if (!key) return base::Fail{key.error()};
    keys.push_back(*key);
  }
  if (keys.empty()) return fail("has no key for signatures");
  return keys;
}

/// A kid that stands for two keys of an algorithm would leave open which one is meant, and a key
/// that no token reaches is not what its owner thinks.
class Kids {
 public:
  /// What is wrong when the key is added to those from before.
  std::optional<std::string> add(const Key& key) {
    const std::string name(to_string(key.algorithm()));
    const bool reached = ++count_[key.algorithm()] <= kKeysTriedMax;
    if (key.kid().empty()) {
      if (reached) return std::nullopt;
      return "a key for " + name +
             " without a kid stands behind four others, and a token that "
             "names none is held against four: give it one";
    }
    if (seen_.emplace(key.kid(), key.algorithm()).second) return std::nullopt;
    return "two keys for " + name + " have the kid " + key.kid();
  }

 private:
  std::set<std::pair<std::string, Algorithm>> seen_;
  std::map<Algorithm, std::size_t> count_;
};

/// Why a key that somebody else publishes is not taken. A secret that everybody may read is none.
std::optional<std::string> objection(const base::Result<std::shared_ptr<const Key>>& key,
                                     Kids& kids) {
  if (!key) return key.error().message;
  if (key_kind((*key)->algorithm()) == KeyKind::secret) return "it is a secret, and published";
  return kids.add(**key);
}

}  // namespace

base::Result<std::string> read_key_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    const bool whole = file.starts_with('/');
    return fail("cannot be read (" + std::string(std::strerror(errno)) +
                (whole ? ")" : "); relative names start from the working directory"));
  }
  std::string text(kKeyFileBytesMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return fail("cannot be read");
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kKeyFileBytesMax) return fail("is larger than 1 MiB");
  if (text.empty()) return fail("is empty");
  return text;
}

base::Result<std::shared_ptr<const KeySet>, Lines> load_key_set(const Options& options) {
  Keys keys;
  Lines errors;
  for (std::size_t i = 0; i < options.keys.size(); ++i) {
    const KeyFile& file = options.keys[i];
    auto key = load_key(file);
    if (key) {
      keys.push_back(std::make_shared<const Key>(*std::move(key)));
    } else {
      errors.push_back("auth.keys[" + std::to_string(i) + "]: " + file.file + ": " +
                       key.error().message);
    }
  }
  const std::size_t own = keys.size();
  if (!options.jwks.empty() && !is_published(options)) {
    auto set = load_jwk_set(options.jwks);
    if (!set) errors.push_back("auth.jwks: " + options.jwks + ": " + set.error().message);
    if (set) keys.insert(keys.end(), set->begin(), set->end());
  }
  if (is_published(options) && !options.jwks_ca.empty()) {
    const auto text = read_key_file(options.jwks_ca);
    const bool holds = text && holds_certificate(*text);
    if (!holds) {
      errors.push_back("auth.jwks_ca: " + options.jwks_ca + ": " +
                       (text ? "holds no certificate in PEM form" : text.error().message));
    }
  }
  Kids kids;
  for (const auto& key : keys) {
    if (const auto twice = kids.add(*key)) errors.push_back("auth: " + *twice);
  }
  if (!errors.empty()) return base::Fail{errors};
  return std::shared_ptr<const KeySet>(std::make_shared<KeySet>(std::move(keys), own));
}

// RFC 7517 §5: what is not understood is passed over, and so is what is weak, or a key that its
// owner broke would take all the others with it.
base::Result<std::shared_ptr<const KeySet>> with_published(const KeySet& own,
                                                           const std::string& text) {
  const auto members = read_jwk_set(text);
  if (!members) return base::Fail{members.error()};
  Keys keys = own.keys();
  Kids kids;
  for (const auto& key : keys) kids.add(*key);
  for (const auto& key : *members) {
    if (const auto why = objection(key, kids)) {
      BC_LOG(warn, "auth.jwks: a key is passed over", {"why", *why});
    } else {
      keys.push_back(*key);
    }
  }
  if (keys.size() == own.keys().size()) return fail("has no key for signatures that can be taken");
  return std::shared_ptr<const KeySet>(
      std::make_shared<KeySet>(std::move(keys), own.keys().size()));
}

std::shared_ptr<const KeySet> with_kept(const KeySet& own, const KeySet& former) {
  Keys keys = own.keys();
  Kids kids;
  for (const auto& key : keys) kids.add(*key);
  for (const auto& key : former.others()) {
    if (!kids.add(*key)) keys.push_back(key);
  }
  return std::make_shared<KeySet>(std::move(keys), own.keys().size());
}

base::Result<Key> load_signing_key(const KeyFile& file) {
  const auto named = [&](const base::Error& error) {
    return fail(file.file + ": " + error.message);
  };
  const auto text = read_key_file(file.file);
  if (!text) return named(text.error());
  auto found = read_key(*text);
  if (!found) return named(found.error());
  KeyFile said = file;
  if (said.algorithm.empty() && !found->algorithm && found->parts.kind != KeyKind::ec) {
    said.algorithm = found->parts.kind == KeyKind::rsa ? "RS256" : "HS256";
  }
  auto key = make_key(*std::move(found), said, Key::Use::sign);
  if (!key) return named(key.error());
  return key;
}

}  // namespace gateway::auth
