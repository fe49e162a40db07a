// A matrix times one number, and the number's gradient.
//
// Launch: blocks of 256 threads; scale over n/width, dot_parts as many blocks as there
// are partial sums, dot one.
#include "device.cuh"

// scale is y = factor·x, added to y with acc.
extern "C" __global__ void scale(real* y, const real* x, const real* factor, int64 n, int acc) {
  const float f = number(*factor);
  over_list(
      n,
      [=](int64 i) {
        vector<width> v = load<width>(x + i), before = {};
        if (acc) before = load<width>(y + i);
#pragma unroll
        for (int j = 0; j < width; j++) put(v.at[j], number(before.at[j]) + f * number(v.at[j]));
        store(y + i, v);
      },
      [=](int64 i) { put(y[i], (acc ? number(y[i]) : 0.f) + f * number(x[i])); });
}

// dot_parts is Σa·b in parts, in one order.
extern "C" __global__ void dot_parts(double* partial, const real* a, const real* b, int64 n) {
  double sum = 0;
  for (int64 i = first(); i < n; i += stride()) sum += number(a[i]) * number(b[i]);
  sum = over_block(sum, 0., plus());
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

// dot adds the parts to sum.
extern "C" __global__ void dot(master* sum, const double* partial, int count) {
  double all = 0;
  for (int i = threadIdx.x; i < count; i += blockDim.x) all += partial[i];
  all = over_block(all, 0., plus());
  if (threadIdx.x == 0) *sum += static_cast<float>(all);
}
