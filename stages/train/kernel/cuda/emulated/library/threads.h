// The threads of the running block.
#pragma once
#include <deque>
#include <functional>
#include <vector>

#include "block.h"
#include "fiber.h"

namespace emulated {

struct Copy {
  void* to;
  const void* from;
  bool wanted;
};

struct Thread {
  unsigned number;
  Index index;
  Fiber* fiber = nullptr;  // null before the thread begins
  Collective collective;  // what it waits for in its warp
  unsigned mask;
  void* operand;
  std::vector<Copy> copies;
};

// Block is the running block. Threads run until they must wait; ready are those
// that can run, in their order.
struct Block {
  std::vector<Thread> threads;
  std::vector<unsigned> waiting;  // of each warp, the lanes that wait in it
  std::deque<Thread*> ready;
  unsigned atBarrier, finished;
  bool descending;
  const std::function<void()>* body;
  const SharedRange* shared;
  Thread* running;
  Fault fault;

  // begin makes all threads ready.
  void begin();
  // come notes that one more thread is at the barrier, or a thread at a collective of
  // its warp. The last one releases all.
  void come();
  void come(Thread* t, Collective f, unsigned mask, void* operand);
  // stuck tells why no thread can run.
  std::string stuck() const;

 private:
  // release makes threads ready, of which the mask names lanes.
  void release(unsigned first, unsigned count, unsigned mask);
  bool gather(const Thread* t, unsigned first, void** operands) const;
};

extern Block block;

}  // namespace emulated
