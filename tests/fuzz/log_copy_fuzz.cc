// A node's copy of the shared log, whatever Redis says and whoever writes to it: the log only goes
// forward, holds no more than it may, hands over events in order or says that there is a break; and
// when Redis is itself again the copy is complete with the next connection.
#include "backbone/log_copy.h"
#include "fuzz/log_reader.h"
#include "fuzz/redis_replies.h"
#include "support/fake_clock.h"

namespace gateway::fuzz {
namespace {

using backbone::LogCopy;

constexpr std::size_t kStepsMax = 128;
constexpr std::size_t kTotalBytes = std::size_t{16} << 10U;
constexpr std::size_t kWaitingBytes = 256;
constexpr broker::Epoch kOwn = 1;
constexpr broker::Epoch kHonest = 99;  // nobody forges it

broker::HistoryOptions history_options() {
  broker::HistoryOptions options;
  options.board.events = 8;
  options.total_bytes = kTotalBytes;
  broker::BoardRule latest{"l*", {}};
  latest.history.deliver = broker::Deliver::latest;
  options.rules.push_back(latest);
  return options;
}

/// The question that waits for its answer: a newer one takes the place of an older one.
struct Asked final : LogCopy::Source {
  enum class What : std::uint8_t { nothing, standing, entries, values };
  void ask_standing() override { what = What::standing; }
  void ask_entries(broker::Seq first, broker::Seq last, std::size_t most) override {
    BC_CHECK(first <= last && most >= 1 && most <= LogCopy::kPortionMax, first, last, most);
    what = What::entries;
    from = first;
    upto = last;
    count = most;
  }
  void ask_values() override { what = What::values; }

  What what = What::nothing;
  broker::Seq from = 0;
  broker::Seq upto = 0;
  std::size_t count = 0;
};

class World {
 public:
  explicit World(Input& input) : input_(input) { copy_.begin("start"); }

  void live() {
    for (std::size_t i = 0; i < kStepsMax && !input_.empty(); ++i) {
      const broker::EventId before = log_.head();
      step();
      const broker::EventId head = log_.head();
      BC_CHECK(head.seq <= broker::kSeqMax, head.seq);
      BC_CHECK(head.epoch != before.epoch || head.seq >= before.seq, head.seq, before.seq);
      BC_CHECK(log_.held().bytes <= kTotalBytes, log_.held().bytes);
      BC_CHECK(!copy_.live() || copy_.loaded());
    }
  }

  /// Redis is itself again, with another log.
  void recover() {
    const broker::Seq head = 1 + input_.below(32);
    const broker::Seq first = 1 + input_.below(head);
    copy_.lose(true);
    asked_.what = Asked::What::nothing;
    copy_.begin("connection");
    for (std::size_t answers = 0; !copy_.live(); ++answers) {
      BC_CHECK(answers < 2 * head + 8, answers);
      answer_honestly(kHonest, head, first);
    }
    BC_CHECK(log_.head() == (broker::EventId{kHonest, head}), log_.head().seq);
    copy_.message(message(kHonest, head + 1, 0));
    BC_CHECK(copy_.live() && log_.head().seq == head + 1, log_.head().seq);
    reader_.take();
  }

 private:
  void step() {
    switch (input_.below(8)) {
      case 0:
        return copy_.message(input_.part());
      case 1:
        return publish();
      case 2:
      case 3:
        return answer();
      case 4:
        return copy_.live() ? asked_.ask_standing() : reconnect();
      case 5:
        return reader_.take();
      case 6:
        return answer_nearly();
      default:
        clock_.advance(std::chrono::minutes(std::uint64_t{1} << input_.below(12)));
        log_.expire();
    }
  }

  /// That of the log, or one of two others.
  broker::Epoch epoch() {
    const std::size_t which = input_.below(4);
    return which < 2 ? broker::Epoch(7 + which) : std::max<broker::Epoch>(log_.head().epoch, 7);
  }

  void publish() {
    const broker::Epoch of = epoch();
    const broker::Seq first = log_.head().seq + input_.below(4);
    copy_.message(message(of, first, input_.below(4)));
  }
  void answer_nearly() {
    const broker::Epoch of = epoch();
    const broker::Seq head = std::min(log_.head().seq + input_.below(8), broker::kSeqMax - 1);
    answer_honestly(of, head, 1 + input_.below(4));
  }

  std::string message(broker::Epoch epoch, broker::Seq first, std::size_t more) const {
    const std::string time = std::to_string(clock_.wall_ms());
    std::string text =
        "events " + broker::epoch_text(epoch) + ' ' + std::to_string(first) + ' ' + time + '\n';
    for (std::size_t i = 0; i <= more; ++i)
      text += i % 2 == 0 ? "1:a0:4:text1:x" : "2:l11:t4:json1:1";
    return text;
  }

  /// A connection that says what nobody can understand is left for another one.
  void reconnect() {
    copy_.lose(true);
    asked_.what = Asked::What::nothing;
    copy_.begin("connection");
  }

  void answer() {
    const auto what = std::exchange(asked_.what, Asked::What::nothing);
    if (what == Asked::What::nothing) return;
    if (what == Asked::What::standing) return stand(take_standing());
    if (what == Asked::What::values) {
      auto values = backbone::read_values(transaction(input_, take_scan(input_)));
      return values ? copy_.values(values->epoch, std::move(values->values)) : reconnect();
    }
    if (input_.below(2) == 0) return copy_.read(some_entries());
    auto read = backbone::read_entries(transaction(input_, take_entries(input_)));
    return read ? copy_.read(*std::move(read)) : reconnect();
  }
  void stand(const RedisReply& reply) {
    const auto answer = backbone::read_script_answer(reply, 0);
    return answer ? copy_.stands(answer->standing) : reconnect();
  }
  RedisReply take_standing() {
    const auto seq = static_cast<std::int64_t>(log_.head().seq) + take_number(input_) % 1000;
    const std::int64_t first = seq + 1 - take_number(input_) % 1000;
    return reply_of(reply_text(broker::epoch_text(epoch())), reply_number(seq), reply_number(0),
                    reply_number(first), reply_number(0), reply_text(""));
  }

  static void add(backbone::RedisEntries& entries, broker::Seq seq) {
    entries.events.push_back({{{seq % 3 == 0 ? "l1" : "a"}, "", "x", false}, seq, 784'111'777'000});
    if (entries.first == 0) entries.first = seq;
    entries.upto = seq;
    entries.bytes += 2;
  }
  /// Near what was asked for, with holes, from before and from beyond.
  backbone::RedisEntries some_entries() {
    backbone::RedisEntries entries;
    entries.epoch = epoch();
    broker::Seq seq = asked_.from - std::min<broker::Seq>(asked_.from - 1, input_.below(3));
    for (std::size_t left = input_.below(8); left > 0 && seq <= broker::kSeqMax; --left) {
      add(entries, seq);
      seq += 1 + input_.below(3);
    }
    return entries;
  }

  void answer_honestly(broker::Epoch epoch, broker::Seq head, broker::Seq first) {
    const auto what = std::exchange(asked_.what, Asked::What::nothing);
    first = std::min(first, head + 1);
    if (what == Asked::What::standing) return copy_.stands({epoch, head, first, 0});
    if (what == Asked::What::values) return copy_.values(epoch, {});
    if (what == Asked::What::nothing) return;
    backbone::RedisEntries entries;
    entries.epoch = epoch;
    for (broker::Seq seq = std::max(asked_.from, first);
         seq <= std::min(asked_.upto, head) && entries.events.size() < asked_.count; ++seq) {
      add(entries, seq);
    }
    copy_.read(std::move(entries));
  }

  Input& input_;
  test::FakeClock clock_;
  broker::Log log_{kOwn, clock_, history_options()};
  Asked asked_;
  LogCopy copy_{log_, asked_, kWaitingBytes, [](const LogCopy::Report&) {}};
  LogReader reader_{log_};
};

void run(std::string_view bytes) {
  Input input(bytes);
  World world(input);
  world.live();
  world.recover();
}

const Registration kRegistered("log_copy", run);

}  // namespace
}  // namespace gateway::fuzz
