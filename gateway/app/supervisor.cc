#include "app/supervisor.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <thread>
#include <utility>

#include "app/metrics_table.h"
#include "app/privileges.h"
#include "app/service_manager.h"
#include "base/log.h"

namespace gateway::app {
namespace {

/// How long whoever comes waits at least when places change hands.
constexpr std::chrono::milliseconds kRoomTick{5};

std::size_t worker_count(const config::Settings& settings) {
  const std::size_t wanted = settings.server.workers != 0
                                 ? settings.server.workers
                                 : std::max(1U, std::thread::hardware_concurrency());
  return std::min(wanted, broker::kHubsMax);
}

std::vector<std::string> addresses_of(const std::vector<std::unique_ptr<net::Listener>>& list) {
  std::vector<std::string> addresses;
  for (const auto& listener : list) addresses.push_back(listener->address());
  return addresses;
}

base::SipKey draw_key(base::Random& random) { return {random.next(), random.next()}; }

/// Standard input was a terminal and has none behind it any more.
bool is_hung_up() {
  pollfd input{STDIN_FILENO, 0, 0};
  return poll(&input, 1, 0) == 1 && (input.revents & (POLLHUP | POLLERR)) != 0;
}

}  // namespace

Supervisor::Supervisor(SetupRef setup, const std::vector<std::string>& config_files,
                       KeyRefresh& refresh, const base::Clock& clock)
    : refresh_(refresh),
      clock_(clock),
      loop_(clock),
      reloader_(std::move(setup), config_files, loop_,
                {[this](const SetupRef& next) { use(next); },
                 [this](const net::TlsContextRef& next) { use(next); }}),
      names_(settings().api, clock),
      addresses_(draw_key(random_)),
      clients_(draw_key(random_), clock),
      memory_(system_memory(state_.memory), state_.memory,
              [this](base::MemoryLevel) { accept_or_wait(); }),
      placement_(workers_, listener_counters_, state_, clock),
      room_timer_(loop_.make([this] {
        placement_.give_places();
        look_at_room();
      })) {}

Supervisor::~Supervisor() { leave(); }

// The backbone answers by the workers' mailboxes, which go with them.
void Supervisor::leave() {
  for (const auto& worker : workers_) worker->stop_and_join();
  if (backbone_) backbone_->stop();
}

base::Result<base::Unit> Supervisor::start() {
  watch_signals();  // first: until then SIGHUP ends the process
  backbone_ = make_backbone();
  make_workers();
  meet_nodes();
  register_metrics();
  for (const net::ListenAddress& address : settings().net.listen) {
    if (auto opened = open(traffic_listeners_, address, net::Role::traffic); !opened) return opened;
  }
  if (auto opened = open(admin_listeners_, settings().admin, net::Role::admin); !opened) {
    return opened;
  }
  const std::string& user = settings().server.user;
  if (auto become = become_user(user); !become) return become;
  if (!user.empty()) reloader_.warn_of_unreadable();
  state_.addresses = addresses_of(traffic_listeners_);
  placement_.reserve_files();
  placement_.use(settings().net);
  look_at_memory();
  for (const auto& worker : workers_) worker->start();
  BC_LOG(info, "serving", {"workers", workers_.size()},
         {"connections_max", placement_.connections_max()},
         {"memory_max", memory_.cells().limit.value()});
  if (desk_) BC_LOG(info, "one of several nodes", {"node", backbone_->nodes().self()});
  tell_ready();
  return base::Unit{};
}

std::unique_ptr<backbone::Backbone> Supervisor::make_backbone() {
  const config::Settings& by = settings();
  if (by.backbone.type == backbone::Type::redis) {
    return backbone::make_redis_backbone(clock_, by.broker, by.backbone);
  }
  return backbone::make_memory_backbone(clock_, random_, by.broker, by.backbone);
}

void Supervisor::watch_signals() {
  for (const int signal : {SIGTERM, SIGINT}) {
    signals_.push_back(loop_.watch_signal(signal, [this] { stop_signal(); }));
  }
  signals_.push_back(loop_.watch_signal(
      SIGHUP, [this, in_terminal = isatty(STDIN_FILENO) == 1] { hang_up(in_terminal); }));
}

// It asks to reload, unless it says that the terminal went away, which means: stop. It comes twice
// when a terminal is closed (from the kernel and the shell) and is no second stop signal.
void Supervisor::hang_up(bool in_terminal) {
  if (!state_.ready) {
    BC_LOG(info, "SIGHUP while stopping: nothing is reloaded");
  } else if (in_terminal && is_hung_up()) {
    stop_signal();
  } else {
    tell_reloading(clock_.now());
    reloader_.reload();
    tell_ready();
  }
}

void Supervisor::use(const SetupRef& setup) {
  const config::Settings& next = setup->settings;
  placement_.use(next.net);
  backbone_->use(next.broker, next.backbone);
  names_.use(next.api);
  refresh_.use(key_task(next.auth, setup->keys));  // before workers judge by them
  for (const auto& worker : workers_) {
    worker->ask([setup](Worker& on) { on.use(*setup); });
  }
}

void Supervisor::use(const net::TlsContextRef& tls) {
  for (const auto& worker : workers_) {
    worker->ask([tls](Worker& on) { on.use(tls); });
  }
}

int Supervisor::run() {
  loop_.run();
  leave();
  BC_LOG(info, "stopped");
  return 0;
}

std::vector<std::string> Supervisor::admin_addresses() const {
  return addresses_of(admin_listeners_);
}

base::Result<base::Unit> Supervisor::open(Listeners& listeners, const net::ListenAddress& address,
                                          net::Role role) {
  auto opened =
      net::listen(loop_, address, role, listener_counters_, [this](net::Accepted accepted) {
        placement_.place(std::move(accepted));
        look_at_room();
      });
  if (!opened) return base::Fail{opened.error()};
  for (auto& listener : *opened) {
    BC_LOG(info, "listening", {"address", listener->address()},
           {"role", role == net::Role::admin ? "admin" : "traffic"});
    listeners.push_back(std::move(listener));
  }
  return base::Unit{};
}

void Supervisor::make_workers() {
  const WorkerContext context{
      *backbone_,
      metrics_,
      clock_,
      state_,
      kicks_,
      names_,
      addresses_,
      clients_,
      workers_,
      [this] {
        return "c" + std::to_string(next_connection_.fetch_add(1, std::memory_order_relaxed));
      },
      [this](net::Accepted accepted) { place_anew(std::move(accepted)); }};
  const std::size_t count = worker_count(settings());
  for (std::size_t i = 0; i < count; ++i)
    workers_.push_back(std::make_unique<Worker>(context, reloader_.running()));
}

void Supervisor::meet_nodes() {
  backbone::Nodes& nodes = backbone_->nodes();
  if (!nodes.shared()) return;
  names_.share(nodes);
  kicks_.share(nodes, clock_);
  desk_ = std::make_unique<NodeDesk>(loop_, nodes, kicks_, names_, workers_);
}

void Supervisor::register_metrics() {
  for (std::size_t i = 0; i < workers_.size(); ++i) register_worker(metrics_, *workers_[i], i);
  register_names(metrics_, names_);
  register_keys(metrics_, refresh_);
  register_start(metrics_, clock_);
  register_process(metrics_, listener_counters_, state_, *backbone_);
  register_memory(metrics_, memory_.cells());
  if (backbone_->redis() != nullptr) register_redis(metrics_, *backbone_->redis());
  register_reloads(metrics_, reloader_.counters(), clock_);
}

// A worker hands it back. std::function wants something copyable.
void Supervisor::place_anew(net::Accepted accepted) {
  auto shared = std::make_shared<net::Accepted>(std::move(accepted));
  loop_.post([this, shared] {
    placement_.place(std::move(*shared));
    look_at_room();
  });
}

// Listeners stand still without memory, and for moments while places change hands.
void Supervisor::look_at_room() {
  const bool full = !placement_.has_room();
  if (full || placement_.has_waiting()) room_timer_->arm(kRoomTick);
  if (full != std::exchange(full_, full)) accept_or_wait();
}

void Supervisor::accept_or_wait() {
  const bool wanted = !full_ && state_.memory < base::MemoryLevel::critical;
  for (const auto& listener : traffic_listeners_) listener->accept(wanted);
}

void Supervisor::look_at_memory() {
  const std::size_t limit =
      settings().server.memory != 0 ? settings().server.memory : automatic_memory_;
  memory_.look({limit, backbone_->log().held().bytes, settings().broker.history.total_bytes},
               clock_.now());
  state_.starved = listener_counters_.starved.value() > 0;
  if (!memory_timer_) memory_timer_ = loop_.make([this] { look_at_memory(); });
  memory_timer_->arm(MemoryWatch::kEvery);
}

}  // namespace gateway::app
