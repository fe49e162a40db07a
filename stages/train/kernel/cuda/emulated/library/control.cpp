// What tests ask of the emulated libraries.
#include "calls.h"
#include "memory.h"
#include "stream.h"

using namespace emulated;

// emulated_fail has the nth next call of a name fail, hang or end the process. A launch
// can be named by its kernel too, as in cuLaunchKernel:rmsnorm.
exported void emulated_fail(const char* call, int nth, int result) {
  std::lock_guard<std::mutex> hold(lock);
  calls.fail(call, nth, result);
}

exported int emulated_calls(const char* call) {
  std::lock_guard<std::mutex> hold(lock);
  return calls.made(call);
}

// emulated_reset makes a lost device whole. It frees no memory.
exported void emulated_reset() {
  std::lock_guard<std::mutex> hold(lock);
  calls.reset();
  if (context.lost) streams.clear();
  context.lost = done;
  memory.check();
  memory.overruns = 0;
  memory.limit = Memory::usualLimit;
  card = Card{};
}

exported void emulated_set_memory(uint64_t bytes) {
  std::lock_guard<std::mutex> hold(lock);
  memory.limit = bytes;
}

exported void emulated_set_version(int version) {
  std::lock_guard<std::mutex> hold(lock);
  card.version = version;
}

exported void emulated_set_shared(uint64_t bytes) {
  std::lock_guard<std::mutex> hold(lock);
  card.mostShared = bytes;
}

exported uint64_t emulated_memory_used() {
  std::lock_guard<std::mutex> hold(lock);
  return memory.used;
}

exported int emulated_overruns() {
  std::lock_guard<std::mutex> hold(lock);
  memory.check();
  return memory.overruns;
}
