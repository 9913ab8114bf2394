#include "config/keys_stream.h"

#include "base/quantity.h"
#include "config/access.h"

namespace gateway::config {
namespace {

using base::kGiB;
using base::kHour;
using base::kKiB;
using base::kMinute;

// In the order of the enums they stand for.
constexpr std::string_view kFormats[] = {"plain", "json"};
constexpr std::string_view kSlow[] = {"gap", "close"};
constexpr std::string_view kRefusals[] = {"in_band", "status"};

constexpr Key kStream[] = {
    {"heartbeat", DurationRule{100, kHour}, member<&Settings::broker, &broker::Options::heartbeat>,
     "Silence after which a comment is sent, so that proxies and clients see a living stream; "
     "below the shortest idle limit on the way (often 30s or 60s)."},
    {"retry", DurationRule{100, 10 * kMinute}, member<&Settings::broker, &broker::Options::retry>,
     "Mean delay before a client reconnects; each stream is told its own, 50 % more or less, so "
     "that they do not come back as a herd."},
    {"format", ChoiceRule{kFormats}, member<&Settings::api, &api::Options::format>,
     "What a stream gets that does not ask with ?format=: the publisher's bytes, or a JSON "
     "envelope "
     "with board, id and time."},
    {"pending_events", NumberRule{1, 65'536},
     member<&Settings::broker, &broker::Options::pending_events>,
     "Events that may wait for a slow reader; for a stream that needs more, see slow.",
     Effect::restart},
    {"slow", ChoiceRule{kSlow}, member<&Settings::broker, &broker::Options::slow>,
     "What a stream becomes whose reader is slower than its events: gap continues from the history "
     "and tells what that no longer holds, close ends it, after which its client resumes."},
    {"stall", DurationRule{100, kHour}, member<&Settings::broker, &broker::Options::stall>,
     "A stream that has something to say and whose connection takes none of it for this long is "
     "cut. Below limits.user_timeout."},
    {"linger", DurationRule{0, kHour}, member<&Settings::api, &api::Options::linger>,
     "How long the boards that PATCH has given a stream with a name (?stream=) are kept when it "
     "has ended: whoever comes back meanwhile gets them. 0s: not at all."},
    {"linger_bytes", SizeRule{kKiB, 64 * kGiB}, member<&Settings::api, &api::Options::linger_bytes>,
     "What all that is kept so may cost, by estimate; over it the oldest are forgotten "
     "(boardcast_stream_names_forgotten_early_total)."},
    {"refuse", ChoiceRule{kRefusals}, member<&Settings::api, &api::Options::refuse>,
     "How an EventSource is refused when that will pass: in_band is a 200 that ends at once, after "
     "which browsers retry; status is 503 or 429, after which they give up for good."},
};

constexpr Key kPublish[] = {
    {"dedupe_window", DurationRule{0, 24 * kHour},
     member<&Settings::backbone, &backbone::Options::dedupe_window>,
     "How long the key of an event is remembered: sent again meanwhile, the event is not published "
     "again and gets the id it has. 0s: keys mean nothing."},
    {"dedupe_keys", NumberRule{1, 10'000'000},
     member<&Settings::backbone, &backbone::Options::dedupe_keys>,
     "Keys remembered at most, about 100 bytes each. The oldest go first, so more keys than this "
     "within the window make it shorter (boardcast_publish_keys_forgotten_early_total).",
     Effect::restart},
};

}  // namespace

Section stream_section() { return {"stream", "Streams of events.", kStream}; }

Section publish_section() { return {"publish", "What publishers send.", kPublish}; }

}  // namespace gateway::config
