// What: takes what other programs publish in Redis itself: to the channels <prefix>:in:<board>, and
// into the stream <prefix>:in. One node at a time does: the one that holds the lease, a key that
// lapses unless it is renewed each second. That is a *term*, with content of the lease and
// connections of its own. The append asks for the lease, in the same script; so a node that lost it
// without knowing appends nothing. Whatever fails ends the term. Owner: the backbone. Thread: the
// link's loop's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "backbone/ingest_channel.h"
#include "backbone/ingest_stream.h"
#include "backbone/ingest_term.h"
#include "base/random.h"
#include "base/timer.h"

namespace gateway::backbone {

class Ingest {
 public:
  /// All of it outlives the ingest.
  struct Context {
    loop::EventLoop& loop;
    RedisLink& link;
    const RedisNames& names;
    RedisCounters& counters;
    std::function<bool()> crowded;  // the workers are behind: take no more for now
    RedisRefusals& refusals;
  };
  /// `options.ingest` is not off.
  Ingest(Context context, const RedisOptions& options);

  /// Events can be published, or not any more.
  void connected(bool connected);
  /// Begins no term any more, and gives the lease back, so that another node takes over at once.
  void retire();

 private:
  struct Term : IngestTerm {
    std::unique_ptr<IngestChannel> channel;
    std::unique_ptr<IngestStream> stream;
  };

  void tick();
  void apply_for();
  void begin(const std::string& lease);
  void renew();
  void end(const std::string& why);
  void reject(std::string_view from, std::string_view why);

  const Context context_;
  const RedisOptions options_;
  base::SystemRandom random_;
  std::unique_ptr<base::Timer> tick_;
  std::shared_ptr<Term> term_;   // null: it is another's
  base::MonoTime not_before_{};  // the next term
  Unread unread_;
  bool connected_ = false;
  bool retired_ = false;
  base::MonoTime next_log_{};
};

}  // namespace gateway::backbone
