#include "config/rule.h"

#include "base/check.h"
#include "base/quantity.h"
#include "base/text.h"

namespace gateway::config {
namespace {

std::string range(std::uint64_t min, std::uint64_t max, std::string (*format)(std::uint64_t)) {
  return " from " + format(min) + " to " + format(max);
}

std::string plain(std::uint64_t number) { return std::to_string(number); }

/// Text in quotes: JSON strings are YAML too. In YAML a dollar would begin a variable.
std::string quoted(const std::string& text, bool yaml) {
  std::string escaped;
  for (const char c : text) escaped += c == '$' && yaml ? std::string("$$") : std::string(1, c);
  return base::json_string(escaped);
}

std::string join(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) out += (out.size() > 1 ? ", " : "") + item;
  return out + "]";
}

/// The key of a map.
std::string key_text(std::string_view name, bool yaml) {
  return (yaml ? std::string(name) : base::json_string(name)) + ": ";
}

/// `first`, and the text of each member that has one: "{first, a, group: {b, c}}".
template <typename Text>
std::string in_braces(const BoardsRule& rule, const std::string& first, bool yaml,
                      const Text& text_of) {
  std::string out = "{" + first;
  std::string_view group;
  for (const BoardMember& member : rule.members) {
    const std::string text = text_of(member);
    if (text.empty()) continue;
    const bool opens = member.group != group;
    out += opens && !group.empty() ? "}, " : ", ";
    if (opens) out += key_text(member.group, yaml) + "{";
    out += text;
    group = member.group;
  }
  return out + (group.empty() ? "}" : "}}");
}

std::string board_text(const BoardsRule& rule, const BoardOverride& board, bool yaml) {
  const std::string match = key_text("match", yaml) + quoted(board.match, yaml);
  return in_braces(rule, match, yaml, [&](const BoardMember& member) {
    const std::optional<std::uint64_t>& value = board.*member.value;
    if (!value) return std::string();
    return key_text(member.name, yaml) + (yaml ? to_yaml : to_json)(to_rule(member.rule), *value);
  });
}

std::string names_text(const std::vector<std::string>& names, bool yaml) {
  std::vector<std::string> items;
  for (const std::string& name : names) items.push_back(quoted(name, yaml));
  return join(items);
}

std::string key_file_text(const auth::KeyFile& key, bool yaml) {
  std::string text = "{" + key_text("file", yaml) + quoted(key.file, yaml);
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) text += ", " + key_text(name, yaml) + quoted(value, yaml);
  };
  add("algorithm", key.algorithm);
  add("kid", key.kid);
  return text + "}";
}

/// Of anybody's, or of a certificate's.
template <typename Grants>
std::string board_grants(const Grants& grants, bool yaml) {
  return key_text("subscribe", yaml) + names_text(grants.subscribe, yaml) + ", " +
         key_text("publish", yaml) + names_text(grants.publish, yaml);
}

std::string grants_text(const auth::Anonymous& grants, bool yaml) {
  return "{" + board_grants(grants, yaml) + "}";
}

std::string certificate_grant_text(const auth::CertificateGrant& grant, bool yaml) {
  return "{" + key_text("name", yaml) + quoted(grant.name, yaml) + ", " +
         board_grants(grant, yaml) + (grant.admin ? ", " + key_text("admin", yaml) + "true" : "") +
         "}";
}

/// Texts and lists are written alike in both, but for the keys of maps.
std::string list_text(const Rule& rule, const Value& value, bool yaml) {
  std::vector<std::string> items;
  if (const auto* text = std::get_if<std::string>(&value)) return quoted(*text, yaml);
  if (const auto* grants = std::get_if<auth::Anonymous>(&value)) return grants_text(*grants, yaml);
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
    return names_text(*texts, yaml);
  }
  if (const auto* keys = std::get_if<std::vector<auth::KeyFile>>(&value)) {
    for (const auth::KeyFile& key : *keys) items.push_back(key_file_text(key, yaml));
  } else if (const auto* granted = std::get_if<std::vector<auth::CertificateGrant>>(&value)) {
    for (const auto& grant : *granted) items.push_back(certificate_grant_text(grant, yaml));
  } else if (const auto* addresses = std::get_if<std::vector<net::ListenAddress>>(&value)) {
    for (const auto& address : *addresses) items.push_back(quoted(to_string(address), yaml));
  } else if (const auto* ranges = std::get_if<std::vector<net::AddressRange>>(&value)) {
    for (const auto& range : *ranges) items.push_back(quoted(net::to_string(range), yaml));
  } else if (const auto* pairs = std::get_if<std::vector<net::CertificateFiles>>(&value)) {
    for (const net::CertificateFiles& pair : *pairs) {
      items.push_back("{" + key_text("cert", yaml) + quoted(pair.certificate, yaml) + ", " +
                      key_text("key", yaml) + quoted(pair.key, yaml) + "}");
    }
  } else if (const auto* boards = std::get_if<std::vector<BoardOverride>>(&value)) {
    for (const BoardOverride& board : *boards) {
      items.push_back(board_text(std::get<BoardsRule>(rule), board, yaml));
    }
  }
  return join(items);
}

/// The bare text of what is one number inside.
struct NumberText {
  std::uint64_t number;

  std::string operator()(const NumberRule& rule) const {
    return number == 0 && !rule.zero.empty() ? std::string(rule.zero) : plain(number);
  }
  std::string operator()(const SizeRule& rule) const {
    return number == 0 && !rule.zero.empty() ? std::string(rule.zero) : base::format_size(number);
  }
  std::string operator()(const DurationRule& rule) const {
    return number == kNoDuration ? std::string(rule.none) : base::format_duration_ms(number);
  }
  std::string operator()(const ChoiceRule& rule) const {
    BC_CHECK(number < rule.words.size(), number, rule.words.size());
    return std::string(rule.words[number]);
  }
  std::string operator()(const FlagRule&) const { return number != 0 ? "true" : "false"; }
  template <typename List>
  std::string operator()(const List&) const {
    BC_CHECK(false, number);
    return {};
  }
};

std::string number_text(const Rule& rule, std::uint64_t number) {
  return std::visit(NumberText{number}, rule);
}

/// The admin address is shown without its scheme: there is only one.
std::string admin_address(const Value& value) {
  const auto& addresses = std::get<std::vector<net::ListenAddress>>(value);
  BC_CHECK(addresses.size() == 1, addresses.size());
  const std::string text = to_string(addresses.front());
  return base::json_string(text.substr(text.find("://") + 3));
}

struct Describe {
  std::string operator()(const NumberRule& rule) const {
    const std::string word = rule.zero.empty() ? "" : ", or " + std::string(rule.zero);
    return "a number" + range(rule.min, rule.max, plain) + word;
  }
  std::string operator()(const SizeRule& rule) const {
    const std::string word = rule.zero.empty() ? "" : ", or " + std::string(rule.zero);
    return "a size" + range(rule.min, rule.max, base::format_size) + word;
  }
  std::string operator()(const DurationRule& rule) const {
    const std::string word = rule.none.empty() ? "" : ", or " + std::string(rule.none);
    return "a duration" + range(rule.min, rule.max, base::format_duration_ms) + word;
  }
  std::string operator()(const ChoiceRule& rule) const {
    std::string words;
    for (const std::string_view word : rule.words) {
      words += (words.empty() ? "" : ", ") + std::string(word);
    }
    return (rule.words.size() == 1 ? "the word " : "one of ") + words;
  }
  std::string operator()(const FlagRule&) const { return "true or false"; }
  std::string operator()(const AdminAddressRule&) const { return "an address host:port"; }
  std::string operator()(const AddressesRule&) const { return "a list of addresses"; }
  std::string operator()(const HostsRule&) const { return "a list of hosts"; }
  std::string operator()(const OriginsRule&) const { return "a list of origins"; }
  std::string operator()(const RangesRule&) const { return "a list of networks"; }
  std::string operator()(const FilesRule&) const { return "a list of files"; }
  std::string operator()(const CertificatesRule&) const {
    return "a list of {cert, key}, names of PEM files";
  }
  std::string operator()(const BoardsRule& rule) const {
    return "a list of " + describe_override(rule);
  }
  std::string operator()(const TextRule& rule) const { return std::string(rule.what); }
  std::string operator()(const TextsRule& rule) const {
    return "a list of " + std::string(rule.what);
  }
  std::string operator()(const KeyFilesRule&) const { return "a list of {file, algorithm, kid}"; }
  std::string operator()(const GrantsRule&) const {
    return "{subscribe, publish}, lists of boards";
  }
  std::string operator()(const CertificateGrantsRule&) const {
    return "a list of {name, subscribe, publish, admin}";
  }
};

/// A word that YAML 1.1 readers would take for a number or a flag; quotes are right in all.
bool needs_quotes(const std::string& word) { return word.find('.') != std::string::npos; }

}  // namespace

std::string to_yaml(const Rule& rule, const Value& value) {
  if (std::holds_alternative<AdminAddressRule>(rule)) return admin_address(value);
  const auto* number = std::get_if<std::uint64_t>(&value);
  if (number == nullptr) return list_text(rule, value, true);
  const std::string text = number_text(rule, *number);
  return std::holds_alternative<ChoiceRule>(rule) && needs_quotes(text) ? base::json_string(text)
                                                                        : text;
}

std::string to_json(const Rule& rule, const Value& value) {
  if (std::holds_alternative<AdminAddressRule>(rule)) return admin_address(value);
  const auto* number = std::get_if<std::uint64_t>(&value);
  if (number == nullptr) return list_text(rule, value, false);
  const std::string text = number_text(rule, *number);
  const bool bare = std::holds_alternative<FlagRule>(rule) || base::parse_decimal(text).has_value();
  return bare ? text : base::json_string(text);
}

std::string describe(const Rule& rule) { return std::visit(Describe{}, rule); }

std::string describe_override(const BoardsRule& rule) {
  return in_braces(rule, "match", true,
                   [](const BoardMember& member) { return std::string(member.name); });
}

std::string path_of(const BoardMember& member) {
  return (member.group.empty() ? "" : std::string(member.group) + ".") + std::string(member.name);
}

Rule to_rule(const NumberedRule& rule) {
  return std::visit([](const auto& kind) { return Rule(kind); }, rule);
}

std::string to_string(const net::ListenAddress& address) {
  const bool brackets = address.host.find(':') != std::string::npos && address.host.front() != '[';
  return std::string(net::to_string(address.scheme)) + "://" +
         (brackets ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace gateway::config
