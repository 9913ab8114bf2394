#include <map>
#include <string>
#include <utility>

#include "base/text.h"
#include "config/config.h"
#include "config/keys.h"

namespace gateway::config {
namespace {

constexpr std::string_view kHead = R"({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "Boardcast configuration",
  "type": ["object", "null"],
  "additionalProperties": false,
  "definitions": {
    "variable": {"type": "string", "pattern": "\\$\\{"},
    "duration": {"type": "string", "pattern": "^[0-9]+(ms|s|m|h)$|\\$\\{"},
    "size": {"type": "string", "pattern": "^[0-9]+(KiB|MiB|GiB)?$|\\$\\{"},
    "address": {"type": "string", "pattern": "^((https|http|h2c)://)?[^/]+:[0-9]+$|\\$\\{"},
    "admin": {"type": "string", "pattern": "^(http://)?[^/]+:[0-9]+$|\\$\\{"},
    "host": {"type": "string", "pattern": "^(\\*\\.)?[a-z0-9._-]+$|^\\[[0-9a-f:.]+\\]$|\\$\\{"},
    "origin": {"type": "string", "pattern": "^https?://[^/?#@A-Z*]+(:\\*)?$|\\$\\{"},
    "match": {
      "type": "string",
      "pattern": "^[^*\\u0000-\\u001f\\u007f-\\u009f]*[^\\u0000-\\u001f\\u007f-\\u009f]$|\\$\\{"
    },
    "network": {"type": "string", "pattern": "^[0-9a-f.:]+(/[0-9]+)?$|\\$\\{"},
    "file": {"type": "string", "minLength": 1},
    "key": {
      "type": "object",
      "additionalProperties": false,
      "required": ["file"],
      "properties": {
        "file": {"type": "string", "minLength": 1},
        "algorithm": {"type": "string", "pattern": "^[HRPE]S(256|384|512)$|\\$\\{"},
        "kid": {"type": "string", "minLength": 1}
      }
    },
    "certificate_grant": {
      "type": "object",
      "additionalProperties": false,
      "required": ["name"],
      "properties": {
        "name": {"type": "string", "pattern": "^([^*]+|\\*)$", "maxLength": 256},
        "subscribe": {"type": "array", "items": {"$ref": "#/definitions/match"}},
        "publish": {"type": "array", "items": {"$ref": "#/definitions/match"}},
        "admin": {"type": "boolean"}
      }
    },
    "certificate": {
      "type": "object",
      "additionalProperties": false,
      "required": ["cert", "key"],
      "properties": {
        "cert": {"type": "string", "minLength": 1},
        "key": {"type": "string", "minLength": 1}
      }
    }
  },
  "properties": {
)";

std::string reference(std::string_view name) {
  return R"("$ref": "#/definitions/)" + std::string(name) + R"(")";
}

std::string or_variable(const std::string& schema) {
  return R"("anyOf": [{)" + schema + "}, {" + reference("variable") + "}]";
}

std::string list_of(std::string_view name, std::string_view more = "") {
  return R"("type": "array", )" + std::string(more) + R"("items": {)" + reference(name) + "}";
}

std::string integer(std::uint64_t min, std::uint64_t max) {
  return R"("type": "integer", "minimum": )" + std::to_string(min) + R"(, "maximum": )" +
         std::to_string(max);
}

/// The members of a schema, without its braces.
struct Constraint {
  std::string operator()(const NumberRule& rule) const {
    const std::string word = base::json_string(rule.zero);
    return or_variable(integer(rule.min, rule.max) +
                       (rule.zero.empty() ? "" : "}, {\"const\": " + word));
  }
  std::string operator()(const SizeRule& rule) const {
    const std::string word = base::json_string(rule.zero);
    return R"("anyOf": [{)" + integer(rule.min, rule.max) + "}, {" + reference("size") +
           (rule.zero.empty() ? "" : "}, {\"const\": " + word) + "}]";
  }
  std::string operator()(const DurationRule& rule) const {
    if (rule.none.empty()) return reference("duration");
    return R"("anyOf": [{)" + reference("duration") + R"(}, {"const": )" +
           base::json_string(rule.none) + "}]";
  }
  std::string operator()(const ChoiceRule& rule) const {
    std::string words;
    for (const std::string_view word : rule.words) {
      words += (words.empty() ? "" : ", ") + base::json_string(word);
      // Without quotes, 1.2 is a number to an editor, and as good.
      if (word.find('.') != std::string_view::npos) words += ", " + std::string(word);
    }
    return or_variable(R"("enum": [)" + words + "]");
  }
  std::string operator()(const FlagRule&) const { return or_variable(R"("type": "boolean")"); }
  std::string operator()(const AdminAddressRule&) const { return reference("admin"); }
  std::string operator()(const AddressesRule&) const {
    return list_of("address", R"("minItems": 1, )");
  }
  std::string operator()(const HostsRule&) const { return list_of("host"); }
  std::string operator()(const OriginsRule&) const { return list_of("origin"); }
  std::string operator()(const RangesRule&) const { return list_of("network"); }
  std::string operator()(const FilesRule&) const { return list_of("file"); }
  std::string operator()(const CertificatesRule&) const { return list_of("certificate"); }
  std::string operator()(const TextRule&) const { return R"("type": "string", "maxLength": 1024)"; }
  std::string operator()(const KeyFilesRule&) const { return list_of("key"); }
  std::string operator()(const GrantsRule&) const {
    std::string both;
    add_property(both, "subscribe", list_of("match"));
    add_property(both, "publish", list_of("match"));
    return map_of(both);
  }
  std::string operator()(const CertificateGrantsRule&) const {
    return list_of("certificate_grant",
                   R"("maxItems": )" + std::to_string(auth::kCertificateGrantsMax) + ", ");
  }
  std::string operator()(const BoardsRule& rule) const {
    std::map<std::string_view, std::string> groups;
    for (const BoardMember& member : rule.members) {
      add_property(groups[member.group], member.name, std::visit(*this, to_rule(member.rule)));
    }
    std::string all = std::exchange(groups[""], "");
    add_property(all, "match", reference("match"));
    for (const auto& [group, properties] : groups) {
      if (!group.empty()) add_property(all, group, map_of(properties));
    }
    return R"("type": "array", "maxItems": )" + std::to_string(kBoardOverridesMax) +
           R"(, "items": {"required": ["match"], )" + map_of(all) + "}";
  }

 private:
  static void add_property(std::string& to, std::string_view name, const std::string& schema) {
    to += (to.empty() ? "" : ", ") + base::json_string(name) + ": {" + schema + "}";
  }
  static std::string map_of(const std::string& properties) {
    return R"("type": "object", "additionalProperties": false, "properties": {)" + properties + "}";
  }
};

std::string property(const Key& key, const Settings& settings, const std::string& indent) {
  // Draft 7 ignores what stands beside a $ref, so the constraint has a schema of its own.
  const std::string next = ",\n  " + indent;
  return indent + base::json_string(split_name(key.name).second) + ": {\n  " + indent +
         R"("description": )" +
         base::json_string(reason_of(key) + " Value: " + describe(key.rule) + ".") + next +
         R"("default": )" + to_json(key.rule, key.access.get(settings)) + next + R"("allOf": [{)" +
         std::visit(Constraint{}, key.rule) + "}]\n" + indent + "}";
}

constexpr std::string_view kGroupEnd = "\n          }\n        }";

std::string section_schema(const Section& section, const Settings& settings) {
  if (is_single_value(section)) return property(section.keys[0], settings, "    ");
  std::string out = "    " + base::json_string(section.name) +
                    ": {\n      \"description\": " + base::json_string(section.reason) +
                    ",\n      \"type\": [\"object\", \"null\"],\n"
                    "      \"additionalProperties\": false,\n      \"properties\": {\n";
  std::string_view group;
  bool first = true;
  for (const Key& key : section.keys) {
    const std::string_view now = split_name(key.name).first;
    const bool other = std::exchange(group, now) != now;
    out += first ? "" : other && now.empty() ? std::string(kGroupEnd) + ",\n" : ",\n";
    if (other && !now.empty()) {
      out += "        " + base::json_string(now) +
             ": {\n          \"type\": [\"object\", \"null\"],\n"
             "          \"additionalProperties\": false,\n          \"properties\": {\n";
    }
    out += property(key, settings, now.empty() ? "        " : "            ");
    first = false;
  }
  if (!group.empty()) out += kGroupEnd;
  return out + "\n      }\n    }";
}

}  // namespace

std::string json_schema() {
  const Settings settings = default_settings();
  std::string out(kHead);
  bool first = true;
  for (const Section& section : sections()) {
    out += (first ? "" : ",\n") + section_schema(section, settings);
    first = false;
  }
  return out + "\n  }\n}\n";
}

}  // namespace gateway::config
