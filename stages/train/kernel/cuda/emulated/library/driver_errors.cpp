// The driver's words for results.
#include "calls.h"

using namespace emulated;

namespace {

struct Words {
  int result;
  const char *name, *meaning;
};

const Words all[] = {
    {done, "CUDA_SUCCESS", "no error"},
    {invalidValue, "CUDA_ERROR_INVALID_VALUE", "an argument is wrong"},
    {outOfMemory, "CUDA_ERROR_OUT_OF_MEMORY", "the memory does not suffice"},
    {deviceUnavailable, "CUDA_ERROR_DEVICE_UNAVAILABLE", "the device cannot be used now"},
    {invalidDevice, "CUDA_ERROR_INVALID_DEVICE", "there is no such device"},
    {invalidImage, "CUDA_ERROR_INVALID_IMAGE", "the image holds no kernels"},
    {invalidContext, "CUDA_ERROR_INVALID_CONTEXT", "the thread has no context"},
    {eccUncorrectable, "CUDA_ERROR_ECC_UNCORRECTABLE", "a memory error was not corrected"},
    {invalidHandle, "CUDA_ERROR_INVALID_HANDLE", "a handle is wrong"},
    {notFound, "CUDA_ERROR_NOT_FOUND", "the name is not known"},
    {notReady, "CUDA_ERROR_NOT_READY", "the work has not ended"},
    {illegalAddress, "CUDA_ERROR_ILLEGAL_ADDRESS", "a kernel used an address of no memory"},
    {launchTimeout, "CUDA_ERROR_LAUNCH_TIMEOUT", "a kernel took too long"},
    {contextIsDestroyed, "CUDA_ERROR_CONTEXT_IS_DESTROYED", "the thread's context is gone"},
    {assertFailed, "CUDA_ERROR_ASSERT", "a kernel's assertion failed"},
    {hardwareStackError, "CUDA_ERROR_HARDWARE_STACK_ERROR", "a kernel's stack is broken"},
    {misalignedAddress, "CUDA_ERROR_MISALIGNED_ADDRESS", "a kernel used an address that is not aligned"},
    {launchFailed, "CUDA_ERROR_LAUNCH_FAILED", "a kernel failed"},
    {captureUnsupported, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "a capture does not allow this"},
    {captureInvalidated, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", "the capture was spoilt"},
};

const Words* find(int result) {
  for (const Words& w : all)
    if (w.result == result) return &w;
  return nullptr;
}

}  // namespace

exported int cuGetErrorName(int result, const char** to) {
  const Words* w = find(result);
  *to = w ? w->name : nullptr;
  return w ? done : invalidValue;
}

exported int cuGetErrorString(int result, const char** to) {
  const Words* w = find(result);
  *to = w ? w->meaning : nullptr;
  return w ? done : invalidValue;
}
