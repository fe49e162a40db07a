// Functions of one number: kernel.Function. Launch: blocks of 256 threads over n/width.
#include "device.cuh"

// normal is the distribution function of the standard normal distribution.
__device__ __forceinline__ float normal(float x) { return 0.5f * erfcf(-0.70710678f * x); }  // √½

struct gelu {
  static __device__ __forceinline__ float value(float x) { return x * normal(x); }
  static __device__ __forceinline__ float slope(float x) {
    return normal(x) + x * 0.39894228f * expf(-0.5f * x * x);  // 1/√(2π)
  }
};

// gelu_tanh has the constants of Hendrycks and Gimpel 2016 (arXiv:1606.08415), section 2.
struct gelu_tanh {
  static constexpr float scale = 0.79788456f, cubic = 0.044715f;  // √(2/π)
  static __device__ __forceinline__ float inner(float x) { return tanhf(scale * (x + cubic * x * x * x)); }
  static __device__ __forceinline__ float value(float x) { return 0.5f * x * (1.f + inner(x)); }
  static __device__ __forceinline__ float slope(float x) {
    float t = inner(x);
    return 0.5f * (1.f + t) + 0.5f * x * (1.f - t * t) * scale * (1.f + 3.f * cubic * x * x);
  }
};

struct hyperbolic {
  static __device__ __forceinline__ float value(float x) { return tanhf(x); }
  static __device__ __forceinline__ float slope(float x) {
    float t = tanhf(x);
    return 1.f - t * t;
  }
};

struct rectifier {
  static __device__ __forceinline__ float value(float x) { return x > 0.f ? x : 0.f; }
  static __device__ __forceinline__ float slope(float x) { return x > 0.f ? 1.f : 0.f; }  // zero at zero, as PyTorch's
};

template <class F>
__device__ __forceinline__ void activate(real* y, const real* x, int64 n) {
  over_list(
      n,
      [=](int64 i) {
        vector<width> v = load<width>(x + i);
#pragma unroll
        for (int j = 0; j < width; j++) put(v.at[j], F::value(number(v.at[j])));
        store(y + i, v);
      },
      [=](int64 i) { put(y[i], F::value(number(x[i]))); });
}

// activate_back is dx = f'(x) ⊙ dy; dx may be dy.
template <class F>
__device__ __forceinline__ void activate_back(real* dx, const real* dy, const real* x, int64 n) {
  over_list(
      n,
      [=](int64 i) {
        vector<width> v = load<width>(x + i), d = load<width>(dy + i);
#pragma unroll
        for (int j = 0; j < width; j++) put(v.at[j], F::slope(number(v.at[j])) * number(d.at[j]));
        store(dx + i, v);
      },
      [=](int64 i) { put(dx[i], F::slope(number(x[i])) * number(dy[i])); });
}

#define ACTIVATION(F, name)                                                                           \
  extern "C" __global__ void name(real* y, const real* x, int64 n) { activate<F>(y, x, n); }          \
  extern "C" __global__ void name##_back(real* dx, const real* dy, const real* x, int64 n) { activate_back<F>(dx, dy, x, n); }
ACTIVATION(gelu, activate_gelu)
ACTIVATION(gelu_tanh, activate_gelu_tanh)
ACTIVATION(hyperbolic, activate_tanh)
ACTIVATION(rectifier, activate_relu)
