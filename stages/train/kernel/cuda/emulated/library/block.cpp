#include "block.h"

#include <algorithm>

#include "copies.h"
#include "fiber.h"
#include "results.h"
#include "threads.h"
#include "warp.h"

namespace emulated {

Block block;

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
    t->state = State::finished;
    t->fiber = nullptr;
    fibers.give(self);
    next(self);
  }
}

void wait(State s) {
  block.running->state = s;
  next(block.running->fiber);
}

void Block::begin() {
  unsigned count = device.threads.x * device.threads.y * device.threads.z;
  threads.assign(count, Thread());
  waiting.assign((count + 31) / 32, 0);
  ready.clear();
  atBarrier = 0;
  fault = Fault();
  for (unsigned i = 0; i < count; i++) {
    threads[i].number = i;
    threads[i].index = {i % device.threads.x, i / device.threads.x % device.threads.y, i / device.threads.x / device.threads.y};
  }
  release(0, count, ~0u);
}

// release makes threads ready, of which the mask names lanes.
void Block::release(unsigned first, unsigned count, unsigned mask) {
  for (unsigned i = 0; i < count; i++) {
    Thread& t = threads[descending ? first + count - 1 - i : first + i];
    if (!(mask >> t.number % 32 & 1)) continue;
    t.state = State::ready;
    ready.push_back(&t);
  }
}

// perform does what the lanes of a group came for, once they are all there.
void Block::perform(Thread* of) {
  unsigned first = of->number / 32 * 32, count = std::min<unsigned>(32, threads.size() - first);
  if ((waiting[first / 32] & of->mask) != of->mask) return;
  void* operands[32] = {};
  for (unsigned l = 0; l < count; l++) {
    Thread& t = threads[first + l];
    if (!(of->mask >> l & 1)) continue;
    if (t.collective != of->collective || t.mask != of->mask) return;
    operands[l] = t.operand;
  }
  of->collective(operands);
  waiting[first / 32] &= ~of->mask;
  release(first, count, of->mask);
}

std::string Block::stuck() const {
  unsigned counts[4] = {};
  for (const Thread& t : threads) counts[static_cast<int>(t.state)]++;
  return "deadlock: " + std::to_string(counts[1]) + " threads wait at a barrier, " + std::to_string(counts[2]) +
         " for lanes of their warp, " + std::to_string(counts[3]) + " have ended";
}

void barrier() {
  if (++block.atBarrier == block.threads.size()) {
    block.atBarrier = 0;
    block.release(0, block.threads.size(), ~0u);
  }
  wait(State::atBarrier);
}

void join(Collective f, unsigned mask, void* operand) {
  Thread* t = block.running;
  if (!(mask >> device.lane & 1)) fail(launchFailed, "a lane is not in its own mask");
  t->collective = f;
  t->mask = mask;
  t->operand = operand;
  block.waiting[t->number / 32] |= 1u << device.lane;
  t->state = State::inWarp;
  block.perform(t);
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
  if (!block.fault.result)
    for (const Thread& t : block.threads)
      if (t.state != State::finished) {
        block.fault = {launchFailed, block.stuck()};
        break;
      }
  if (block.fault.result) fibers.abandon();
  return block.fault;
}

}  // namespace emulated
