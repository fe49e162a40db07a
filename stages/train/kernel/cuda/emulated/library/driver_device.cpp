// The driver's functions of the device and its context.
#include <cstring>

#include "calls.h"

using namespace emulated;

namespace {

// The primary context's handle is the address of what it stands for.
void* const primary = &context;

// attribute is -1 where the device knows no such attribute.
int attribute(int of) {
  switch (of) {
    case 8:  // shared memory of a block
      return 48 << 10;
    case 10:  // threads of a warp
      return 32;
    case 16:  // multiprocessors
      return 4;
    case 75:  // compute capability
      return 9;
    case 76:
      return 0;
    case 97:  // shared memory of a block that asks for more
      return card.mostShared;
  }
  return -1;
}

}  // namespace

exported int cuInit(unsigned flags) {
  return called("cuInit", [&] { return flags ? invalidValue : done; });
}

exported int cuDriverGetVersion(int* version) {
  return called("cuDriverGetVersion", [&] {
    *version = card.version;
    return done;
  });
}

exported int cuDeviceGetCount(int* count) {
  return called("cuDeviceGetCount", [&] {
    *count = 1;
    return done;
  });
}

exported int cuDeviceGet(int* device, int number) {
  return called("cuDeviceGet", [&] {
    *device = 0;
    return number ? invalidDevice : done;
  });
}

exported int cuDeviceGetName(char* name, int bytes, int device) {
  return called("cuDeviceGetName", [&] {
    if (device || bytes < 1) return invalidValue;
    strncpy(name, "Emulated device", bytes - 1);
    name[bytes - 1] = 0;
    return done;
  });
}

exported int cuDeviceGetAttribute(int* value, int of, int device) {
  return called("cuDeviceGetAttribute", [&] {
    *value = attribute(of);
    return device || *value < 0 ? invalidValue : done;
  });
}

exported int cuDeviceGetPCIBusId(char* to, int bytes, int device) {
  return called("cuDeviceGetPCIBusId", [&] {
    if (device || bytes < 13) return invalidValue;
    strcpy(to, busOfCard);
    return done;
  });
}

exported int cuDevicePrimaryCtxRetain(void** to, int device) {
  return called("cuDevicePrimaryCtxRetain", [&] {
    if (device) return invalidDevice;
    if (context.lost) return context.lost;
    context.retained++;
    *to = primary;
    return done;
  });
}

exported int cuDevicePrimaryCtxRelease_v2(int device) {
  return called("cuDevicePrimaryCtxRelease", [&] {
    if (device) return invalidDevice;
    if (!context.retained) return invalidContext;
    context.retained--;
    return context.lost;
  });
}

exported int cuCtxSetCurrent(void* to) {
  return called("cuCtxSetCurrent", [&] {
    if (to && to != primary) return invalidContext;
    current = to;
    return context.lost;
  });
}
