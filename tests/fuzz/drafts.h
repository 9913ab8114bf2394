// What: what holds for a publication whatever it was read from. Thread: pure functions.
#pragma once

#include "api/publication.h"
#include "broker/filter.h"
#include "client/json.h"
#include "fuzz/fuzz.h"

namespace gateway::fuzz {

inline void check_rejection(const api::Rejection& rejection) {
  const int status = rejection.status;
  BC_CHECK(status == 400 || status == 413 || status == 415, status);
  check_sentence(rejection.detail);
}

inline void check_draft(const broker::Draft& draft) {
  BC_CHECK(!draft.boards.empty() && draft.boards.size() <= broker::kBoardsPerEventMax);
  for (std::size_t i = 0; i < draft.boards.size(); ++i) {
    BC_CHECK(broker::check_board_name(draft.boards[i]).ok(), draft.boards[i]);
    for (std::size_t j = 0; j < i; ++j) BC_CHECK(draft.boards[i] != draft.boards[j]);
  }
  BC_CHECK(draft.type.size() <= broker::kNameBytesMax && !base::has_control(draft.type));
  BC_CHECK(draft.type != "message" && !draft.type.starts_with("boardcast."), draft.type);
  BC_CHECK(draft.key.size() <= broker::kKeyBytesMax && !base::has_control(draft.key));
  BC_CHECK(base::is_utf8(draft.data) && draft.data.find('\0') == std::string::npos);
  BC_CHECK(!draft.data_is_json || client::is_json(draft.data), draft.data);
}

inline void check_same(const broker::Draft& a, const broker::Draft& b) {
  BC_CHECK(a.boards == b.boards, a.boards.size(), b.boards.size());
  BC_CHECK(a.type == b.type && a.key == b.key, a.type, b.type, a.key, b.key);
  BC_CHECK(a.data == b.data && a.data_is_json == b.data_is_json, a.data, b.data);
}

/// As a publisher could have written it.
inline std::string to_json(const broker::Draft& draft) {
  std::string out = R"({"boards":[)";
  for (const std::string& board : draft.boards) {
    if (!out.ends_with('[')) out += ',';
    base::append_json_string(out, board);
  }
  out += R"(],"event":)" + base::json_string(draft.type);
  if (!draft.key.empty()) out += R"(,"key":)" + base::json_string(draft.key);
  out += R"(,"data":)" + (draft.data_is_json ? draft.data : base::json_string(draft.data));
  return out + '}';
}

}  // namespace gateway::fuzz
