// Modules of compiled kernels.
#pragma once
#include <map>
#include <memory>
#include <string>

#include "../include/runtime.h"

namespace emulated {

// Module is a loaded library of kernels. All kernels of a module share their
// static memory, and blocks run one after another.
class Module {
 public:
  // load returns null where the image is none that the compiler made.
  static std::shared_ptr<Module> load(const void* image);
  ~Module();

  const Kernel* find(const std::string& name) const;
  // poison fills the static shared memory of the calling thread with what no kernel
  // can want.
  void poison();
  bool holdsShared(const void* at, size_t bytes) const;

 private:
  void* handle = nullptr;
  Register describe = nullptr;
  std::map<std::string, const Kernel*> kernels;
  unsigned char* shared() const;  // static shared memory of the calling thread
  size_t sharedBytes = 0;
};

// Function is a kernel as the driver hands it out.
struct Function {
  std::shared_ptr<Module> module;
  const Kernel* kernel;
  size_t most = 48 << 10;  // bytes of dynamic shared memory that a launch may ask for
};

}  // namespace emulated
