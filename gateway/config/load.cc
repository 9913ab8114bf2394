#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "config/config.h"
#include "config/keys.h"
#include "config/node.h"
#include "config/relations.h"
#include "config/unknown.h"

namespace gateway::config {
namespace {

/// More would hide the first ones.
constexpr std::size_t kProblemsMax = 100;

/// Takes sources one after the other.
class Loader {
 public:
  explicit Loader(const Environment& environment) : environment_(environment) {}

  void add(const Source& source) {
    file_ = source.name;
    const base::Result<Node, Problem> root = parse_yaml(source);
    if (!root) {
      readable_ = false;
      problems_.push_back(root.error());
    } else if (root->kind == Node::Kind::map) {
      add_sections(*root);
    } else if (root->kind != Node::Kind::null) {
      fail(root->place, "", "must be a map of sections, such as `server:`");
    }
  }

  base::Result<Settings, std::vector<Problem>> finish() {
    apply();
    if (readable_) relate();
    if (problems_.empty()) return std::move(settings_);
    if (problems_.size() > kProblemsMax) {
      problems_.resize(kProblemsMax);
      problems_.push_back({file_, 0, 0, "", "and more; only the first 100 are shown"});
    }
    return base::Fail{std::move(problems_)};
  }

 private:
  struct Origin {
    std::string file;
    Place place;
  };

  void add_sections(const Node& root) {
    for (std::size_t i = 0; i < root.keys.size(); ++i) {
      const Node& name = root.keys[i];
      const Section* section = find_section(name.text);
      if (section != nullptr) {
        add_section(*section, root.items[i]);
      } else if (is_path(name.text)) {
        fail(name.place, name.text, "keys nest: write the part before the dot as a section");
      } else {
        fail(name.place, key_shown(name.text), unknown_section(name.text));
      }
    }
  }

  void add_section(const Section& section, const Node& node) {
    if (is_single_value(section)) {
      return add_value(std::string(section.name), section.keys[0], node);
    }
    if (node.kind == Node::Kind::null) return;  // all of it commented out
    if (node.kind != Node::Kind::map) {
      return fail(node.place, std::string(section.name), "must be a map of keys");
    }
    add_keys(section, {}, node);
  }

  /// Those of a section, or of the map `group` in it.
  void add_keys(const Section& section, const std::string& group, const Node& node) {
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const Node& name = node.keys[i];
      const std::string full = group + name.text;
      const bool dotted = name.text.find('.') != std::string::npos;
      if (const Key* key = dotted ? nullptr : find_key(section, full)) {
        add_value(path_of(section, *key), *key, node.items[i]);
      } else if (group.empty() && has_group(section, name.text)) {
        add_group(section, name.text, node.items[i]);
      } else {
        fail(name.place, std::string(section.name) + "." + group + key_shown(name.text),
             unknown_name(section, full));
      }
    }
  }

  void add_group(const Section& section, const std::string& group, const Node& node) {
    if (node.kind == Node::Kind::map) return add_keys(section, group + ".", node);
    if (node.kind == Node::Kind::null) return;
    fail(node.place, std::string(section.name) + "." + group, "must be a map of keys");
  }

  void add_value(const std::string& path, const Key& key, const Node& node) {
    std::vector<Fault> faults;
    const std::optional<Value> value = read_value(key.rule, node, environment_, faults);
    for (Fault& fault : faults) fail(fault.place, path + fault.below, std::move(fault.what));
    origins_[path] = {file_, node.place};
    if (value) {
      values_[&key] = *value;
    } else {
      broken_.insert(path);
    }
  }

  /// When all files are read and in the order of the table, because what an override leaves out is
  /// what holds for all boards in the end.
  void apply() {
    for (const Section& section : sections()) {
      for (const Key& key : section.keys) {
        const auto value = values_.find(&key);
        if (value != values_.end()) key.access.set(settings_, value->second);
      }
    }
  }

  /// Only between values that are right in themselves.
  void relate() {
    for (const Conflict& conflict : check_relations(settings_)) {
      bool sound = true;
      auto shown_at = origins_.end();
      for (const std::string& key : conflict.keys) {
        sound = sound && broken_.count(key) == 0;
        if (shown_at == origins_.end()) shown_at = origins_.find(key);
      }
      if (!sound) continue;
      const bool set = shown_at != origins_.end();
      const Origin origin = set ? shown_at->second : Origin{file_, {}};
      problems_.push_back({origin.file, origin.place.line, origin.place.column,
                           set ? shown_at->first : conflict.keys.front(), conflict.what});
    }
  }

  void fail(Place place, std::string key, std::string what) {
    problems_.push_back({file_, place.line, place.column, std::move(key), std::move(what)});
  }

  static const Section* find_section(std::string_view name) {
    for (const Section& section : sections()) {
      if (section.name == name) return &section;
    }
    return nullptr;
  }
  static const Key* find_key(const Section& section, std::string_view name) {
    for (const Key& key : section.keys) {
      if (key.name == name) return &key;
    }
    return nullptr;
  }
  static bool has_group(const Section& section, std::string_view name) {
    return !name.empty() &&
           std::any_of(section.keys.begin(), section.keys.end(),
                       [name](const Key& key) { return split_name(key.name).first == name; });
  }
  static bool is_path(std::string_view text) {
    const std::size_t dot = text.find('.');
    const Section* section = find_section(text.substr(0, dot));
    return section != nullptr && !is_single_value(*section) && dot != std::string_view::npos &&
           find_key(*section, text.substr(dot + 1)) != nullptr;
  }

  const Environment& environment_;
  Settings settings_ = default_settings();
  std::string file_ = "defaults";
  std::map<const Key*, Value> values_;
  std::map<std::string, Origin> origins_;
  std::set<std::string> broken_;
  std::vector<Problem> problems_;
  bool readable_ = true;
};

}  // namespace

base::Result<Settings, std::vector<Problem>> load(const std::vector<Source>& sources,
                                                  const Environment& environment) {
  Loader loader(environment);
  for (const Source& source : sources) loader.add(source);
  return loader.finish();
}

}  // namespace gateway::config
