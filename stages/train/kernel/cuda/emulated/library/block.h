// The threads of a block.
#pragma once
#include <functional>
#include <string>

#include "../include/runtime.h"

namespace emulated {

// device is what kernels see.
extern Device device;

// SharedRange tells whether bytes are shared memory of the running block.
typedef std::function<bool(const void*, size_t)> SharedRange;

// Fault is why a block failed.
struct Fault {
  int result = 0;
  std::string why;
};

// runBlock runs the threads of the block that device.block and device.threads
// name, each of which calls body, in descending order where that is wanted.
Fault runBlock(const std::function<void()>& body, const SharedRange& shared, bool descending);

// fail ends the running block, from one of its threads.
[[noreturn]] void fail(int result, const std::string& why);

// inShared tells whether bytes are shared memory of the running block.
bool inShared(const void* at, size_t bytes);

}  // namespace emulated
