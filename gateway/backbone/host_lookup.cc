#include "backbone/host_lookup.h"

#include <algorithm>
#include <system_error>
#include <thread>
#include <utility>

#include "base/heap.h"
#include "base/thread_annotations.h"

namespace gateway::backbone {
namespace {

std::string name_of(const RedisAddress& address) {
  return address.host + ":" + std::to_string(address.port);
}

}  // namespace

struct HostLookup::Home {
  base::Mutex mutex;
  HostLookup* owner BC_GUARDED_BY(mutex) = nullptr;  // null: gone

  HostLookup* get() {
    const base::MutexLock lock(mutex);
    return owner;
  }
  void set(HostLookup* lookup) {
    const base::MutexLock lock(mutex);
    owner = lookup;
  }
};

HostLookup::HostLookup(loop::EventLoop& loop, Resolve resolve)
    : loop_(loop), resolve_(std::move(resolve)), home_(std::make_shared<Home>()) {
  home_->set(this);
}

HostLookup::~HostLookup() { home_->set(nullptr); }

HostLookup::Ticket HostLookup::find(const RedisAddress& address, Found found) {
  auto ticket = std::make_shared<const Found>(std::move(found));
  const std::weak_ptr<const Found> weak = ticket;
  if (is_numeric(address)) {
    loop_.post([weak, addresses = resolve(address)] {
      if (const Ticket waits = weak.lock()) (*waits)(addresses);
    });
  } else {
    waiting_.push_back({address, weak});
    start_some();
  }
  return ticket;
}

void HostLookup::start_some() {
  std::erase_if(waiting_, [](const Waiting& one) { return one.found.expired(); });
  for (const Waiting& one : waiting_) {
    if (running_.size() >= kThreadsMax) return;
    if (running_.insert(name_of(one.address)).second) start(one.address);
  }
}

void HostLookup::start(const RedisAddress& address) {
  // On the loop's thread, which is the one that ends this object.
  const auto end = [home = home_, name = name_of(address)](const Addresses& addresses) {
    if (HostLookup* const owner = home->get()) owner->ended(name, addresses);
  };
  try {
    std::thread([home = home_, resolve = resolve_, address, end] {
      base::heap_settle_at_thread_end();
      Addresses addresses = resolve(address);
      const base::MutexLock lock(home->mutex);
      if (home->owner == nullptr) return;
      home->owner->loop_.post([end, addresses = std::move(addresses)] { end(addresses); });
    }).detach();  // lint-allow(detach): it may hang for minutes, and holds all that it uses
  } catch (const std::system_error& error) {
    const std::string why = std::string("no thread to look a name up: ") + error.what();
    loop_.post([end, why] { end(base::Fail{base::Error{why}}); });
  }
}

void HostLookup::ended(const std::string& name, const Addresses& addresses) {
  running_.erase(name);
  std::vector<Waiting> served;
  std::erase_if(waiting_, [&](const Waiting& one) {
    if (name_of(one.address) != name) return false;
    served.push_back(one);
    return true;
  });
  start_some();
  for (const Waiting& one : served) {
    if (const Ticket waits = one.found.lock()) (*waits)(addresses);
  }
}

}  // namespace gateway::backbone
