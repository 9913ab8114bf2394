// What: a YAML document as a small tree with places, before anything is known about keys. Strict
// where YAML is generous: one document, no anchors, aliases or tags, no repeated keys (yaml-cpp's
// own tree takes the first in silence). Thread: plain values.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace gateway::config {

/// 1-based; columns count bytes. Line 0: the file as a whole.
struct Place {
  int line = 0;
  int column = 0;
};

struct Node {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  Place place;
  /// A scalar's text, before variables are expanded.
  std::string text;
  /// Written in quotes or as a block: text for certain, never a number.
  bool quoted = false;
  /// The elements of a list, or the values of a map.
  std::vector<Node> items;
  /// A map's keys, all scalars, none twice: `keys[i]` names `items[i]`.
  std::vector<Node> keys;
};

/// Bytes of one file, levels of nesting, and keys of one map: far above any sensible configuration.
inline constexpr std::size_t kSourceBytesMax = 1024 * 1024;
inline constexpr std::size_t kDepthMax = 16;
inline constexpr std::size_t kMapKeysMax = 1000;

/// The document, or the first thing that is wrong with it. An empty text is a null node.
base::Result<Node, Problem> parse_yaml(const Source& source);

/// A value of a file as it may stand in a message: quoted, escaped, cut at 60 bytes.
std::string shown(std::string_view text);

}  // namespace gateway::config
