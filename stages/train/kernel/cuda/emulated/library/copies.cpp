#include "copies.h"

#include <cstdint>
#include <cstring>

#include "results.h"
#include "threads.h"

namespace emulated {

void copy(void* to, const void* from, bool wanted) {
  if (reinterpret_cast<uintptr_t>(to) % 16 || (wanted && reinterpret_cast<uintptr_t>(from) % 16))
    fail(misalignedAddress, "copy_async of an address that is no multiple of 16");
  if (!inShared(to, 16)) fail(illegalAddress, "copy_async to what is not shared memory");
  block.running->copies.push_back({to, from, wanted});
}

void finishCopies() {
  for (const Copy& c : block.running->copies) {
    if (c.wanted)
      memcpy(c.to, c.from, 16);
    else
      memset(c.to, 0, 16);
  }
  block.running->copies.clear();
}

}  // namespace emulated
