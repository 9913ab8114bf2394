// What: questions that one worker asks all workers, the asking one included, and whose answers it
// awaits. Owner: the worker that asks. Thread: its own; only a question's number, the question and
// plain values travel, so that what waits for the answers may refer to things of this thread whose
// counts are not atomic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/check.h"
#include "loop/event_loop.h"

namespace gateway::app {

template <typename Worker, typename Answer>
class Round {
 public:
  using Question = std::function<Answer(Worker&)>;
  /// Tells the answer it is given once, from any thread, maybe later.
  using LateQuestion = std::function<void(Worker&, std::function<void(Answer)> tell)>;
  using Done = std::function<void(std::vector<Answer>)>;

  /// `loop`: the asking worker's. Both outlive every answer.
  Round(loop::EventLoop& loop, const std::vector<std::unique_ptr<Worker>>& workers)
      : loop_(loop), workers_(workers) {}

  /// Runs `question` on each worker's thread, then `done` once on this one, never inside the call.
  void ask(const Question& question, Done done) {
    ask_late([question](Worker& other, const auto& tell) { tell(question(other)); },
             std::move(done));
  }
  void ask_late(const LateQuestion& question, Done done) {
    const std::uint64_t number = ++last_;
    waiting_[number].done = std::move(done);
    for (const auto& worker : workers_) {
      worker->ask([this, number, question](Worker& other) {
        question(other, [this, number](Answer answer) {
          loop_.post([this, number, answer = std::move(answer)]() mutable {
            collect(number, std::move(answer));
          });
        });
      });
    }
  }

 private:
  struct Waiting {
    Done done;
    std::vector<Answer> answers;
  };

  void collect(std::uint64_t number, Answer answer) {
    const auto found = waiting_.find(number);
    BC_CHECK(found != waiting_.end(), number);
    found->second.answers.push_back(std::move(answer));
    if (found->second.answers.size() < workers_.size()) return;
    Waiting all = std::move(waiting_.extract(found).mapped());
    all.done(std::move(all.answers));
  }

  loop::EventLoop& loop_;
  const std::vector<std::unique_ptr<Worker>>& workers_;
  std::map<std::uint64_t, Waiting> waiting_;  // by number
  std::uint64_t last_ = 0;
};

}  // namespace gateway::app
