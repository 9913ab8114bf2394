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

/// The part of the reserved descriptors that connections to the admin listener may take, over the
/// limit: the operator gets in.
constexpr std::size_t kAdminShare = 4;
/// Connections over the limit that take the place of one that is half open, until it is closed.
constexpr std::size_t kExchangeReserve = 64;
/// The part of all connections that may be half open.
constexpr std::size_t kHalfOpenShare = 10;
constexpr std::chrono::seconds kRefusalLogEvery{10};
/// The part of server.drain in which streams are ended; the rest is for their last bytes.
constexpr double kEndingShare = 0.8;
/// What the service manager gives beyond the end of the drain, before it kills.
constexpr std::chrono::seconds kExitMargin{10};

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

std::size_t least_loaded(const std::vector<std::uint64_t>& loads, std::size_t rotation) {
  std::size_t best = rotation % loads.size();
  for (std::size_t i = 1; i < loads.size(); ++i) {
    const std::size_t candidate = (rotation + i) % loads.size();
    if (loads[candidate] < loads[best]) best = candidate;
  }
  return best;
}

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
      memory_(system_memory(state_.memory), state_.memory, [this](base::MemoryLevel level) {
        for (const auto& listener : traffic_listeners_) {
          listener->accept(level < base::MemoryLevel::critical);
        }
      }) {}

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
  reserved_files_ = reserved_files(files_, open_files());
  bound_connections();
  look_at_memory();
  for (const auto& worker : workers_) worker->start();
  BC_LOG(info, "serving", {"workers", workers_.size()}, {"connections_max", connections_max_},
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

void Supervisor::bound_connections() {
  const net::Options& options = settings().net;
  const std::size_t wanted = options.connections;
  const std::size_t half_open = options.half_open != 0
                                    ? options.half_open
                                    : std::min(wanted, files_ - reserved_files_) / kHalfOpenShare;
  state_.half_open_max = std::max<std::size_t>(1, half_open / worker_count(settings()));
  if (wanted == std::exchange(connections_wanted_, wanted)) return;
  connections_max_ = std::min(wanted, files_ - reserved_files_);
  if (connections_max_ < wanted) {
    BC_LOG(warn, "fewer connections than limits.connections: raise the open-file limit (ulimit -n)",
           {"connections", connections_max_}, {"limits.connections", wanted});
  }
}

void Supervisor::use(const SetupRef& setup) {
  const config::Settings& next = setup->settings;
  bound_connections();
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
  auto opened = net::listen(loop_, address, role, listener_counters_,
                            [this](net::Accepted accepted) { place(std::move(accepted)); });
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
      *backbone_, metrics_, clock_, state_, kicks_, names_, addresses_, clients_, workers_, [this] {
        return "c" + std::to_string(next_connection_.fetch_add(1, std::memory_order_relaxed));
      }};
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
  register_process(metrics_, listener_counters_, state_, *backbone_);
  register_memory(metrics_, memory_.cells());
  if (backbone_->redis() != nullptr) register_redis(metrics_, *backbone_->redis());
  register_reloads(metrics_, reloader_.counters(), clock_);
}

void Supervisor::place(net::Accepted accepted) {
  std::vector<std::uint64_t> loads;
  std::uint64_t open = 0;
  for (const auto& worker : workers_) {
    loads.push_back(worker->load());
    open += worker->connections();
  }
  const bool admin = accepted.role == net::Role::admin;
  if (open >= connections_max_ + (admin ? reserved_files_ / kAdminShare : 0)) {
    if (Worker* const worker = in_place_of_half_open(open)) {
      accepted.in_place_of_half_open = true;
      return worker->add(std::move(accepted));
    }
    listener_counters_.refused_limit.add();
    log_refusal();
    return;  // closes it
  }
  const std::size_t chosen = least_loaded(loads, rotation_);
  rotation_ = chosen + 1;
  workers_[chosen]->add(std::move(accepted));
}

// Who is new comes in for one that has not even shaken hands; as long as that is a crowd, since
// those are not all honest.
Worker* Supervisor::in_place_of_half_open(std::uint64_t open) const {
  if (open >= connections_max_ + kExchangeReserve) return nullptr;
  const auto half_open = [](const std::unique_ptr<Worker>& worker) {
    return worker->connection_counters().half_open.value();
  };
  const auto most =
      std::max_element(workers_.begin(), workers_.end(),
                       [&](const auto& a, const auto& b) { return half_open(a) < half_open(b); });
  const auto max = static_cast<std::int64_t>(state_.half_open_max.load());
  return half_open(*most) >= max ? most->get() : nullptr;
}

void Supervisor::log_refusal() {
  const base::MonoTime now = clock_.now();
  if (now < next_refusal_log_) return;
  next_refusal_log_ = now + kRefusalLogEvery;
  BC_LOG(warn, "refusing connections: limits.connections is reached",
         {"connections_max", connections_max_},
         {"refused", listener_counters_.refused_limit.value()});
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

void Supervisor::log_open(const char* message) const {
  std::int64_t streams = 0;
  std::int64_t connections = 0;
  for (const auto& worker : workers_) {
    streams += worker->hub_counters().streams.value();
    connections += worker->connection_counters().open_traffic.value();
  }
  BC_LOG(info, message, {"streams", streams}, {"connections", connections});
}

void Supervisor::stop_signal() {
  if (!state_.ready.exchange(false)) {
    BC_LOG(warn, "second stop signal: leaving at once");
    base::log_stop();
    _exit(1);
  }
  BC_LOG(info, "stopping", {"drain_delay_ms", settings().server.drain_delay.count()},
         {"drain_ms", settings().server.drain.count()});
  tell_stopping(settings().server.drain_delay + settings().server.drain + kExitMargin);
  stop_timer_ = loop_.make([this] { begin_drain(); });
  stop_timer_->arm(settings().server.drain_delay);
}

void Supervisor::begin_drain() {
  traffic_listeners_.clear();
  log_open("draining");
  state_.draining = true;
  // A task runs between handlers: once every worker has run one, no handler that began before the
  // flag was set can still publish; once what they published is in the log, that is all that has to
  // go out.
  auto passed = std::make_shared<std::size_t>(0);  // touched on the main thread only
  for (const auto& worker : workers_) {
    worker->ask([this, passed](Worker&) {
      loop_.post([this, passed] {
        if (++*passed < workers_.size()) return;
        backbone_->settle([this] { loop_.post([this] { end_streams(); }); });
      });
    });
  }
  stop_timer_ = loop_.make([this] {
    log_open("server.drain is over: cutting what is left");
    loop_.stop();
  });
  stop_timer_->arm(settings().server.drain);
}

void Supervisor::end_streams() {
  const auto over = std::chrono::milliseconds(static_cast<std::int64_t>(
      static_cast<double>(settings().server.drain.count()) * kEndingShare));
  for (const auto& worker : workers_) {
    worker->drain(over, [this] {
      loop_.post([this] {
        if (++workers_drained_ == workers_.size()) loop_.stop();
      });
    });
  }
}

}  // namespace gateway::app
