#include "threads.h"

#include <algorithm>

namespace emulated {

Block block;

void Block::begin() {
  unsigned count = device.threads.x * device.threads.y * device.threads.z;
  threads.assign(count, Thread());
  waiting.assign((count + 31) / 32, 0);
  ready.clear();
  atBarrier = finished = 0;
  fault = Fault();
  for (unsigned i = 0; i < count; i++) {
    threads[i].number = i;
    threads[i].index = {i % device.threads.x, i / device.threads.x % device.threads.y, i / device.threads.x / device.threads.y};
  }
  release(0, count, ~0u);
}

void Block::release(unsigned first, unsigned count, unsigned mask) {
  for (unsigned i = 0; i < count; i++) {
    Thread& t = threads[descending ? first + count - 1 - i : first + i];
    if (mask >> t.number % 32 & 1) ready.push_back(&t);
  }
}

void Block::come() {
  if (++atBarrier < threads.size()) return;
  atBarrier = 0;
  release(0, threads.size(), ~0u);
}

void Block::come(Thread* t, Collective f, unsigned mask, void* operand) {
  t->collective = f;
  t->mask = mask;
  t->operand = operand;
  unsigned warp = t->number / 32, first = warp * 32, count = std::min<unsigned>(32, threads.size() - first);
  waiting[warp] |= 1u << t->number % 32;
  void* operands[32] = {};
  if (!gather(t, first, operands)) return;
  f(operands);
  waiting[warp] &= ~mask;
  release(first, count, mask);
}

// gather finds the operands of the lanes that t names, if they all wait for the
// same as t.
bool Block::gather(const Thread* t, unsigned first, void** operands) const {
  if ((waiting[first / 32] & t->mask) != t->mask) return false;
  for (unsigned l = 0; l < 32; l++) {
    if (!(t->mask >> l & 1)) continue;
    const Thread& other = threads[first + l];
    if (other.collective != t->collective || other.mask != t->mask) return false;
    operands[l] = other.operand;
  }
  return true;
}

std::string Block::stuck() const {
  unsigned inWarps = 0;
  for (unsigned lanes : waiting) inWarps += __builtin_popcount(lanes);
  return "deadlock: " + std::to_string(atBarrier) + " threads wait at a barrier, " + std::to_string(inWarps) +
         " for lanes of their warp, " + std::to_string(finished) + " have ended";
}

}  // namespace emulated
