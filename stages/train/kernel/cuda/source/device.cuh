// What all kernels share: the number types, sums over a warp and a block, and
// loads of 16 bytes.
#pragma once
#include "intrinsics.cuh"

typedef long long int64;

// bf16 is the upper half of a float.
struct bf16 {
  unsigned short bits;
};

typedef REAL real;     // of activations and weights: float or bf16
typedef float master;  // of gradients, moments and sums

__device__ __forceinline__ float number(float x) { return x; }
__device__ __forceinline__ float number(bf16 x) { return __uint_as_float(static_cast<unsigned>(x.bits) << 16); }

__device__ __forceinline__ void put(float& to, float x) { to = x; }
__device__ __forceinline__ void put(bf16& to, float x) { to.bits = static_cast<unsigned short>(pack_bf16(x, 0.f)); }

// width is how many numbers one load of 16 bytes brings.
constexpr int width = 16 / sizeof(real);

// vector is numbers that are loaded and stored together.
template <int n>
struct alignas(n * sizeof(real)) vector {
  real at[n];
};

template <int n>
__device__ __forceinline__ vector<n> load(const real* from) {
  return *reinterpret_cast<const vector<n>*>(from);
}

template <int n>
__device__ __forceinline__ void store(real* to, const vector<n>& v) {
  *reinterpret_cast<vector<n>*>(to) = v;
}

// first and stride walk a grid over a list of any length.
__device__ __forceinline__ int64 first() { return static_cast<int64>(blockIdx.x) * blockDim.x + threadIdx.x; }
__device__ __forceinline__ int64 stride() { return static_cast<int64>(gridDim.x) * blockDim.x; }

// over_list calls f for whole vectors, then for the single numbers of the rest.
template <class Vector, class Single>
__device__ __forceinline__ void over_list(int64 n, Vector whole, Single rest) {
  for (int64 i = first(); i < n / width; i += stride()) whole(i * width);
  for (int64 i = n / width * width + first(); i < n; i += stride()) rest(i);
}

// over_row calls f for the columns of this thread, n at a time.
template <int n, class F>
__device__ __forceinline__ void over_row(int cols, F f) {
  for (int j = threadIdx.x * n; j < cols; j += blockDim.x * n) f(j);
}

struct plus {
  template <class T>
  __device__ T operator()(T a, T b) const { return a + b; }
};

struct larger {
  __device__ float operator()(float a, float b) const { return fmaxf(a, b); }  // passes over a NaN
};

template <class T, class F>
__device__ __forceinline__ T over_warp(T x, F f) {
  for (int lane = 16; lane > 0; lane /= 2) x = f(x, __shfl_xor_sync(0xffffffffu, x, lane));
  return x;
}

// over_block joins one number of every thread, in one order; all threads get the
// result. The block is whole warps. none is what joins to nothing.
template <class T, class F>
__device__ T over_block(T x, T none, F f) {
  __shared__ T warps[32];
  x = over_warp(x, f);
  __syncthreads();  // the last call's readers are done
  if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = x;
  __syncthreads();
  x = threadIdx.x % 32 < blockDim.x / 32 ? warps[threadIdx.x % 32] : none;
  return over_warp(x, f);
}
