#include "backbone/ingest.h"

#include <utility>

#include "base/log.h"

namespace gateway::backbone {
namespace {

using std::chrono::milliseconds;

/// The script renews it by as much.
constexpr const char* kLeaseMs = "3000";
constexpr milliseconds kTick{1'000};
constexpr milliseconds kLogEvery{1'000};
/// Of terms that fail at once, for want of rights.
constexpr milliseconds kTermEvery{5'000};
constexpr std::size_t kLeaseLength = 22;  // of 6 bits: nobody else's by chance
constexpr const char* kGiveBack =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 0";

}  // namespace

Ingest::Ingest(Context context, const RedisOptions& options)
    : context_(std::move(context)), options_(options) {
  tick_ = context_.loop.make([this] { tick(); });
}

void Ingest::connected(bool connected) {
  if (std::exchange(connected_, connected) == connected) return;
  if (!connected) return end("the connection is lost");
  not_before_ = {};
  tick();
}

void Ingest::retire() {
  retired_ = true;
  tick_->cancel();
  end("this node stops");
}

void Ingest::tick() {
  if (!connected_ || retired_) return;
  tick_->arm(kTick);
  if (term_) return renew();
  if (context_.loop.clock().now() >= not_before_) apply_for();
}

void Ingest::apply_for() {
  const std::string lease = random_.token(kLeaseLength);
  context_.link.ask({"SET", context_.names.lease, lease, "NX", "PX", kLeaseMs},
                    [this, lease](const RedisReply& reply) {
                      if (!reply.is(RedisReply::Kind::text) || term_ || !connected_ || retired_)
                        return;
                      begin(lease);
                    });
}

void Ingest::begin(const std::string& lease) {
  not_before_ = context_.loop.clock().now() + kTermEvery;
  term_ = std::make_shared<Term>(Term{
      {context_.loop, context_.link, context_.names, context_.counters, options_, context_.crowded,
       lease, [this](std::string_view from, std::string_view why) { reject(from, why); },
       [this, lease](const std::string& why) {
         context_.loop.post([this, lease, why] {
           if (term_ && term_->lease == lease) end(why);
         });
       },
       unread_},
      nullptr,
      nullptr});
  const IngestFrom from = options_.ingest;
  if (from != IngestFrom::stream) term_->channel = std::make_unique<IngestChannel>(*term_);
  if (from != IngestFrom::channel) term_->stream = std::make_unique<IngestStream>(*term_);
  context_.counters.ingest_leads.set(1);
  BC_LOG(info, "redis: this node takes what others publish there");
}

void Ingest::renew() {
  if (term_->channel) term_->channel->look();
  term_->append({}, [this, lease = term_->lease](bool, const RedisReply& reply) {
    if (read_script_answer(reply, 0) || !term_ || term_->lease != lease) return;
    term_->end("the lease: " + reply.text);
  });
}

void Ingest::end(const std::string& why) {
  if (!term_) return;
  const std::shared_ptr<Term> term = std::exchange(term_, nullptr);
  if (term->channel) term->channel->stop();
  if (term->stream) term->stream->stop();
  context_.counters.ingest_leads.set(0);
  BC_LOG(info, "redis: this node takes no more of what others publish there", {"why", why});
  const std::vector<std::string> give_back{"EVAL", kGiveBack, "1", context_.names.lease,
                                           term->lease};
  context_.link.ask(give_back, [this, last = RedisRefusals::kind_of(give_back)](const RedisReply&) {
    for (const char* kind : IngestStream::kAcknowledge) context_.refusals.forget(kind);
    context_.refusals.forget(last);  // behind all else that the term has asked for
  });
  // Somebody of the term may be the one who calls.
  context_.loop.post([term] {});
}

void Ingest::reject(std::string_view from, std::string_view why) {
  context_.counters.ingest_rejected.add();
  const base::MonoTime now = context_.loop.clock().now();
  if (now < next_log_) return;
  next_log_ = now + kLogEvery;
  BC_LOG(warn, "redis: what somebody published there is no event", {"from", from}, {"why", why},
         {"rejected", context_.counters.ingest_rejected.value()});
}

}  // namespace gateway::backbone
