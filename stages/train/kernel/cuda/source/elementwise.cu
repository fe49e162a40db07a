// Kernels that see a matrix as a list of numbers. Buffers begin at multiples of 16
// bytes; what a whole load does not cover is done number by number.
//
// Launch: blocks of 256 threads over n/width (add, swiglu…), over columns/32 with
// blocks of 32 × 8 (sum_rows).
#include "device.cuh"

extern "C" __global__ void add(real* y, const real* a, const real* b, int64 n) {
  over_list(
      n,
      [=](int64 i) {
        vector<width> u = load<width>(a + i), v = load<width>(b + i);
#pragma unroll
        for (int j = 0; j < width; j++) put(u.at[j], number(u.at[j]) + number(v.at[j]));
        store(y + i, u);
      },
      [=](int64 i) { put(y[i], number(a[i]) + number(b[i])); });
}

extern "C" __global__ void add_bias(real* y, const real* bias, int64 n, int cols) {
  for (int64 i = first(); i < n; i += stride()) put(y[i], number(y[i]) + number(bias[i % cols]));
}

// sum_rows adds the sum of dy's rows to dbias, in one order.
extern "C" __global__ void sum_rows(master* dbias, const real* dy, int rows, int cols) {
  __shared__ float sums[8][32];
  int col = blockIdx.x * 32 + threadIdx.x;
  float sum = 0;
  for (int row = threadIdx.y; row < rows && col < cols; row += 8) sum += number(dy[static_cast<int64>(row) * cols + col]);
  sums[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y > 0 || col >= cols) return;
  for (int y = 1; y < 8; y++) sum += sums[y][threadIdx.x];
  dbias[col] += sum;
}

__device__ __forceinline__ float sigmoid(float x) { return __fdividef(1.f, 1.f + __expf(-x)); }

__device__ __forceinline__ float silu(float x) { return __fdividef(x, 1.f + __expf(-x)); }

extern "C" __global__ void swiglu(real* y, const real* gate, const real* up, int64 n) {
  over_list(
      n,
      [=](int64 i) {
        vector<width> g = load<width>(gate + i), u = load<width>(up + i);
#pragma unroll
        for (int j = 0; j < width; j++) put(u.at[j], silu(number(g.at[j])) * number(u.at[j]));
        store(y + i, u);
      },
      [=](int64 i) { put(y[i], silu(number(gate[i])) * number(up[i])); });
}

// swiglu_slope turns gate and up into their gradients.
__device__ __forceinline__ void swiglu_slope(real& gate, real& up, float dy) {
  float g = number(gate), u = number(up), s = sigmoid(g), silu = g * s;
  put(gate, dy * u * (s + silu * (1.f - s)));
  put(up, dy * silu);
}

extern "C" __global__ void swiglu_back(real* dgate, real* dup, const real* dy, const real* gate, const real* up, int64 n) {
  over_list(
      n,
      [=](int64 i) {
        vector<width> g = load<width>(gate + i), u = load<width>(up + i), d = load<width>(dy + i);
#pragma unroll
        for (int j = 0; j < width; j++) swiglu_slope(g.at[j], u.at[j], number(d.at[j]));
        store(dgate + i, g);
        store(dup + i, u);
      },
      [=](int64 i) {
        real g = gate[i], u = up[i];
        swiglu_slope(g, u, number(dy[i]));
        dgate[i] = g;
        dup[i] = u;
      });
}
