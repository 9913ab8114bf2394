// What: the process's heap: how many bytes of it are in use, and what becomes of an allocation that
// fails. It counts what `operator new` gives, in all rooms, and what the libraries take that are
// told to ask here; what others take by malloc (libevent's few hundred bytes a connection) it does
// not see. Owner: the process, which has one heap. Thread: any. Invariants: a thread keeps its own
// sum and settles it in steps of 64 KiB, so that counting shares nothing; no allocation ever
// returns null: one that fails gives up a reserve, once, and when that does not help either, the
// process says so and ends.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/memory_level.h"

namespace gateway::base {

/// Bytes in use, as the allocator rounds them; true but for 64 KiB a thread.
std::size_t heap_bytes();
/// The calling thread settles its sum when it ends, too. For threads that come and go: what each of
/// them forgets adds up.
void heap_settle_at_thread_end();

/// What malloc, realloc and free do, counted; none returns null but `reallocate` to 0 bytes.
void* heap_allocate(std::size_t bytes);
void* heap_reallocate(void* block, std::size_t bytes);
void heap_free(void* block);

/// Sets `bytes` of address space aside, which cost no memory, for the moment at which an allocation
/// fails: `state`, which lives as long as the process, is critical from then on, and there is room
/// to refuse and to end what takes most. False: the system gives none. True: they are there, now or
/// from before.
bool heap_hold_reserve(std::size_t bytes, MemoryState& state);
/// Times that it was given up. It has to be set aside again each time.
std::uint64_t heap_reserves_spent();

/// What an allocation of `bytes` does that has failed: gives the reserve up and tries again by
/// `allocate`. Without success it prints what was asked for and what is in use, and aborts.
void* heap_recover(std::size_t bytes, void* (*allocate)(std::size_t));

}  // namespace gateway::base
