// Rotary positions (Su et al. 2021, arXiv:2104.09864), pairing element i with
// i + dim/2 of each head.
//
// Launch: a block of 256 threads for each row (token).
#include "device.cuh"

// rotate turns n neighbouring pairs; to turn back is to turn by minus the angle.
template <int n>
__device__ __forceinline__ void rotate(real* y, const real* x, const float* cos, const float* sin, int half, float sign) {
  vector<n> a = load<n>(x), b = load<n>(x + half);
#pragma unroll
  for (int k = 0; k < n; k++) {
    float u = number(a.at[k]), v = number(b.at[k]), c = cos[k], s = sign * sin[k];
    put(a.at[k], u * c - v * s);
    put(b.at[k], v * c + u * s);
  }
  store(y, a);
  store(y + half, b);
}

template <int n>
__device__ void rotate_row(real* y, const real* x, const float* cos, const float* sin, int heads, int half, float sign) {
  for (int i = threadIdx.x * n; i < heads * half; i += blockDim.x * n) {
    int j = i % half, at = i / half * 2 * half + j;
    rotate<n>(y + at, x + at, cos + j, sin + j, half, sign);
  }
}

// rope rotates x [rows, heads, dim]; row i has position i mod seq, and the angles are
// [seq, dim/2]. y may be x.
extern "C" __global__ void rope(real* y, const real* x, const float* cos, const float* sin, int seq, int heads, int half, int inverse) {
  int64 row = static_cast<int64>(blockIdx.x) * heads * 2 * half;
  int angles = static_cast<int>(blockIdx.x % seq) * half;
  float sign = inverse ? -1.f : 1.f;
  if (half % width == 0) {
    rotate_row<width>(y + row, x + row, cos + angles, sin + angles, heads, half, sign);
  } else {
    rotate_row<1>(y + row, x + row, cos + angles, sin + angles, heads, half, sign);
  }
}
