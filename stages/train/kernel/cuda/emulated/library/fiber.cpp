#include "fiber.h"

#include <sys/mman.h>
#include <ucontext.h>

#include <cstdlib>

namespace emulated {

static constexpr size_t stackBytes = 256 << 10, pageBytes = 4096;

static void (*bodyOf)(Fiber*);
static Fiber* entering;

static void enter() { bodyOf(entering); }

// begin starts a fiber at the bottom of its stack. It costs a call of the system,
// unlike a jump.
[[noreturn]] static void begin(Fiber* f) {
  f->begun = true;
  entering = f;
  ucontext_t c;
  getcontext(&c);
  c.uc_stack.ss_sp = f->stack;
  c.uc_stack.ss_size = stackBytes;
  c.uc_link = nullptr;
  makecontext(&c, enter, 0);
  setcontext(&c);
  abort();
}

void leave(Fiber* to) {
  if (!to->begun) begin(to);
  _longjmp(to->at, 1);
}

__attribute__((noinline)) void go(Fiber* from, Fiber* to) {
  if (!_setjmp(from->at)) leave(to);
}

// stack is memory whose lowest page stops a fiber that needs more.
static void* stack() {
  void* p = mmap(nullptr, pageBytes + stackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED || mprotect(p, pageBytes, PROT_NONE)) abort();
  return static_cast<char*>(p) + pageBytes;
}

Fiber* Fibers::take() {
  bodyOf = body;
  if (idle.empty()) {
    all.push_back(std::make_unique<Fiber>());
    all.back()->stack = stack();
    return all.back().get();
  }
  Fiber* f = idle.back();
  idle.pop_back();
  return f;
}

void Fibers::abandon() {
  idle.clear();
  for (auto& f : all) {
    f->begun = false;
    idle.push_back(f.get());
  }
}

}  // namespace emulated
