#include "memory.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace emulated {

Memory memory;

// margin is the guard's size rounded up to the alignment that the driver promises.
static constexpr size_t alignment = 256, margin = Guard::bytes;
static_assert(margin % alignment == 0, "the guard keeps the alignment");

void Guard::set(unsigned char* at) {
  for (size_t i = 0; i < bytes; i++) at[i] = i % 2 ? 0xff : 0xa5;
}

bool Guard::intact(unsigned char* at) {
  unsigned char whole[bytes];
  set(whole);
  if (!memcmp(at, whole, bytes)) return true;
  set(at);
  return false;
}

Address Memory::allocate(size_t bytes) {
  if (bytes > limit || used > limit - bytes) return 0;
  size_t whole = (margin + bytes + Guard::bytes + alignment - 1) / alignment * alignment;
  unsigned char* at = static_cast<unsigned char*>(aligned_alloc(alignment, whole));
  if (!at) return 0;
  Guard::set(at);
  memset(at + margin, 0xff, bytes);  // nothing may rely on what new memory holds
  Guard::set(at + margin + bytes);
  used += bytes;
  Address begin = reinterpret_cast<Address>(at + margin);
  allocations[begin] = {at, bytes};
  return begin;
}

bool Memory::release(Address at) {
  auto found = allocations.find(at);
  if (found == allocations.end()) return false;
  check(at, found->second);
  used -= found->second.bytes;
  memset(found->second.whole, 0xff, margin + found->second.bytes);  // whoever still reads it gets NaN
  free(found->second.whole);
  allocations.erase(found);
  return true;
}

bool Memory::holds(Address at, size_t bytes) const {
  auto after = allocations.upper_bound(at);
  if (after == allocations.begin()) return false;
  auto& [begin, a] = *--after;
  return at - begin <= a.bytes && bytes <= a.bytes - (at - begin);
}

void Memory::check(Address at, const Allocation& a) {
  bool under = !Guard::intact(a.whole), over = !Guard::intact(a.whole + margin + a.bytes);
  overruns += under + over;
  if (under) fprintf(stderr, "emulated device: written before the %zu bytes at %#lx\n", a.bytes, at);
  if (over) fprintf(stderr, "emulated device: written behind the %zu bytes at %#lx\n", a.bytes, at);
}

void Memory::check() {
  for (auto& [at, a] : allocations) check(at, a);
}

}  // namespace emulated
