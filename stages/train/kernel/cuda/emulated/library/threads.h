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

enum class State { ready, atBarrier, inWarp, finished };

struct Thread {
  unsigned number;
  Index index;
  State state = State::ready;
  Fiber* fiber = nullptr;  // null before the thread begins
  Collective collective;
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
  unsigned atBarrier = 0;
  bool descending;
  const std::function<void()>* body;
  const SharedRange* shared;
  Thread* running;
  Fault fault;

  void begin();
  void release(unsigned first, unsigned count, unsigned mask);
  void perform(Thread* of);
  std::string stuck() const;
};

extern Block block;

}  // namespace emulated
