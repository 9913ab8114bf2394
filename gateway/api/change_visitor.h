// What: a change of a stream's boards, built from the tokens of a JSON text. Owner: of the visitor,
// one reading. Thread: any; a change is a plain value.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/json_reader.h"
#include "api/publication.h"
#include "auth/grant.h"
#include "base/result.h"
#include "broker/event_id.h"

namespace gateway::api {

struct StreamChange {
  std::vector<std::string> add;  // boards and patterns; checked when they are applied
  std::vector<std::string> remove;
  std::optional<broker::EventId>
      after;          // where what is added begins; epoch 0: with all that is held
  auth::Grant grant;  // of whoever asks

  /// Nothing but that the stream goes on with this grant.
  bool only_renews() const { return add.empty() && remove.empty() && grant.is_proven(); }
};

/// {"add":["b"],"remove":["a"],"after":id}: each member may be absent, `after` may be "earliest".
/// Refuses unknown members, other types, and lists over `names_max`.
base::Result<StreamChange, Rejection> read_stream_change(std::string_view json,
                                                         std::size_t names_max);

class ChangeVisitor final : public JsonVisitor {
 public:
  explicit ChangeVisitor(std::size_t names_max) : names_max_(names_max) {}

  bool visit(const JsonToken& token) override;

  StreamChange& change() { return change_; }
  /// Why `visit` returned false.
  const Checked& rejection() const { return rejection_; }

 private:
  bool name_member(std::string_view name);
  bool take_position(const JsonToken& token);
  bool take_board(const JsonToken& token);
  bool refuse(std::string detail);

  const std::size_t names_max_;
  StreamChange change_;
  Checked rejection_;
  std::string_view member_;  // whose value comes next
  bool begun_ = false;
  bool in_list_ = false;
};

}  // namespace gateway::api
