// Attention of float32, exact: a lane has a column of all the warp's rows.
// Launch: attention.cuh.
#include "attention.cuh"
static_assert(sizeof(real) == 4, "attention_float.cu is for float");

constexpr int own = 8;  // rows of a warp
constexpr int tile = own * warps;

constexpr float unit = 1;  // exponentials are of base e
__device__ __forceinline__ float power(float x) { return expf(x); }

// fragment is a warp's [8, N]: n of 32 columns, one a lane, in which it has e of
// eight rows.
constexpr int span = 32, each = own, parts = own;
template <int N>
struct fragment {
  float at[N / span][each];
};

__device__ __forceinline__ constexpr int part(int e) { return e; }
__device__ __forceinline__ int row(int e) { return e; }
__device__ __forceinline__ int col(int n, int) { return n * span + lane(); }

// over_row joins the numbers of the lanes that share a row.
template <class F>
__device__ __forceinline__ float over_row(float x, F f) {
  return over_warp(x, f);
}

__device__ __forceinline__ float dot(vector<width> a, vector<width> b, float sum) {
#pragma unroll
  for (int i = 0; i < width; i++) sum = fmaf(a.at[i], b.at[i], sum);
  return sum;
}

// product is a·bᵀ of the warp's rows a and N rows b.
template <int D, int N>
__device__ __forceinline__ fragment<N> product(const real* a, const real* b) {
  fragment<N> s = {};
#pragma unroll 2
  for (int k = 0; k < D; k += width) {
#pragma unroll
    for (int n = 0; n < N / span; n++) {
      vector<width> right = load<width>(b + col(n, 0) * pitch<D> + k);
#pragma unroll
      for (int e = 0; e < each; e++) s.at[n][e] = dot(load<width>(a + e * pitch<D> + k), right, s.at[n][e]);
    }
  }
  return s;
}

// accumulate adds p·b to sum, with N rows b.
template <int D, int N>
__device__ __forceinline__ void accumulate(fragment<D>& sum, const fragment<N>& p, const real* b) {
#pragma unroll
  for (int k = 0; k < N; k++) {
#pragma unroll
    for (int e = 0; e < each; e++) {
      float left = __shfl_sync(0xffffffffu, p.at[k / span][e], k % span);
#pragma unroll
      for (int n = 0; n < D / span; n++) sum.at[n][e] = fmaf(left, b[k * pitch<D> + col(n, 0)], sum.at[n][e]);
    }
  }
}

#include "attention_entries.cuh"
