// What a kernel does that stops a thread of the host.
#pragma once
#include <csignal>

namespace emulated {

// Trap makes such a fault of the calling thread one of the running block, as long
// as the object is. Others have theirs as before.
class Trap {
 public:
  Trap();
  ~Trap();
};

}  // namespace emulated
