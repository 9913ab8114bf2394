// What: a publish request once it is read: events ready for the backbone, or the reason why not.
// The checks here hold for every form in which events come. Thread: plain values.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "broker/event.h"

namespace gateway::api {

/// Why nothing of the request is published.
struct Rejection {
  int status = 400;    // 400, 413, 415
  std::string detail;  // a sentence that names the culprit
};

/// A whole request, valid in every part.
struct Publication {
  std::vector<broker::Draft> drafts;  // at least one
  bool batch = false;                 // answered with "ids", not "id"
};

using Reading = base::Result<Publication, Rejection>;
using Checked = std::optional<Rejection>;  // nothing: it is fine

/// The bounds of a publication.
struct PublishLimits {
  std::size_t batch_events = 0;
  std::size_t json_depth = 0;
};

// The rules are broker/draft_check.h's; here they are in words for who published.
Checked add_board(broker::Draft& draft, std::string_view name);
Checked set_type(broker::Draft& draft, std::string_view type);
Checked set_text(broker::Draft& draft, std::string text);
Checked set_key(broker::Draft& draft, std::string_view key);

/// A detail for an unknown `noun` ("member"): names the nearest of `known` or all of them.
Rejection unknown_name(std::string_view noun, std::string_view name,
                       std::span<const std::string_view> known);

}  // namespace gateway::api
