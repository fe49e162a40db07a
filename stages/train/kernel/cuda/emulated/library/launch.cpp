#include "launch.h"

#include <cstdio>
#include <cstring>

#include "block.h"
#include "memory.h"
#include "results.h"
#include "trap.h"

namespace emulated {
namespace {

constexpr size_t slot(size_t bytes) { return (bytes + 15) / 16 * 16; }

constexpr size_t largestShared = 227 << 10;  // bytes of the largest card's

// Dynamic shared memory begins at a multiple of 16 and of no larger power of two,
// as kernels may rely on no more.
alignas(256) unsigned char memoryOfBlock[16 + largestShared + Guard::bytes];
unsigned char* const dynamic = memoryOfBlock + 16;

}  // namespace

void Launch::take(void* const* from) {
  size_t bytes = 0;
  for (unsigned i = 0; i < kernel->count; i++) bytes += slot(kernel->arguments[i].bytes);
  arguments.resize(bytes);
  unsigned char* to = arguments.data();
  for (unsigned i = 0; i < kernel->count; i++) {
    memcpy(to, from[i], kernel->arguments[i].bytes);
    to += slot(kernel->arguments[i].bytes);
  }
}

std::vector<void*> Launch::pointers() const {
  std::vector<void*> all;
  unsigned char* at = const_cast<unsigned char*>(arguments.data());
  for (unsigned i = 0; i < kernel->count; i++) {
    all.push_back(at);
    at += slot(kernel->arguments[i].bytes);
  }
  return all;
}

// reachable tells whether all pointers are null or of device memory.
bool Launch::reachable(const std::vector<void*>& p) const {
  for (unsigned i = 0; i < kernel->count; i++) {
    if (!kernel->arguments[i].pointer) continue;
    Address at = *static_cast<Address*>(p[i]);
    if (!at || memory.holds(at, 0)) continue;
    fprintf(stderr, "emulated device: %s: argument %u is no address of the device: %#lx\n", kernel->name, i, at);
    return false;
  }
  return true;
}

int Launch::run() const {
  std::vector<void*> p = pointers();
  if (!reachable(p)) return illegalAddress;
  Trap trap;
  device.blocks = blocks;
  device.threads = threads;
  device.shared = dynamic;
  int result = done;
  unsigned long count = static_cast<unsigned long>(blocks.x) * blocks.y * blocks.z;
  for (unsigned long i = 0; i < count && runBlock(i, p, result); i++) {
  }
  return result;
}

// runBlock runs a block in poisoned shared memory. Every other block runs its
// threads backwards, so that a kernel that lacks a barrier gives wrong results.
bool Launch::runBlock(unsigned long number, const std::vector<void*>& p, int& result) const {
  const Index b = device.block = {static_cast<unsigned>(number % blocks.x), static_cast<unsigned>(number / blocks.x % blocks.y),
                                  static_cast<unsigned>(number / blocks.x / blocks.y)};
  memset(dynamic, 0xff, shared);
  Guard::set(dynamic + shared);
  module->poison();
  auto inShared = [this](const void* at, size_t bytes) {
    const unsigned char* q = static_cast<const unsigned char*>(at);
    return (q >= dynamic && q + bytes <= dynamic + shared) || module->holdsShared(at, bytes);
  };
  Fault f = emulated::runBlock([&] { kernel->call(p.data()); }, inShared, number % 2);
  if (!Guard::intact(dynamic + shared)) {
    memory.overruns++;
    fprintf(stderr, "emulated device: %s: block (%u,%u,%u) wrote behind its %zu bytes of shared memory\n", kernel->name, b.x, b.y, b.z, shared);
  }
  if (f.result) fprintf(stderr, "emulated device: %s: block (%u,%u,%u): %s\n", kernel->name, b.x, b.y, b.z, f.why.c_str());
  result = f.result;
  return !result;
}

}  // namespace emulated
