// What: builds events from the tokens of a JSON text: of one object, or of an array of them. Owner:
// one reading; used for one text or for one line after the other. Invariant: `drafts` holds only
// whole, checked events.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/json_reader.h"
#include "api/publication.h"

namespace gateway::api {

class EventVisitor final : public JsonVisitor {
 public:
  /// `array`: the text is an array of events, otherwise one object.
  EventVisitor(bool array, std::size_t events_max) : array_(array), events_max_(events_max) {}

  bool visit(const JsonToken& token) override;

  std::vector<broker::Draft>& drafts() { return drafts_; }
  /// Why `visit` returned false.
  const Checked& rejection() const { return rejection_; }

 private:
  /// What the next token can be a part of.
  enum class Place : std::uint8_t { root, array, event, boards, data };
  enum class Member : std::uint8_t { none, board, boards, data, event, key };

  bool in_root(const JsonToken& token);
  bool in_array(const JsonToken& token);
  bool in_event(const JsonToken& token);
  bool in_boards(const JsonToken& token);
  bool in_data(const JsonToken& token);
  bool begin_event(const JsonToken& token);
  bool end_event();
  bool name_member(std::string_view name);
  bool begin_value(const JsonToken& token);
  bool take_string(Member member, std::string_view text);
  /// True when nothing is wrong.
  bool accept(Checked rejection);
  bool refuse(std::string detail) { return accept(Rejection{400, std::move(detail)}); }

  const bool array_;
  const std::size_t events_max_;
  std::vector<broker::Draft> drafts_;
  Checked rejection_;

  Place place_ = Place::root;
  Member member_ = Member::none;  // whose value comes next
  broker::Draft draft_;
  bool has_board_ = false;
  bool has_boards_ = false;
  bool has_data_ = false;
  std::size_t data_depth_ = 0;  // containers open inside the data
};

}  // namespace gateway::api
