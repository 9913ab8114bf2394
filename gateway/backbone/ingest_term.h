// What: what a node works with while it takes what other programs write into Redis: from when it
// got the lease until it ends the term. Owner: Ingest; it outlives what works with it. Thread: the
// link's loop's.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backbone/options.h"
#include "backbone/redis_counters.h"
#include "backbone/redis_link.h"
#include "backbone/redis_names.h"
#include "broker/event.h"
#include "loop/event_loop.h"

namespace gateway::backbone {

/// An entry of the stream that, read alone, was too large or too late, and how often.
struct Unread {
  std::string id;
  int times = 0;
};

struct IngestTerm {
  loop::EventLoop& loop;
  RedisLink& link;
  const RedisNames& names;
  RedisCounters& counters;
  const RedisOptions options;
  std::function<bool()> crowded;
  std::string lease;  // what it holds in this term, and in no other
  /// Counts an event that is none, and says so. Never its data.
  std::function<void(std::string_view from, std::string_view why)> reject;
  /// Something failed: the term ends, later.
  std::function<void(const std::string& why)> end;
  Unread& unread;  // the last one of all of this node's terms

  /// With another Redis, at an address that has moved for example, the term ends: entries would be
  /// read there and acknowledged, under the same ids perhaps, where the lease and the log are.
  void greet(RedisConnection& connection, const char* what, std::function<void()> done) const {
    link.greet(connection,
               [this, what, done = std::move(done)](const base::Result<base::Unit>& greeted) {
                 greeted ? done() : end(std::string(what) + ": " + greeted.error().message);
               });
  }
  /// Only if the lease still holds what it held: nobody else has taken over.
  void append(std::vector<broker::Draft> batch, RedisLink::Ran ran) const {
    link.run(script_words(names, {}, std::move(batch), lease), std::move(ran));
  }
};

}  // namespace gateway::backbone
