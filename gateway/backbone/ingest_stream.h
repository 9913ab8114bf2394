// What: takes the entries of the stream <prefix>:in, in their order, and appends them at least
// once: an entry is acknowledged, and deleted, when its event has its place. What nobody
// acknowledged, because the node that had read it is no more, is claimed when a term begins, and
// now and then, one by one. What cannot be read, since it is too large for an answer or for its
// time, is rejected, not at once: it would end all terms. Owner: Ingest, for one term.
// Thread: the link's loop's.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "backbone/ingest_draft.h"
#include "backbone/ingest_term.h"
#include "backbone/redis_connection.h"
#include "base/timer.h"
#include "base/weak_ptr.h"

namespace gateway::backbone {

class IngestStream : public base::WeakTarget<IngestStream> {
 public:
  /// What it asks over the link, and not over a connection of its own.
  static constexpr const char* kAcknowledge[] = {"XACK", "XDEL"};

  explicit IngestStream(const IngestTerm& term);
  void stop();

 private:
  struct Waiting {
    std::string id;
    broker::Draft draft;
  };

  void make_group();
  void claim(const std::string& from, std::chrono::milliseconds idle);
  void claimed(const RedisReply& reply, std::chrono::milliseconds idle);
  void down(const std::string& why);
  void count_failure(const std::string& why);
  void fetch();
  void fetched(const RedisReply& reply);
  void give_up();
  void read();
  void was_read(const RedisReply& reply);
  void take(std::vector<InboxEntry> entries);
  void append();
  void appended(const RedisReply& reply);
  void acknowledge(const std::vector<std::string>& ids);
  void go_on();
  void size_up(const std::vector<InboxEntry>& entries);
  void fail(const char* what, const RedisReply& reply);

  const IngestTerm& term_;
  RedisConnection connection_;
  std::unique_ptr<base::Timer> again_;  // armed: the workers are behind
  std::size_t appending_ = 0;           // of `waiting_`, the first
  std::vector<Waiting> waiting_;        // read, and neither appended nor refused
  std::deque<std::string> claimed_;     // ids of what has to be fetched
  bool fetching_ = false;               // the first of them …
  base::MonoTime fetched_at_{};         // … since then
  std::string claim_from_;              // not empty: the claiming goes on there
  std::chrono::milliseconds claim_idle_{0};
  base::MonoTime claimed_at_{};
  std::size_t portion_ = 1;  // entries
  std::size_t largest_ = 1;  // entry of this term, in bytes
  bool stopped_ = false;
};

}  // namespace gateway::backbone
