// What: which cells of which room stand under which metric name: the one place where names are
// given. Thread: the main thread, before the workers start.
#pragma once

#include <cstddef>

#include "api/metrics.h"
#include "api/stream_names.h"
#include "app/key_refresh.h"
#include "app/memory_watch.h"
#include "app/reload.h"
#include "app/run_state.h"
#include "app/worker.h"
#include "backbone/backbone.h"
#include "base/clock.h"
#include "net/listener.h"

namespace gateway::app {

/// The cells of one worker, whose number is `index`; those of several workers are summed under one
/// name, except where a label tells the worker.
void register_worker(api::Metrics& metrics, const Worker& worker, std::size_t index);
/// The boards that are kept for streams with a name.
void register_names(api::Metrics& metrics, const api::StreamNames& names);
/// How it goes with keys that are published elsewhere.
void register_keys(api::Metrics& metrics, const KeyRefresh& refresh);
/// What the process has once. All arguments outlive `metrics`, here and below.
/// Of the redis backbone.
void register_redis(api::Metrics& metrics, const backbone::RedisCounters& cells);
void register_process(api::Metrics& metrics, const net::ListenerCounters& listeners,
                      const RunState& state, backbone::Backbone& backbone);
/// Which program this is, and since when: now.
void register_start(api::Metrics& metrics, const base::Clock& clock);
/// How much memory there is, and what became of it.
void register_memory(api::Metrics& metrics, const MemoryCells& cells);
/// What was read anew, and how long the certificates last.
void register_reloads(api::Metrics& metrics, const ReloadCounters& cells, const base::Clock& clock);

}  // namespace gateway::app
