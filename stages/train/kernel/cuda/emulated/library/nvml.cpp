// The functions of libnvidia-ml.so.1 that tell of the card's state.
#include <cstring>

#include "calls.h"

using namespace emulated;

namespace {

constexpr int unknown = 6;                   // NVML_ERROR_NOT_FOUND
constexpr int streamingClock = 1;            // NVML_CLOCK_SM
constexpr unsigned long long hot = 0x20;     // nvmlClocksThrottleReasonSwThermalSlowdown

}  // namespace

exported int nvmlInit_v2() { return done; }

exported int nvmlShutdown() { return done; }

exported const char* nvmlErrorString(int) { return "the emulated monitor refuses"; }

exported int nvmlDeviceGetHandleByPciBusId_v2(const char* bus, const Card** to) {
  *to = &card;
  return strcmp(bus, busOfCard) ? unknown : done;
}

exported int nvmlDeviceGetClockInfo(const Card*, int clock, unsigned* megahertz) {
  return called("nvmlDeviceGetClockInfo", [&] {
    *megahertz = 1980;
    return clock == streamingClock ? done : invalidValue;
  });
}

exported int nvmlDeviceGetPowerUsage(const Card*, unsigned* milliwatts) {
  *milliwatts = 650500;
  return done;
}

exported int nvmlDeviceGetCurrentClocksThrottleReasons(const Card*, unsigned long long* reasons) {
  *reasons = hot;
  return done;
}
