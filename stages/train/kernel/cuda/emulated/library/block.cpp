#include "block.h"

#include "copies.h"
#include "fiber.h"
#include "results.h"
#include "threads.h"
#include "warp.h"

namespace emulated {

namespace {

Fiber host;  // whoever runs the block

void work(Fiber* self);
Fibers fibers(work);

// next runs the next thread that can, or the host where none can.
void next(Fiber* self) {
  Fiber* to = &host;
  if (!block.ready.empty()) {
    Thread* t = block.running = block.ready.front();
    block.ready.pop_front();
    if (!t->fiber) t->fiber = fibers.take();
    to = t->fiber;
    device.thread = t->index;
    device.lane = t->number % 32;
  }
  if (to != self) go(self, to);
}

// work runs threads, one after the other. A thread that never waits costs no jump:
// next takes the fiber given last.
void work(Fiber* self) {
  for (;;) {
    Thread* t = block.running;
    (*block.body)();
    t->fiber = nullptr;
    block.finished++;
    fibers.give(self);
    next(self);
  }
}

void barrier() {
  Thread* t = block.running;
  block.come();
  next(t->fiber);
}

void join(Collective f, unsigned mask, void* operand) {
  Thread* t = block.running;
  if (!(mask >> device.lane & 1)) fail(launchFailed, "a lane is not in its own mask");
  block.come(t, f, mask, operand);
  next(t->fiber);
}

void failed(const char* why) { fail(launchFailed, why); }

}  // namespace

Device device{{}, {}, {}, {}, 0, nullptr, barrier, join, copy, finishCopies, failed, multiply, loadMatrices, loadMatricesTransposed};

void fail(int result, const std::string& why) {
  const Index& t = device.thread;
  block.fault = {result, "thread (" + std::to_string(t.x) + "," + std::to_string(t.y) + "," + std::to_string(t.z) + "): " + why};
  leave(&host);
}

bool inShared(const void* at, size_t bytes) { return (*block.shared)(at, bytes); }

Fault runBlock(const std::function<void()>& body, const SharedRange& shared, bool descending) {
  block.body = &body;
  block.shared = &shared;
  block.descending = descending;
  block.begin();
  host.begun = true;
  next(&host);
  if (!block.fault.result && block.finished < block.threads.size()) block.fault = {launchFailed, block.stuck()};
  if (block.fault.result) fibers.abandon();
  return block.fault;
}

}  // namespace emulated
