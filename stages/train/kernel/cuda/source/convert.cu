// The numbers of files to the device's types. Launch: blocks of 256 threads over n.
#include "device.cuh"

// half_bits is an IEEE 754 binary16.
struct half_bits {
  unsigned short bits;
};

// number widens a half: the exponent is moved by a product, which subnormals take too;
// infinities and NaN keep theirs.
__device__ float number(half_bits x) {
  unsigned rest = static_cast<unsigned>(x.bits & 0x7fff) << 13;
  float v = __uint_as_float(rest) * 0x1p112f;
  if (rest >= 0x0f800000u) v = __uint_as_float(rest | 0x7f800000u);
  return x.bits & 0x8000 ? -v : v;
}

template <class To, class From>
__device__ void convert(To* y, const From* x, int64 n) {
  for (int64 i = first(); i < n; i += stride()) put(y[i], number(x[i]));
}

extern "C" __global__ void real_from_f16(real* y, const half_bits* x, int64 n) { convert(y, x, n); }
extern "C" __global__ void real_from_bf16(real* y, const bf16* x, int64 n) { convert(y, x, n); }
extern "C" __global__ void real_from_f32(real* y, const float* x, int64 n) { convert(y, x, n); }
extern "C" __global__ void master_from_f16(master* y, const half_bits* x, int64 n) { convert(y, x, n); }
extern "C" __global__ void master_from_bf16(master* y, const bf16* x, int64 n) { convert(y, x, n); }
