#include "app/key_refresh.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "client/download.h"

namespace gateway::app {
namespace {

constexpr int kDoublingsMax = 8;
constexpr base::MonoTime kNever = base::MonoTime::min();

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

KeyRefresh::Fetch download_of(const auth::Options& options) {
  client::Download what;
  what.url = options.jwks;
  what.ca_file = options.jwks_ca;
  what.bytes_max = auth::kKeyFileBytesMax;
  return [what](const std::atomic<bool>& stop) { return client::download(what, stop); };
}

}  // namespace

/// A task and how far it is. All but `stop` is the refresher's thread's.
struct KeyRefresh::Work {
  explicit Work(Task given) : task(std::move(given)) {}

  const Task task;
  std::atomic<bool> stop{false};  // set under the mutex: from then on nothing is taken
  std::string held;               // the text of the set that holds
  int failures = 0;               // since the last success
  bool missed = false;            // a token has named an unknown key
  base::MonoTime asked_at{};
  std::chrono::milliseconds pause{0};  // from asked_at on
};

KeyRefresh::KeyRefresh(const base::Clock& clock) : clock_(clock), fetched_at_(kNever) {}

KeyRefresh::~KeyRefresh() {
  {
    const base::MutexLock lock(mutex_);
    ended_ = true;
    if (work_) work_->stop = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void KeyRefresh::use(Task task) {
  {
    const base::MutexLock lock(mutex_);
    if (work_ && !task.published.empty()) {
      const Task& former = work_->task;
      task.keys->replace(auth::with_kept(*task.keys->current().keys, *former.keys->current().keys));
      if (task.published == former.published) task.keys->looked(former.keys->looks());
    }
    if (work_) work_->stop = true;
    if (!task.fetch) fetched_at_ = kNever;
    if (task.fetch && !thread_.joinable()) thread_ = std::thread([this] { run(); });
    work_ = std::make_shared<Work>(std::move(task));
  }
  changed_.notify_all();
}

double KeyRefresh::age_seconds() const {
  const base::MonoTime at = fetched_at_;
  return at == kNever ? -1 : std::chrono::duration<double>(clock_.now() - at).count();
}

void KeyRefresh::run() {
  while (const std::shared_ptr<Work> work = next()) refresh(*work);
}

std::shared_ptr<KeyRefresh::Work> KeyRefresh::next() {
  const base::MutexLock lock(mutex_);
  while (!ended_) {
    if (!work_->task.fetch) {
      changed_.wait(mutex_);
    } else if (is_due(*work_)) {
      return work_;
    } else {
      changed_.wait_for(mutex_, work_->task.pace.look);
    }
  }
  return nullptr;
}

bool KeyRefresh::is_due(Work& work) const {
  work.missed = work.task.keys->take_miss() || work.missed;
  const base::Duration past = clock_.now() - work.asked_at;
  return past >= work.pause || (work.missed && past >= work.task.pace.miss);
}

void KeyRefresh::refresh(Work& work) {
  const Pace& pace = work.task.pace;
  work.missed = false;
  work.asked_at = clock_.now();
  const auto taken = take(work, work.task.fetch(work.stop));
  if (work.stop) return;
  if (!taken) {
    ++failed_;
    work.failures = std::min(work.failures + 1, kDoublingsMax);
    work.pause = std::min(pace.refresh, pace.again * (1 << (work.failures - 1)));
    BC_LOG(warn, "auth.jwks: no keys came; those of before hold", {"why", taken.error().message});
    return;
  }
  work.failures = 0;
  work.pause = pace.refresh;
}

base::Result<base::Unit> KeyRefresh::take(Work& work, const base::Result<std::string>& text) {
  if (!text) return base::Fail{text.error()};
  std::shared_ptr<const auth::KeySet> set;  // none: workers keep what they have verified
  if (*text != work.held) {
    auto made = work.task.make(*text);
    if (!made) return base::Fail{made.error()};
    set = *std::move(made);
  }
  const base::MutexLock lock(mutex_);
  if (work.stop) return base::Unit{};
  if (set) {
    const std::size_t keys = set->keys().size();
    work.task.keys->replace(std::move(set));
    work.held = *text;
    BC_LOG(info, "auth.jwks: read", {"keys", keys});
  }
  work.task.keys->looked();
  fetched_at_ = clock_.now();
  ++fetched_;
  return base::Unit{};
}

KeyRefresh::Task key_task(const auth::Options& options, std::shared_ptr<auth::KeySource> keys) {
  KeyRefresh::Task task;
  task.keys = std::move(keys);
  if (options.mode == auth::Mode::none || options.jwks.empty()) return task;
  task.pace.refresh = options.jwks_refresh;
  if (!auth::is_published(options)) {
    task.fetch = [file = options.jwks](const std::atomic<bool>& /*stop*/) {
      return auth::read_key_file(file);
    };
    task.make = [options](const std::string& /*text*/) { return load_anew(options); };
    return task;
  }
  warn_of_others(options);
  task.published = options.jwks + ' ' + options.jwks_ca;
  task.fetch = download_of(options);
  task.make = [own = task.keys->current().keys](const std::string& text) {
    return auth::with_published(*own, text);
  };
  return task;
}

}  // namespace gateway::app
