// What: connections × streams that read events: all of one kind (live, slow, returning), with one
// tally. Owner: the run. Thread: one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "load/checker.h"
#include "load/connection.h"
#include "load/plan.h"

namespace bench {

class Group {
 public:
  struct Shape {
    std::uint64_t connections = 0;
    std::uint64_t streams = 0;  // on each
  };
  Group(const Plan& plan, Shape shape) : plan_(plan), shape_(shape) {}

  /// Begins one more connection; null when there are enough.
  Connection* connect(const Target& target, SSL_CTX* context);
  /// Where streams return to their boards: behind event `number`, which has these ids by board.
  struct Past {
    std::uint64_t number = 0;
    std::vector<std::string> ids;
  };
  /// Asks for the plan's requests on each connection; before its streams.
  void warm_up();
  std::uint64_t warmed_up() const { return warmed_up_; }
  /// Asks for the streams `from` to `to` (excluded) of each connection.
  void open(std::uint64_t from, std::uint64_t to, const Past* past = nullptr);
  /// Lets the first streams of the boards fill in the ids of `past.number`.
  void keep_ids(Past& past);

  /// Counts the streams of connections that the server closed as ended.
  void count_closed();
  std::uint64_t connections(Connection::State state) const;
  std::uint64_t streams() const { return shape_.connections * shape_.streams; }
  /// Streams that read this board.
  std::uint64_t readers(std::uint64_t board) const {
    return (streams() + plan_.boards - 1 - board) / plan_.boards;
  }
  /// Reads at most so much from each.
  void read(std::size_t bytes_max);
  void read_slowly();

  Checker checker;

 private:
  struct Member final : Reader {
    explicit Member(Group& its_group) : group(its_group) {}
    /// Null for a request that was there before the streams.
    EventStream* stream_of(std::size_t request);
    void on_status(std::size_t request, int status) override;
    void on_data(std::size_t request, std::string_view bytes, std::int64_t now) override;
    void on_end(std::size_t request) override;

    Group& group;
    std::unique_ptr<Connection> connection;
    std::vector<EventStream> streams;
    void warm_up();
    std::size_t requests = 0;  // before the streams
    std::size_t asked = 0;     // of them
    bool gone = false;
  };

  const Plan& plan_;
  const Shape shape_;
  std::vector<std::unique_ptr<Member>> members_;
  std::uint64_t warmed_up_ = 0;  // requests that have ended
};

}  // namespace bench
