// What: gives back the memory of a value that lives on. Thread: the value's.
#pragma once

#include <utility>

namespace gateway::base {

/// `value` becomes empty and holds no memory; a string that is only assigned {} keeps its own.
template <class T>
void release(T& value) {
  const T former = std::exchange(value, {});
}

}  // namespace gateway::base
