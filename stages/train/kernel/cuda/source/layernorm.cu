// LayerNorm (Ba et al. 2016, arXiv:1607.06450) and its gradient.
//
// Launch: a block of 256 threads for each row; layernorm_weight: blocks of 32 × 8
// threads over columns/32.
#include "device.cuh"

// over_numbers calls f for the numbers of this thread in a row, n loaded at a time.
template <int n, class F>
__device__ __forceinline__ void over_numbers(const real* x, int cols, F f) {
  over_row<n>(cols, [&](int j) {
    vector<n> v = load<n>(x + j);
#pragma unroll
    for (int k = 0; k < n; k++) f(number(v.at[k]));
  });
}

// norm_row takes the variance of the differences from the mean, which loses no digits.
template <int n>
__device__ void norm_row(real* y, float* mean, float* rstd, const real* x, const real* w, const real* bias, int cols, float eps) {
  float sum = 0, squares = 0;
  over_numbers<n>(x, cols, [&](float v) { sum += v; });
  float m = over_block(sum, 0.f, plus()) / cols;
  over_numbers<n>(x, cols, [&](float v) { squares += (v - m) * (v - m); });
  float r = 1.f / sqrtf(over_block(squares, 0.f, plus()) / cols + eps);
  if (threadIdx.x == 0) {
    *mean = m;
    *rstd = r;
  }
  over_row<n>(cols, [&](int j) {
    vector<n> v = load<n>(x + j), scale = load<n>(w + j), shift = load<n>(bias + j);
#pragma unroll
    for (int k = 0; k < n; k++) put(v.at[k], (number(v.at[k]) - m) * r * number(scale.at[k]) + number(shift.at[k]));
    store(y + j, v);
  });
}

// layernorm is y = (x - mean)·rstd·w + bias with rstd = 1/sqrt(var(x) + eps).
extern "C" __global__ void layernorm(real* y, float* mean, float* rstd, const real* x, const real* w, const real* bias, int cols, float eps) {
  int64 at = static_cast<int64>(blockIdx.x) * cols;
  if (cols % width == 0) {
    norm_row<width>(y + at, mean + blockIdx.x, rstd + blockIdx.x, x + at, w, bias, cols, eps);
  } else {
    norm_row<1>(y + at, mean + blockIdx.x, rstd + blockIdx.x, x + at, w, bias, cols, eps);
  }
}

template <int n>
__device__ void norm_row_back(real* dx, const real* dy, const real* x, const real* w, float mean, float rstd, int cols, bool acc) {
  float sum = 0, product = 0;
  over_row<n>(cols, [&](int j) {
    vector<n> d = load<n>(dy + j), v = load<n>(x + j), scale = load<n>(w + j);
#pragma unroll
    for (int k = 0; k < n; k++) {
      float g = number(d.at[k]) * number(scale.at[k]);
      sum += g;
      product += g * (number(v.at[k]) - mean) * rstd;
    }
  });
  float g = over_block(sum, 0.f, plus()) / cols, s = over_block(product, 0.f, plus()) / cols;
  over_row<n>(cols, [&](int j) {
    vector<n> d = load<n>(dy + j), v = load<n>(x + j), scale = load<n>(w + j), before = {};
    if (acc) before = load<n>(dx + j);
#pragma unroll
    for (int k = 0; k < n; k++) {
      float slope = rstd * (number(d.at[k]) * number(scale.at[k]) - g - (number(v.at[k]) - mean) * rstd * s);
      put(d.at[k], number(before.at[k]) + slope);
    }
    store(dx + j, d);
  });
}

// layernorm_back is dx = rstd·(g - mean(g) - x'·mean(g·x')) with g = dy·w and
// x' = (x - mean)·rstd, added to dx with acc.
extern "C" __global__ void layernorm_back(real* dx, const real* dy, const real* x, const real* w, const float* mean, const float* rstd, int cols, int acc) {
  int64 at = static_cast<int64>(blockIdx.x) * cols;
  if (cols % width == 0) {
    norm_row_back<width>(dx + at, dy + at, x + at, w, mean[blockIdx.x], rstd[blockIdx.x], cols, acc);
  } else {
    norm_row_back<1>(dx + at, dy + at, x + at, w, mean[blockIdx.x], rstd[blockIdx.x], cols, acc);
  }
}

// layernorm_weight adds Σ dy·(x - mean)·rstd over the rows to dw, in one order.
extern "C" __global__ void layernorm_weight(master* dw, const real* dy, const real* x, const float* mean, const float* rstd, int rows, int cols) {
  __shared__ float sums[8][32];
  int col = blockIdx.x * 32 + threadIdx.x;
  float sum = 0;
  for (int row = threadIdx.y; row < rows && col < cols; row += 8) {
    int64 at = static_cast<int64>(row) * cols + col;
    sum += number(dy[at]) * (number(x[at]) - mean[row]) * rstd[row];
  }
  sums[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y > 0 || col >= cols) return;
  for (int y = 1; y < 8; y++) sum += sums[y][threadIdx.x];
  dw[col] += sum;
}
