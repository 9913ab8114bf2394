#include "app/key_refresh.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "client/download.h"

namespace gateway::app {
namespace {

constexpr int kDoublingsMax = 8;

/// All files, as the start reads them.
base::Result<std::shared_ptr<const auth::KeySet>> load_anew(const auth::Options& options) {
  auto keys = auth::load_key_set(options);
  if (keys) return *std::move(keys);
  return base::Fail{base::Error{keys.error().front()}};
}

void warn_of_others(const auth::Options& options) {
  if (!options.audience.empty() && !options.issuer.empty()) return;
  BC_LOG(warn,
         "auth.jwks: whoever publishes these keys may sign for others, too: set auth.audience and "
         "auth.issuer, or every token of theirs counts here");
}

}  // namespace

KeyRefresh::KeyRefresh(auth::KeySource& keys, Fetch fetch, Make make, const base::Clock& clock,
                       Pace pace)
    : keys_(keys), fetch_(std::move(fetch)), make_(std::move(make)), clock_(clock), pace_(pace) {}

KeyRefresh::~KeyRefresh() {
  {
    const base::MutexLock lock(mutex_);
    stop_ = true;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void KeyRefresh::start() {
  thread_ = std::thread([this] { run(); });
}

double KeyRefresh::age_seconds() const {
  if (fetched_ == 0) return -1;
  return std::chrono::duration<double>(clock_.now() - fetched_at_.load()).count();
}

void KeyRefresh::run() {
  do {
    refresh();
  } while (wait());
}

bool KeyRefresh::wait() {
  bool missed = false;
  const base::MutexLock lock(mutex_);
  while (!stop_) {
    missed = keys_.take_miss() || missed;
    const base::Duration past = clock_.now() - asked_at_;
    if (past >= pause_ || (missed && past >= pace_.miss)) return true;
    stopped_.wait_for(mutex_, pace_.look);
  }
  return false;
}

void KeyRefresh::refresh() {
  asked_at_ = clock_.now();
  if (const auto taken = take(fetch_(stop_)); !taken) {
    ++failed_;
    failures_ = std::min(failures_ + 1, kDoublingsMax);
    pause_ = std::min(pace_.refresh, pace_.again * (1 << (failures_ - 1)));
    if (!stop_) {
      BC_LOG(warn, "auth.jwks: no keys came; those of before hold", {"why", taken.error().message});
    }
    return;
  }
  keys_.looked();
  fetched_at_ = clock_.now();
  ++fetched_;
  failures_ = 0;
  pause_ = pace_.refresh;
}

base::Result<base::Unit> KeyRefresh::take(const base::Result<std::string>& text) {
  if (!text) return base::Fail{text.error()};
  if (*text == held_) return base::Unit{};  // workers keep what they have verified
  auto set = make_(*text);
  if (!set) return base::Fail{set.error()};
  keys_.replace(*std::move(set));
  held_ = *text;
  BC_LOG(info, "auth.jwks: its keys as they are now hold");
  return base::Unit{};
}

std::unique_ptr<KeyRefresh> make_key_refresh(const auth::Options& options,
                                             std::shared_ptr<const auth::KeySet> own,
                                             auth::KeySource& keys, const base::Clock& clock) {
  if (options.mode == auth::Mode::none || options.jwks.empty()) return nullptr;
  KeyRefresh::Pace pace;
  pace.refresh = options.jwks_refresh;
  if (!auth::is_published(options)) {
    const auto fetch = [file = options.jwks](const std::atomic<bool>& /*stop*/) {
      return auth::read_key_file(file);
    };
    const auto make = [options](const std::string& /*text*/) { return load_anew(options); };
    return std::make_unique<KeyRefresh>(keys, fetch, make, clock, pace);
  }
  warn_of_others(options);
  client::prepare_downloads();
  client::Download what;
  what.url = options.jwks;
  what.ca_file = options.jwks_ca;
  what.bytes_max = auth::kKeyFileBytesMax;
  const auto fetch = [what](const std::atomic<bool>& stop) { return client::download(what, stop); };
  const auto make = [own = std::move(own)](const std::string& text) {
    return auth::with_published(*own, text);
  };
  return std::make_unique<KeyRefresh>(keys, fetch, make, clock, pace);
}

}  // namespace gateway::app
