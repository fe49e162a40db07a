// The entry points of attention of any kind, on the arithmetic of the file that includes this one.
#pragma once
#include "attention_back.cuh"

#define KERNELS(D, sight, name)                                                                                        \
  extern "C" __global__ void __launch_bounds__(threads)                                                                \
      name##_##D(real* y, float* lse, const real* q, const real* k, const real* v, SHAPE_PARAMETERS) {                 \
    forward<D>(y, lse, q, k, v, sight(SHAPE));                                                                         \
  }                                                                                                                    \
  extern "C" __global__ void __launch_bounds__(threads)                                                                \
      name##_queries_##D(real* dq, const real* dy, const float* lse, const float* delta, const real* q, const real* k, \
                         const real* v, SHAPE_PARAMETERS) {                                                            \
    queries_back<D>(dq, {dy, lse, delta, q, k, v}, sight(SHAPE));                                                      \
  }                                                                                                                    \
  extern "C" __global__ void __launch_bounds__(threads)                                                                \
      name##_keys_##D(real* dk, real* dv, const real* dy, const float* lse, const float* delta, const real* q,         \
                      const real* k, const real* v, SHAPE_PARAMETERS) {                                                \
    keys_back<D>(dk, dv, {dy, lse, delta, q, k, v}, sight(SHAPE));                                                     \
  }
KERNELS(32, any_sight, attention)
KERNELS(64, any_sight, attention)
KERNELS(128, any_sight, attention)
KERNELS(256, any_sight, attention)
