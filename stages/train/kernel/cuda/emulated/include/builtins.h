// The words that CUDA C++ adds to C++. The emulated compiler includes this file
// before a source.
#pragma once
#include <math.h>

#include "register.h"

// The real compiler has no math.h: what only that file defines is not for kernels.
#undef INFINITY
#undef NAN
#undef HUGE_VAL
#undef HUGE_VALF

namespace emulated {
static Device* device;

// fence keeps g++ from holding memory in registers while other threads run.
inline void fence() { asm volatile("" ::: "memory"); }
}  // namespace emulated

#define __global__ __attribute__((used))
#define __device__
#define __host__
#define __constant__ static const
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))

// A thread's static memory is one piece in each module, so that the device finds
// and poisons it; blocks run one after another and can have the same.
#define __shared__ static thread_local

#define threadIdx (::emulated::device->thread)
#define blockIdx (::emulated::device->block)
#define blockDim (::emulated::device->threads)
#define gridDim (::emulated::device->blocks)
#define warpSize 32

inline void __syncthreads() {
  emulated::fence();
  emulated::device->barrier();
  emulated::fence();
}

inline void __threadfence() { emulated::fence(); }
inline void __threadfence_block() { emulated::fence(); }
inline void __trap() { emulated::device->fail("trap"); }

#include "warp.h"
#include "atomics.h"
#include "arithmetic.h"
#include "vectors.h"
