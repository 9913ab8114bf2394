#include "app/key_refresh.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "client/download.h"

namespace gateway::app {
namespace {

constexpr int kDoublingsMax = 8;

}  // namespace

KeyRefresh::KeyRefresh(std::shared_ptr<const auth::KeySet> own, auth::KeySource& keys, Fetch fetch,
                       const base::Clock& clock, Pace pace)
    : own_(std::move(own)), keys_(keys), fetch_(std::move(fetch)), clock_(clock), pace_(pace) {}

KeyRefresh::~KeyRefresh() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void KeyRefresh::start() {
  refresh();
  thread_ = std::thread([this] { run(); });
}

double KeyRefresh::age_seconds() const {
  if (fetched_ == 0) return -1;
  return std::chrono::duration<double>(clock_.now() - fetched_at_.load()).count();
}

void KeyRefresh::run() {
  while (wait()) refresh();
}

bool KeyRefresh::wait() {
  bool missed = false;
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stop_) {
    missed = keys_.take_miss() || missed;
    const base::Duration past = clock_.now() - asked_at_;
    if (past >= pause_ || (missed && past >= pace_.miss)) return true;
    stopped_.wait_for(lock, pace_.look);
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
  auto set = auth::with_jwk_set(*own_, *text);
  if (!set) return base::Fail{set.error()};
  keys_.replace(*std::move(set));
  held_ = *text;
  BC_LOG(info, "auth.jwks: other keys hold now");
  return base::Unit{};
}

std::unique_ptr<KeyRefresh> make_key_refresh(const auth::Options& options,
                                             std::shared_ptr<const auth::KeySet> own,
                                             auth::KeySource& keys, const base::Clock& clock) {
  if (options.mode == auth::Mode::none || !auth::is_published(options)) return nullptr;
  client::Download what;
  what.url = options.jwks;
  what.ca_file = options.jwks_ca;
  what.bytes_max = auth::kKeyFileBytesMax;
  const auto fetch = [what](const std::atomic<bool>& stop) { return client::download(what, stop); };
  KeyRefresh::Pace pace;
  pace.refresh = options.jwks_refresh;
  return std::make_unique<KeyRefresh>(std::move(own), keys, fetch, clock, pace);
}

}  // namespace gateway::app
