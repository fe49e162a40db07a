// Launches of kernels.
#pragma once
#include <memory>
#include <vector>

#include "module.h"

namespace emulated {

struct Launch {
  std::shared_ptr<Module> module;
  const Kernel* kernel;
  Index blocks, threads;
  size_t shared;  // bytes of dynamic shared memory
  // The arguments' bytes, each at a multiple of 16.
  std::vector<unsigned char> arguments;

  // take copies the arguments of a call.
  void take(void* const* from);
  // run runs all blocks and returns the result of the launch.
  int run() const;

 private:
  std::vector<void*> pointers() const;
  bool reachable(const std::vector<void*>& p) const;
  bool runBlock(unsigned long number, const std::vector<void*>& p, int& result) const;
};

}  // namespace emulated
