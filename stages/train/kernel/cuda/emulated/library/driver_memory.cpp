// The driver's functions of memory.
#include <cstdlib>
#include <cstring>
#include <set>

#include "calls.h"
#include "memory.h"
#include "stream.h"

using namespace emulated;

namespace {

std::set<void*> pinned;  // the host's memory that the driver allocated

// copy queues a copy. What a driver answers where there is nothing to copy or to set is
// not documented: here it refuses. Device memory is looked at again when it runs: a graph may
// outlive it.
int copy(Stream* s, Address to, Address from, size_t bytes, bool toDevice, bool fromDevice) {
  auto valid = [=] { return (!toDevice || memory.holds(to, bytes)) && (!fromDevice || memory.holds(from, bytes)); };
  if (!streams.has(s)) return invalidHandle;
  if (!valid() || !to || !from || !bytes) return invalidValue;
  s->add([=] {
    if (!valid()) return illegalAddress;
    memmove(reinterpret_cast<void*>(to), reinterpret_cast<void*>(from), bytes);
    return done;
  });
  return done;
}

template <class T>
int set(Stream* s, Address to, T value, size_t count) {
  auto valid = [=] { return to % sizeof(T) == 0 && memory.holds(to, count * sizeof(T)); };
  if (!streams.has(s)) return invalidHandle;
  if (!valid() || !count) return invalidValue;
  s->add([=] {
    if (!valid()) return illegalAddress;
    T* at = reinterpret_cast<T*>(to);
    for (size_t i = 0; i < count; i++) at[i] = value;
    return done;
  });
  return done;
}

}  // namespace

exported int cuMemGetInfo_v2(size_t* left, size_t* whole) {
  return inContext("cuMemGetInfo", [&] {
    *whole = memory.limit;
    *left = memory.limit > memory.used ? memory.limit - memory.used : 0;
    return done;
  });
}

exported int cuMemAlloc_v2(Address* to, size_t bytes) {
  return inContext("cuMemAlloc", [&] {
    if (streams.forbids()) return captureUnsupported;
    if (!bytes) return invalidValue;
    *to = memory.allocate(bytes);
    return *to ? done : outOfMemory;
  });
}

// cuMemFree waits for what may use the memory. It gives it back also after the
// device was lost, so that one test leaves nothing to the next.
exported int cuMemFree_v2(Address at) {
  return called("cuMemFree", [&] {
    int result = context.usable();
    if (result && result != context.lost) return result;
    if (streams.forbids()) return captureUnsupported;
    if (!result) result = context.fail(streams.run());
    if (!memory.release(at)) return invalidValue;
    return result;
  });
}

exported int cuMemHostAlloc(void** to, size_t bytes, unsigned) {
  return inContext("cuMemHostAlloc", [&] {
    if (streams.forbids()) return captureUnsupported;
    if (!bytes) return invalidValue;
    *to = malloc(bytes);
    if (!*to) return outOfMemory;
    memset(*to, 0xff, bytes);
    pinned.insert(*to);
    return done;
  });
}

exported int cuMemFreeHost(void* at) {
  return inContext("cuMemFreeHost", [&] {
    if (streams.forbids()) return captureUnsupported;
    int result = streams.run();
    if (!pinned.erase(at)) return invalidValue;
    free(at);
    return result;
  });
}

exported int cuMemcpyHtoDAsync_v2(Address to, const void* from, size_t bytes, Stream* s) {
  return inContext("cuMemcpyHtoDAsync", [&] { return copy(s, to, reinterpret_cast<Address>(from), bytes, true, false); });
}

exported int cuMemcpyDtoHAsync_v2(void* to, Address from, size_t bytes, Stream* s) {
  return inContext("cuMemcpyDtoHAsync", [&] { return copy(s, reinterpret_cast<Address>(to), from, bytes, false, true); });
}

exported int cuMemcpyDtoDAsync_v2(Address to, Address from, size_t bytes, Stream* s) {
  return inContext("cuMemcpyDtoDAsync", [&] { return copy(s, to, from, bytes, true, true); });
}

exported int cuMemsetD8Async(Address to, uint8_t value, size_t count, Stream* s) {
  return inContext("cuMemsetD8Async", [&] { return set(s, to, value, count); });
}

exported int cuMemsetD16Async(Address to, uint16_t value, size_t count, Stream* s) {
  return inContext("cuMemsetD16Async", [&] { return set(s, to, value, count); });
}

exported int cuMemsetD32Async(Address to, uint32_t value, size_t count, Stream* s) {
  return inContext("cuMemsetD32Async", [&] { return set(s, to, value, count); });
}
