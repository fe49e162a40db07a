// Fibers: stacks that one thread of the host runs in turns.
#pragma once
#include <csetjmp>
#include <memory>
#include <vector>

namespace emulated {

struct Fiber {
  jmp_buf at;  // where it stopped
  bool begun = false;
  void* stack = nullptr;
};

// go leaves the running fiber for another, and returns when that or a third one
// comes back.
void go(Fiber* from, Fiber* to);

// leave abandons the running fiber.
[[noreturn]] void leave(Fiber* to);

// Fibers all run one function, which never returns.
class Fibers {
 public:
  explicit Fibers(void (*body)(Fiber*)) : body(body) {}
  Fiber* take();
  void give(Fiber* f) { idle.push_back(f); }
  // abandon makes all fibers idle and lets them begin anew.
  void abandon();

 private:
  void (*body)(Fiber*);
  std::vector<std::unique_ptr<Fiber>> all;
  std::vector<Fiber*> idle;
};

}  // namespace emulated
