// What: what a client must see of one request, judged by nothing but the bytes that reach it and
// what the clients themselves have sent. Owner: the client that sent the request. Thread: the
// simulation's.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sim/gateway_scene.h"
#include "support/sse_parser.h"

namespace gateway::sim {

using AnswerFields = std::map<std::string, std::string>;

class ModelExchange {
 public:
  explicit ModelExchange(Scene& scene);
  virtual ~ModelExchange() = default;

  /// What comes back, in this order.
  void head(int status, AnswerFields fields);
  virtual void body(std::string_view bytes);
  void complete();
  /// Nothing will come any more, and it was not complete.
  void lose();

  bool is_head() const { return head_; }
  void expect_no_body() { head_ = true; }
  bool answered() const { return status_ != 0; }
  bool over() const { return over_; }
  /// A stream that was opened and goes on.
  virtual bool live() const { return false; }
  int status() const { return status_; }
  const std::string& text() const { return text_; }
  std::string field(const std::string& name) const;

 protected:
  virtual void check_head() {}
  virtual void check_complete() {}
  virtual void after_loss() {}
  /// It came so slowly that the gateway gave it up: as good as lost.
  bool too_late() const { return status_ == 408; }

  Scene& scene_;
  const bool sent_draining_;
  const Place sent_at_;  // the head when it was sent

 private:
  int status_ = 0;
  AnswerFields fields_;
  std::string text_;
  bool over_ = false;
  bool head_ = false;
};

/// A request that is answered whole with a known status.
class ModelAnswer final : public ModelExchange {
 public:
  ModelAnswer(Scene& scene, int status) : ModelExchange(scene), expected_(status) {}
  void expect_text(std::string text) { expected_text_ = std::move(text); }

 protected:
  void check_complete() override;

 private:
  const int expected_;
  std::optional<std::string> expected_text_;
};

class ModelPublish final : public ModelExchange {
 public:
  ModelPublish(Scene& scene, const Publication& publication)
      : ModelExchange(scene), publication_(publication) {}

 protected:
  void check_complete() override;

 private:
  const Publication& publication_;
};

class ModelSubscription final : public ModelExchange {
 public:
  /// `connection` and `protocol`: what boardcast.open has to say.
  ModelSubscription(Scene& scene, StreamWish wish, std::string protocol, std::string connection);

  void body(std::string_view bytes) override;
  bool live() const override { return opened_ && ended_.empty() && !over(); }
  const StreamWish& wish() const { return wish_; }
  /// As boardcast.open says it.
  const std::string& id() const { return id_; }
  /// An operator has ended it: that is the last thing it says, unless another end was before.
  void expect_kick() { kicked_ = true; }

  /// The hub has spread everything up to `position`: what was not read yet waits somewhere.
  void note_spread(Place position);
  /// Everything has been carried: nothing may be missing.
  void check_quiet();
  /// The client reads at once: it must have heard something lately.
  void check_silence(base::Duration longest) const;
  /// The client reads at once, and heartbeats are made when all else was read: none comes before
  /// `shortest`, and each tells the head of the log.
  void expect_prompt(base::Duration shortest) {
    prompt_ = true;
    silence_min_ = shortest;
  }

 protected:
  void check_head() override;
  void check_complete() override;
  void after_loss() override;

 private:
  void read_block(const std::string& block);
  void read_heartbeat(const std::string& block);
  void read_published(const test::SseEvent& event);
  void read_gap(const test::SseEvent& event);
  void read_open(const test::SseEvent& event);
  void read_end(const test::SseEvent& event);
  void check_retry(std::uint64_t times = 1) const;
  bool limit_reached() const { return wish_.limit > 0 && received_ >= wish_.limit; }
  Place place_of(const std::string& id) const;
  std::string board_list() const;
  void expect_new_events();

  const StreamWish wish_;
  const std::string protocol_;
  const std::string connection_;
  test::SseParser parser_;
  std::string unread_;          // the beginning of a block
  std::deque<Place> expected_;  // wanted and not read yet
  Place scanned_ = 0;           // `expected_` knows all up to here
  Place cursor_ = 0;            // the last position the stream said
  std::uint64_t received_ = 0;
  bool opened_ = false;
  bool retry_alone_ = false;  // a block with nothing but `retry:` was the last
  std::string gap_;           // the data of boardcast.gap
  std::string ended_;         // the reason
  std::string id_;
  bool kicked_ = false;
  bool overflowed_ = false;  // more than pending_events have waited
  base::MonoTime heard_at_;
  bool prompt_ = false;
  base::Duration silence_min_{0};
};

}  // namespace gateway::sim
