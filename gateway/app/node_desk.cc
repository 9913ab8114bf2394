#include "app/node_desk.h"

#include <atomic>
#include <optional>
#include <utility>
#include <variant>

#include "api/name_note.h"
#include "api/node_entry.h"

namespace gateway::app {
namespace {

/// The first worker's answer that is not empty, or that all had none.
class FirstAnswer {
 public:
  FirstAnswer(std::size_t workers, std::function<void(std::string)> answer)
      : left_(workers), answer_(std::move(answer)) {}

  /// From any thread.
  void take(std::string text) {
    if (!text.empty() && !told_.exchange(true)) answer_(std::move(text));
    if (--left_ == 0 && !told_.exchange(true)) answer_({});
  }

 private:
  std::atomic<std::size_t> left_;
  std::atomic<bool> told_{false};
  const std::function<void(std::string)> answer_;
};

/// What one worker does about it; `tell` is called once, from any thread.
void look_after(const api::NodeQuestion& question, Worker& worker,
                std::function<void(std::string)> tell) {
  if (const auto* const kick = std::get_if<api::Kick>(&question)) {
    return tell(worker.kick_here(*kick) ? api::kKicked : "");
  }
  const auto& change = std::get<api::ChangeQuestion>(question);
  worker.change_here(change.stream, change.change,
                     [tell = std::move(tell)](std::optional<http::Response> response) {
                       tell(response ? api::answer_text(*response) : std::string());
                     });
}

}  // namespace

NodeDesk::NodeDesk(loop::EventLoop& loop, backbone::Nodes& nodes, api::Kicks& kicks,
                   api::StreamNames& names, const Workers& workers)
    : nodes_(nodes), kicks_(kicks), names_(names), workers_(workers), counts_(loop, workers) {
  timer_ = loop.make([this] { tell(); });
  timer_->arm(std::chrono::milliseconds(0));
  nodes_.listen(*this);
}

bool NodeDesk::hear(backbone::HeardNote note) {
  if (note.key.starts_with(api::kNameNotes)) return hear_of_name(note);
  return note.key.starts_with(api::Kicks::kNotes) && kicks_.hear(note);
}

bool NodeDesk::hear_of_name(const backbone::HeardNote& note) {
  const api::StreamNames::Heard heard = names_.hear(note);
  if (heard.replaced) {
    for (const auto& worker : workers_) {
      worker->ask([id = *heard.replaced](Worker& other) { other.replace_here(id); });
    }
  }
  return !heard.malformed;
}

void NodeDesk::complete() {
  kicks_.complete();
  names_.complete();
}

// What it cannot read, as a node of another version may ask, may well be here.
bool NodeDesk::hear_question(std::string question, std::function<void(std::string)> answer) {
  auto read = api::read_question(question);
  if (!read) return false;
  const auto shared = std::make_shared<const api::NodeQuestion>(*std::move(read));
  const auto first = std::make_shared<FirstAnswer>(workers_.size(), std::move(answer));
  for (const auto& worker : workers_) {
    worker->ask([shared, first](Worker& other) {
      look_after(*shared, other, [first](std::string text) { first->take(std::move(text)); });
    });
  }
  return true;
}

void NodeDesk::tell() {
  counts_.ask([](Worker& worker) { return worker.view(api::entry_selection()); },
              [this](const std::vector<api::WorkerView>& views) {
                nodes_.tell(api::entry_text(views));
                timer_->arm(backbone::kEntryEvery);
              });
}

}  // namespace gateway::app
