// What: where other nodes are heard: it hands on what they write to whom it concerns, looks after
// what they ask on all workers, and tells them this node's counts. Owner: the supervisor, for which
// there are other nodes; made before the workers start, it outlives the backbone's thread. Thread:
// as a Listener the backbone's; its timer is the main thread's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/kicks.h"
#include "api/node_talk.h"
#include "api/stream_names.h"
#include "app/round.h"
#include "app/worker.h"
#include "backbone/nodes.h"
#include "loop/event_loop.h"

namespace gateway::app {

class NodeDesk final : private backbone::Nodes::Listener {
 public:
  using Workers = std::vector<std::unique_ptr<Worker>>;
  /// All outlive it. `loop` is the main thread's.
  NodeDesk(loop::EventLoop& loop, backbone::Nodes& nodes, api::Kicks& kicks,
           api::StreamNames& names, const Workers& workers);

 private:
  bool hear(backbone::HeardNote note) override;
  bool hear_question(std::string question, std::function<void(std::string)> answer) override;
  void lost() override { kicks_.lost(); }
  void complete() override;
  bool hear_of_name(const backbone::HeardNote& note);
  void tell();

  backbone::Nodes& nodes_;
  api::Kicks& kicks_;
  api::StreamNames& names_;
  const Workers& workers_;
  Round<Worker, api::WorkerView> counts_;
  std::unique_ptr<base::Timer> timer_;
};

}  // namespace gateway::app
