// The driver's functions of modules and kernels.
#include <map>
#include <set>

#include "calls.h"
#include "launch.h"
#include "stream.h"

using namespace emulated;

namespace {

std::map<Module*, std::shared_ptr<Module>> modules;
std::map<Function*, std::unique_ptr<Function>> functions;

bool fits(const Index& blocks, const Index& threads) {
  unsigned long all = static_cast<unsigned long>(threads.x) * threads.y * threads.z;
  return all && all <= 1024 && threads.z <= 64 && blocks.x && blocks.x <= 0x7fffffff && blocks.y && blocks.y <= 65535 && blocks.z &&
         blocks.z <= 65535;
}

int launch(Function* f, Index blocks, Index threads, size_t shared, Stream* s, void** arguments) {
  if (!functions.count(f) || !streams.has(s)) return invalidHandle;
  if (!fits(blocks, threads) || shared > f->most || (f->kernel->count && !arguments)) return invalidValue;
  Launch l{f->module, f->kernel, blocks, threads, shared, {}};
  l.take(arguments);
  s->add([l] { return l.run(); });
  return done;
}

}  // namespace

exported int cuModuleLoadData(Module** to, const void* image) {
  return inContext("cuModuleLoadData", [&] {
    if (streams.forbids()) return captureUnsupported;
    std::shared_ptr<Module> m = Module::load(image);
    if (!m) return invalidImage;
    modules[*to = m.get()] = m;
    return done;
  });
}

exported int cuModuleUnload(Module* m) {
  return inContext("cuModuleUnload", [&] {
    auto found = modules.find(m);
    if (found == modules.end()) return invalidHandle;
    int result = streams.run();
    for (auto f = functions.begin(); f != functions.end();) f = f->second->module.get() == m ? functions.erase(f) : std::next(f);
    modules.erase(found);
    return result;
  });
}

exported int cuModuleGetFunction(Function** to, Module* m, const char* name) {
  return inContext("cuModuleGetFunction", [&] {
    auto found = modules.find(m);
    if (found == modules.end()) return invalidHandle;
    const Kernel* k = m->find(name);
    if (!k) return notFound;
    auto f = std::make_unique<Function>(Function{found->second, k});
    *to = f.get();
    functions[*to] = std::move(f);
    return done;
  });
}

// Of a function's attributes only the most dynamic shared memory matters here.
exported int cuFuncSetAttribute(Function* f, int attribute, int value) {
  return inContext("cuFuncSetAttribute", [&] {
    if (!functions.count(f)) return invalidHandle;
    if (attribute != 8) return attribute == 9 ? done : invalidValue;
    if (value < 0 || size_t(value) > card.mostShared) return invalidValue;
    f->most = value;
    return done;
  });
}

// cuLaunchKernel counts as a call of its own name and of the kernel's.
exported int cuLaunchKernel(Function* f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared,
                            Stream* s, void** arguments, void** extra) {
  return inContext("cuLaunchKernel", [&] {
    if (extra) return invalidValue;
    if (functions.count(f))
      if (int result = calls.begin(std::string("cuLaunchKernel:") + f->kernel->name)) return result;
    return launch(f, {gx, gy, gz}, {bx, by, bz}, shared, s, arguments);
  });
}
