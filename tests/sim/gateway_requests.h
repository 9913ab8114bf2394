// What: random requests together with what they must lead to. Owner: the world. Thread: the
// simulation's.
#pragma once

#include <string>

#include "base/random.h"
#include "sim/gateway_client.h"
#include "sim/gateway_scene.h"

namespace gateway::sim {

class RequestMaker {
 public:
  RequestMaker(Scene& scene, base::Random& random) : scene_(scene), random_(random) {}

  struct Subscribe {
    ClientRequest request;
    StreamWish wish;
  };
  Subscribe subscribe();
  /// A GET /events that is refused with 400, 404, 405 or 406.
  ClientRequest wrong_subscribe(int& status);

  /// A POST in one of the forms; its publication is the scene's last. A good part is wrong.
  ClientRequest publish();

 private:
  struct Data;
  bool chance(std::uint64_t percent) { return random_.below(100) < percent; }
  std::size_t pick(std::size_t count) { return random_.below(count); }
  std::string pick_board();
  std::string tag() const { return "#" + std::to_string(scene_.publications.size() - 1) + "#"; }

  void choose_position(Subscribe& subscribe, std::string& query);
  std::string text_data();
  /// A JSON value: `sent.text` and `sent.json` set; returned with white space between its tokens.
  std::string json_value(SentEvent& sent, bool lines);
  /// An object of a publication.
  std::string json_event(SentEvent& sent, bool lines);
  std::string quoted(const std::string& text);
  SentEvent draw_event();
  void set_text(SentEvent& sent, const std::string& text);

  ClientRequest publish_json(Publication& publication);
  ClientRequest publish_text(Publication& publication);
  ClientRequest publish_form(Publication& publication);
  ClientRequest publish_wrong(Publication& publication);

  Scene& scene_;
  base::Random& random_;
};

}  // namespace gateway::sim
