// RMSNorm (Zhang and Sennrich 2019, arXiv:1910.07467) and its gradient.
//
// Launch: a block of 256 threads for each row; rmsnorm_weight: blocks of 32 × 8
// threads over columns/32.
#include "device.cuh"

template <int n>
__device__ void norm_row(real* y, float* rstd, const real* x, const real* w, int cols, float eps) {
  float squares = 0;
  over_row<n>(cols, [&](int j) {
    vector<n> v = load<n>(x + j);
#pragma unroll
    for (int k = 0; k < n; k++) squares += number(v.at[k]) * number(v.at[k]);
  });
  float r = 1.f / sqrtf(over_block(squares, 0.f, plus()) / cols + eps);
  if (threadIdx.x == 0) *rstd = r;
  over_row<n>(cols, [&](int j) {
    vector<n> v = load<n>(x + j), scale = load<n>(w + j);
#pragma unroll
    for (int k = 0; k < n; k++) put(v.at[k], number(v.at[k]) * r * number(scale.at[k]));
    store(y + j, v);
  });
}

// rmsnorm is y = x·rstd·w with rstd = 1/sqrt(mean(x²) + eps).
extern "C" __global__ void rmsnorm(real* y, float* rstd, const real* x, const real* w, int cols, float eps) {
  int64 at = static_cast<int64>(blockIdx.x) * cols;
  if (cols % width == 0) {
    norm_row<width>(y + at, rstd + blockIdx.x, x + at, w, cols, eps);
  } else {
    norm_row<1>(y + at, rstd + blockIdx.x, x + at, w, cols, eps);
  }
}

template <int n>
__device__ void norm_row_back(real* dx, const real* dy, const real* x, const real* w, float rstd, int cols, bool acc) {
  float dot = 0;
  over_row<n>(cols, [&](int j) {
    vector<n> d = load<n>(dy + j), v = load<n>(x + j), scale = load<n>(w + j);
#pragma unroll
    for (int k = 0; k < n; k++) dot += number(d.at[k]) * number(scale.at[k]) * number(v.at[k]);
  });
  float s = over_block(dot, 0.f, plus()) * rstd * rstd / cols;
  over_row<n>(cols, [&](int j) {
    vector<n> d = load<n>(dy + j), v = load<n>(x + j), scale = load<n>(w + j), before = {};
    if (acc) before = load<n>(dx + j);
#pragma unroll
    for (int k = 0; k < n; k++) {
      float slope = rstd * (number(d.at[k]) * number(scale.at[k]) - number(v.at[k]) * s);
      put(d.at[k], number(before.at[k]) + slope);
    }
    store(dx + j, d);
  });
}

// rmsnorm_back is dx = rstd·(g - x·rstd²·mean(g·x)) with g = dy·w, added to dx with acc.
extern "C" __global__ void rmsnorm_back(real* dx, const real* dy, const real* x, const real* w, const float* rstd, int cols, int acc) {
  int64 at = static_cast<int64>(blockIdx.x) * cols;
  if (cols % width == 0) {
    norm_row_back<width>(dx + at, dy + at, x + at, w, rstd[blockIdx.x], cols, acc);
  } else {
    norm_row_back<1>(dx + at, dy + at, x + at, w, rstd[blockIdx.x], cols, acc);
  }
}

// rmsnorm_weight adds Σ dy·x·rstd over the rows to dw, in one order.
extern "C" __global__ void rmsnorm_weight(master* dw, const real* dy, const real* x, const float* rstd, int rows, int cols) {
  __shared__ float sums[8][32];
  int col = blockIdx.x * 32 + threadIdx.x;
  float sum = 0;
  for (int row = threadIdx.y; row < rows && col < cols; row += 8) {
    int64 at = static_cast<int64>(row) * cols + col;
    sum += number(dy[at]) * number(x[at]) * rstd[row];
  }
  sums[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y > 0 || col >= cols) return;
  for (int y = 1; y < 8; y++) sum += sums[y][threadIdx.x];
  dw[col] += sum;
}
