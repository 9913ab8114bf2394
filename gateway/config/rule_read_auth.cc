#include <algorithm>
#include <array>
#include <map>

#include "config/names.h"
#include "config/reader.h"
#include "config/unknown.h"

namespace gateway::config {
namespace {

constexpr std::array<std::string_view, 3> kKeyMembers = {"file", "algorithm", "kid"};
constexpr std::array<std::string_view, 2> kGrantMembers = {"subscribe", "publish"};
constexpr std::array<std::string_view, 4> kCertificateMembers = {"subscribe", "publish", "name",
                                                                 "admin"};

/// The members of a map, each through `read(index of its name, node)`; others are unknown.
template <std::size_t N, typename Read>
void read_members(const Node& node, Reader& reader, const std::array<std::string_view, N>& names,
                  const Read& read) {
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const std::string& name = node.keys[i].text;
    const auto* const known = std::find(names.begin(), names.end(), name);
    reader.within("." + key_shown(name), [&] {
      if (known != names.end()) {
        read(static_cast<std::size_t>(known - names.begin()), node.items[i]);
      } else {
        reader.fail(node.keys[i], unknown_key(nearest_key(name, names)));
      }
    });
  }
}

std::optional<std::string> read_text(const Node& node, Reader& reader,
                                     base::Result<base::Unit> (*check)(std::string_view)) {
  const std::optional<std::string> text = reader.scalar(node);
  if (!text) return std::nullopt;
  const base::Result<base::Unit> checked = check(*text);
  if (!checked) return reader.fail(node, shown(*text) + ": " + checked.error().message);
  return text;
}

base::Result<base::Unit> check_filled(std::string_view text) {
  if (text.empty()) return base::Fail{base::Error{"has no value"}};
  return check_text(text);
}

base::Result<base::Unit> check_algorithm(std::string_view text) {
  const auto found = std::find(auth::kAlgorithmNames.begin(), auth::kAlgorithmNames.end(), text);
  if (found != auth::kAlgorithmNames.end()) return base::Unit{};
  std::string words;
  for (const std::string_view word : auth::kAlgorithmNames) {
    words += (words.empty() ? "" : ", ") + std::string(word);
  }
  return base::Fail{base::Error{"must be one of " + words}};
}

std::optional<auth::KeyFile> read_key_file(const Node& node, Reader& reader) {
  if (node.kind != Node::Kind::map) {
    return reader.fail(node, "must be {file, algorithm, kid}, not " + std::string(kind_name(node)));
  }
  auth::KeyFile key;
  bool named = false;
  read_members(node, reader, kKeyMembers, [&](std::size_t index, const Node& item) {
    named = named || index == 0;
    std::string& member = index == 0 ? key.file : index == 1 ? key.algorithm : key.kid;
    member = read_text(item, reader, index == 1 ? check_algorithm : check_filled).value_or("");
  });
  if (!named) reader.fail(node, "lacks file");
  return key;
}

base::Result<base::Unit> check_certificate_name(std::string_view text) {
  if (text.size() > auth::kSubjectBytesMax) {
    return base::Fail{base::Error{"longer than 256 bytes"}};
  }
  if (text != auth::kAnyCertificate && text.find('*') != std::string_view::npos) {
    return base::Fail{base::Error{
        "a certificate is named by one of its names, whole; * alone is whoever shows one"}};
  }
  return check_filled(text);
}

/// Nothing: what is wrong has been said.
std::optional<std::vector<std::string>> read_boards_of(const Node& node, Reader& reader) {
  const std::optional<Value> names = reader.list<std::string>(
      node, [&](const Node& name) { return read_text(name, reader, check_board_pattern); });
  if (!names) return std::nullopt;
  return std::get<std::vector<std::string>>(*names);
}

std::optional<auth::CertificateGrant> read_certificate_grant(const Node& node, Reader& reader,
                                                             std::map<std::string, int>& lines) {
  if (node.kind != Node::Kind::map) {
    return reader.fail(
        node, "must be {name, subscribe, publish, admin}, not " + std::string(kind_name(node)));
  }
  auth::CertificateGrant grant;
  bool named = false;
  read_members(node, reader, kCertificateMembers, [&](std::size_t index, const Node& item) {
    if (index < 2) {
      (index == 0 ? grant.subscribe : grant.publish) =
          read_boards_of(item, reader).value_or(std::vector<std::string>());
    } else if (index == 3) {
      const std::optional<Value> admin = read_by(FlagRule{}, item, reader);
      grant.admin = admin && std::get<std::uint64_t>(*admin) != 0;
    } else {
      named = true;
      grant.name = read_text(item, reader, check_certificate_name).value_or("");
      const auto [first, is_new] = lines.emplace(grant.name, item.place.line);
      if (!is_new) {
        reader.fail(item, shown(grant.name) + " stands here again; first on line " +
                              std::to_string(first->second));
      } else if (const auto any = lines.find(std::string(auth::kAnyCertificate));
                 any != lines.end() && any != first) {
        reader.fail(item, shown(grant.name) + " is never reached: * on line " +
                              std::to_string(any->second) + " is whoever shows one");
      }
    }
  });
  if (!named) reader.fail(node, "lacks name");
  return grant;
}

}  // namespace

std::optional<Value> read_certificate_grants(const Node& node, Reader& reader) {
  if (node.items.size() > auth::kCertificateGrantsMax) {
    return reader.fail(node,
                       "more than " + std::to_string(auth::kCertificateGrantsMax) + " elements");
  }
  std::map<std::string, int> lines;  // of each name
  return reader.list<auth::CertificateGrant>(
      node, [&](const Node& item) { return read_certificate_grant(item, reader, lines); });
}

std::optional<Value> read_key_files(const Node& node, Reader& reader) {
  return reader.list<auth::KeyFile>(node,
                                    [&](const Node& item) { return read_key_file(item, reader); });
}

std::optional<Value> read_grants(const Node& node, Reader& reader) {
  if (node.kind != Node::Kind::map) {
    return reader.fail(
        node, node.kind == Node::Kind::null
                  ? "has no value"
                  : "must be {subscribe: […], publish: […]}, not " + std::string(kind_name(node)));
  }
  auth::Anonymous grants;
  bool sound = true;
  read_members(node, reader, kGrantMembers, [&](std::size_t index, const Node& item) {
    auto names = read_boards_of(item, reader);
    sound = sound && names.has_value();
    if (names) (index == 0 ? grants.subscribe : grants.publish) = *std::move(names);
  });
  return sound ? std::optional(Value(std::move(grants))) : std::nullopt;
}

}  // namespace gateway::config
